"""Environments by FastAPI, as fast as it usually is.

The handlers are coroutines, since a thread pool would cost more than a step, and answer models, which pydantic writes.
"""

from __future__ import annotations

from typing import Optional

import hosted
import under_uvicorn
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
    under_uvicorn.run(app)
