"""The worlds that PyPI's gymnasium has too, with the parameters worth comparing."""

from __future__ import annotations

from typing import Any, Callable

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode

MAP = ["SFFHF", "FFFFF", "HFFFH", "FFHFF", "FFFFG"]

CASES: list[tuple[str, dict[str, Any]]] = [
    ("CartPole-v0", {}),
    ("CartPole-v1", {}),
    ("CartPole-v1", {"sutton_barto_reward": True}),
    ("MountainCar-v0", {}),
    ("MountainCar-v0", {"goal_velocity": 0.02}),
    ("MountainCarContinuous-v0", {}),
    ("Acrobot-v1", {}),
    ("Pendulum-v1", {}),
    ("Pendulum-v1", {"g": 9.81}),
    ("FrozenLake-v1", {}),
    ("FrozenLake-v1", {"is_slippery": False}),
    ("FrozenLake-v1", {"map_name": "8x8"}),
    ("FrozenLake-v1", {"map_name": "8x8", "is_slippery": False}),
    ("FrozenLake-v1", {"desc": MAP, "success_rate": 0.8, "reward_schedule": [10, -5, -1]}),
    ("Taxi-v4", {}),
    ("Taxi-v4", {"is_rainy": True}),
    ("Taxi-v4", {"fickle_passenger": True}),
    ("Taxi-v4", {"is_rainy": True, "fickle_passenger": True, "rainy_probability": 0.6, "fickle_probability": 0.9}),
    ("CliffWalking-v1", {}),
    ("CliffWalking-v1", {"is_slippery": True}),
    ("Blackjack-v1", {}),
    ("Blackjack-v1", {"natural": True, "sab": False}),
    ("Blackjack-v1", {"natural": False, "sab": False}),
]

IDS = [f"{env_id}{kwargs or ''}" for env_id, kwargs in CASES]

#: One case for each world.
PLAIN = [env_id for env_id, kwargs in CASES if not kwargs]


def gymnasiums_own(env_id: str, **kwargs: Any) -> gymnasium.Env[Any, Any]:
    """The world from PyPI, without the checker, which only costs time."""
    return gymnasium.make(env_id, disable_env_checker=True, **kwargs)


def gymnasiums_vector(env_id: str, count: int, mode: AutoresetMode, **kwargs: Any) -> gymnasium.vector.SyncVectorEnv:
    """Several of them."""
    made = [lambda: gymnasiums_own(env_id, **kwargs) for _ in range(count)]
    return gymnasium.vector.SyncVectorEnv(made, autoreset_mode=mode)


def play_alike(
    ours: gymnasium.vector.VectorEnv[Any, Any, Any], own: gymnasium.vector.SyncVectorEnv, mode: AutoresetMode, steps: int,
    compare: Callable[[Any, Any], None],
) -> None:
    """Plays both by the same actions; `compare` looks at what each gives."""
    assert ours.observation_space == own.observation_space and ours.action_space == own.action_space
    own.action_space.seed(7)
    compare(ours.reset(seed=11), own.reset(seed=11))
    ended = np.zeros(own.num_envs, bool)
    for _ in range(steps):
        if mode is AutoresetMode.DISABLED and ended.any():
            compare(ours.reset(options={"reset_mask": ended}), own.reset(options={"reset_mask": ended.copy()}))
        actions = own.action_space.sample()
        expected = own.step(actions)
        compare(ours.step(actions), expected)
        ended = expected[2] | expected[3]


def same_bits(ours: Any, own: Any, ulps: int = 0) -> bool:
    """Whether observations are equal, floats to the last bit or up to so many units in the last place of float32."""
    ours, own = np.asarray(ours), np.asarray(own)
    if own.dtype != np.float32:
        return bool(np.array_equal(ours, own))
    difference = np.abs(ours.view(np.int32).astype(np.int64) - own.view(np.int32))
    return ours.dtype == np.float32 and ours.shape == own.shape and bool((difference <= ulps).all())
