"""Environments by Flask on werkzeug, in gym-http-api's design: its routes, a thread and a connection for a request."""

from __future__ import annotations

import logging
import sys

import hosted
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

app = Flask(__name__)


@app.post("/v1/envs/")
def make() -> Response:
    return jsonify(instance_id=hosted.make(request.get_json()["env_id"]))


@app.post("/v1/envs/<instance_id>/reset/")
def reset(instance_id: str) -> Response:
    session = hosted.sessions[instance_id]
    return jsonify(observation=session.env.observation_space.to_jsonable([session.reset()])[0])


@app.post("/v1/envs/<instance_id>/step/")
def step(instance_id: str) -> Response:
    session = hosted.sessions[instance_id]
    observation, reward, terminated, truncated = session.step(request.get_json()["action"])
    return jsonify(
        observation=session.env.observation_space.to_jsonable([observation])[0],
        reward=reward,
        done=terminated or truncated,
        info={},
    )


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # What `app.run` does, but for the log of every request.
    make_server("127.0.0.1", 0, app, threaded=True, fd=int(sys.argv[1])).serve_forever()
