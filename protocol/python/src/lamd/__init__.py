"""Python client for lamd.

>>> import lamd
>>> env = lamd.make("CartPole-v1")            # a gymnasium.Env
>>> envs = lamd.make_vec("CartPole-v1", 8)    # a gymnasium.vector.VectorEnv
>>> client = lamd.Client()                    # one method per operation of the API

The daemon's address is the argument `url`, else `$LAMD_URL`, else http://127.0.0.1:8808.
"""

from __future__ import annotations

import importlib
from typing import Any

from .client import Client
from .env import Environment, make
from .problem import Problem
from .vector import VectorEnvironment, make_vec

__all__ = ["Client", "Environment", "Problem", "VectorEnvironment", "make", "make_vec", "sb3"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Imports `lamd.sb3` when it is first used, because it needs stable-baselines3."""
    if name == "sb3":
        return importlib.import_module(".sb3", __name__)
    raise AttributeError(f"module 'lamd' has no attribute {name!r}")
