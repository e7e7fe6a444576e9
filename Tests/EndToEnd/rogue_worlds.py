"""Worlds for Gymnasium that fail: action 0 is harmless, action 1 does what the kwarg `fault` says."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces


def hang() -> None:
    print("hangs now", flush=True)
    time.sleep(1000)


def spin() -> None:
    print("spins now", flush=True)
    while True:
        pass


def babble() -> None:
    while True:
        print("one more of many words " * 20)


def eat() -> None:
    print("eats now", flush=True)
    eaten = []
    while True:
        eaten.append(np.zeros(1 << 24, np.uint8))


def leave() -> None:
    print("leaves now", flush=True)
    os._exit(7)


def crash() -> None:
    print("crashes now", flush=True)
    ctypes.string_at(0)


def fail() -> None:
    raise RuntimeError("fails now")


def quit() -> None:
    sys.exit("quits now")


FAULTS = {each.__name__: each for each in (hang, spin, babble, eat, leave, crash, fail, quit)}


class Rogue(gymnasium.Env[Any, Any]):
    """Counts its steps in an observation of `size` numbers; 20 are an episode."""

    metadata = {"render_modes": ["rgb_array"]}

    def __init__(self, fault: str = "fail", size: int = 1, at: str = "step", render_mode: str | None = None) -> None:
        self.observation_space = spaces.Box(0, np.inf, (size,), np.float64)
        self.action_space = spaces.Discrete(2)
        self.fault, self.at, self.render_mode = FAULTS[fault], at, render_mode
        self.resets = 0
        if at == "make":
            self.fault()

    def seen(self) -> Any:
        return np.full(self.observation_space.shape, self.count, np.float64)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        # The first is the worker's own, to see what infos hold.
        if self.at == "reset" and self.resets > 1:
            self.fault()
        self.resets += 1
        self.count = 0
        return self.seen(), {}

    def step(self, action: Any) -> Any:
        if action == 1 and self.at == "step":
            self.fault()
        self.count += 1
        return self.seen(), 1.0, self.count == 20, False, {}

    def render(self) -> Any:
        if self.at == "render":
            self.fault()
        return np.full((4, 6, 3), self.count, np.uint8)

    def close(self) -> None:
        if self.at == "close":
            self.fault()


class Slow(Rogue):
    """Takes its time for a step."""

    def step(self, action: Any) -> Any:
        time.sleep(0.5)
        return super().step(action)


class Odd(gymnasium.Env[Any, Any]):
    """Shows the same all the time, whatever its space is."""

    SPACES = {
        "words": (spaces.Text(5), "abc"),
        "beyond": (spaces.Discrete(3), 3),
        "nan": (spaces.Box(0, 1, (2,)), np.array([np.nan, np.inf], np.float32)),
        "long": (spaces.Box(0, 1, (2,)), np.zeros(3, np.float32)),
        "integers": (spaces.Box(-(2**62), 2**62, (2,), np.int64), np.array([2**53 + 1, -(2**53) - 1])),
        "nested": (
            spaces.Dict(b=spaces.Tuple([spaces.Discrete(3, start=2), spaces.MultiBinary(2)]), a=spaces.Box(0, 9)),
            {"b": (3, np.array([1, 0], np.int8)), "a": np.array([4.5], np.float32)},
        ),
    }

    def __init__(self, space: str = "words", reward: float | str = 0.0) -> None:
        self.observation_space, self.shown = self.SPACES[space]
        self.action_space = spaces.Discrete(2)
        self.reward = float(reward)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        return self.shown, {}

    def step(self, action: Any) -> Any:
        return self.shown, self.reward, False, False, {}


gymnasium.register("Rogue-v0", Rogue)
gymnasium.register("Slow-v0", Slow)
gymnasium.register("Odd-v0", Odd)
