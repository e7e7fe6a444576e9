"""Environments by FastAPI and uvicorn, as fast as they usually are: uvloop, httptools, no access log.

The handlers are coroutines, since a thread pool would cost more than a step, and answer models, which pydantic writes.
"""

from __future__ import annotations

import socket
import sys
from typing import Optional

import hosted
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Make(BaseModel):
    env_id: str


class Reset(BaseModel):
    seed: Optional[int] = None


class Step(BaseModel):
    action: int


class Stepped(BaseModel):
    observation: list[float]
    reward: float
    terminated: bool
    truncated: bool
    done: bool
    info: dict[str, float]


app = FastAPI()


@app.post("/v1/envs/")
async def make(body: Make) -> dict[str, str]:
    return {"instance_id": hosted.make(body.env_id)}


@app.post("/v1/envs/{instance_id}/reset/")
async def reset(instance_id: str, body: Reset) -> dict[str, list[float]]:
    return {"observation": hosted.sessions[instance_id].reset(body.seed).tolist()}


@app.post("/v1/envs/{instance_id}/step/")
async def step(instance_id: str, body: Step) -> Stepped:
    observation, reward, terminated, truncated = hosted.sessions[instance_id].step(body.action)
    return Stepped(
        observation=observation.tolist(),
        reward=reward,
        terminated=terminated,
        truncated=truncated,
        done=terminated or truncated,
        info={},
    )


if __name__ == "__main__":
    listening = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(app, loop="uvloop", http="httptools", log_level="warning", access_log=False)
    # Connections are kept while others have their turn.
    config.timeout_keep_alive = 3600
    uvicorn.Server(config).run([listening])
