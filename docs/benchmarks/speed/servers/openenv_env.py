"""CartPole by OpenEnv: an episode for each WebSocket, an environment made anew for each request over HTTP."""

from __future__ import annotations

from typing import Any, Optional

import hosted
import under_uvicorn
from openenv.core import Action, Environment, Observation, State, create_fastapi_app

SESSIONS = 256


class Push(Action):
    action: int


class Seen(Observation):
    observation: list[float]


class CartPole(Environment[Push, Seen, State]):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self.session = hosted.Session("CartPole-v1")
        # What is stepped before it was reset begins an episode, as HTTP's steps do.
        self.session.ended = True
        self.steps = 0

    def reset(self, seed: Optional[int] = None, episode_id: Optional[str] = None, **_: Any) -> Seen:
        self.steps = 0
        return Seen(observation=self.session.reset(seed).tolist())

    def step(self, action: Push, timeout_s: Optional[float] = None, **_: Any) -> Seen:
        observation, reward, terminated, truncated = self.session.step(action.action)
        self.steps += 1
        return Seen(observation=observation.tolist(), reward=reward, done=terminated or truncated)

    @property
    def state(self) -> State:
        return State(step_count=self.steps)


if __name__ == "__main__":
    under_uvicorn.run(create_fastapi_app(CartPole, Push, Seen, max_concurrent_envs=SESSIONS))
