"""Hosts Gymnasium's environments by FastAPI and uvicorn, for bridge.py: one environment a request, or a vector of them.

uvicorn is as fast as it can be: uvloop, httptools, no access log. The endpoints are coroutines, for a thread pool would
cost more than a step, and their answers are models, which pydantic writes by itself.
"""

from __future__ import annotations

import os
import socket
import sys
import warnings
from typing import Any, Optional

import gymnasium
import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Make(BaseModel):
    env_id: str
    num_envs: Optional[int] = None


class Reset(BaseModel):
    seed: Optional[int] = None


class Step(BaseModel):
    action: Any


class Stepped(BaseModel):
    observation: list[float]
    reward: float
    terminated: bool
    truncated: bool


class SteppedAll(BaseModel):
    observations: list[list[float]]
    rewards: list[float]
    terminated: list[bool]
    truncated: list[bool]


app = FastAPI()
envs: list[Any] = []


@app.post("/envs")
async def make(body: Make) -> int:
    one = body.num_envs is None
    envs.append(gymnasium.make(body.env_id) if one else gymnasium.make_vec(body.env_id, body.num_envs, "sync"))
    return len(envs) - 1


@app.post("/envs/{index}/reset")
async def reset(index: int, body: Reset) -> list[Any]:
    return envs[index].reset(seed=body.seed)[0].tolist()


@app.post("/envs/{index}/step")
async def step(index: int, body: Step) -> Stepped:
    env = envs[index]
    observation, reward, terminated, truncated, _ = env.step(np.asarray(body.action, env.action_space.dtype))
    return Stepped(
        observation=observation.tolist(), reward=float(reward), terminated=bool(terminated), truncated=bool(truncated)
    )


@app.post("/envs/{index}/step_all")
async def step_all(index: int, body: Step) -> SteppedAll:
    env = envs[index]
    observations, rewards, terminated, truncated, _ = env.step(np.asarray(body.action, env.action_space.dtype))
    return SteppedAll(
        observations=observations.tolist(),
        rewards=rewards.tolist(),
        terminated=terminated.tolist(),
        truncated=truncated.tolist(),
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    # bridge.py has bound the port.
    listening = socket.socket(fileno=int(sys.argv[1]))
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    # The connection is kept while others have their turn.
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_keep_alive=3600)).run([listening])
