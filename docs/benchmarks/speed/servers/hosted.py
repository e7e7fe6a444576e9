"""What the peers' servers of environments share: sessions of Gymnasium's environments in a dictionary."""

from __future__ import annotations

import uuid
from typing import Any

import gymnasium


class Session:
    """An environment that begins anew in the step after an episode's end, as lamd's sessions do."""

    def __init__(self, env_id: str) -> None:
        # Without Gymnasium's checks of each step, which are there for those who write environments.
        self.env = gymnasium.make(env_id, disable_env_checker=True)
        self.ended = False

    def reset(self, seed: int | None = None) -> Any:
        self.ended = False
        return self.env.reset(seed=seed)[0]

    def step(self, action: int) -> tuple[Any, float, bool, bool]:
        if self.ended:
            return self.reset(), 0.0, False, False
        observation, reward, terminated, truncated, _ = self.env.step(action)
        self.ended = terminated or truncated
        return observation, float(reward), bool(terminated), bool(truncated)


sessions: dict[str, Session] = {}


def make(env_id: str) -> str:
    name = uuid.uuid4().hex[:8]
    sessions[name] = Session(env_id)
    return name
