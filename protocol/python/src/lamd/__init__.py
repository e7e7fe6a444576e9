"""Python client for lamd.

>>> import lamd
>>> env = lamd.make("CartPole-v1")            # a gymnasium.Env
>>> envs = lamd.make_vec("CartPole-v1", 8)    # a gymnasium.vector.VectorEnv
>>> client = lamd.Client()                    # one method per operation of the API
>>> lamd.External(client, agent_id)           # episodes of an environment that lives here
>>> lamd.minari.upload(client, dataset)       # Minari's data sets, there and back

The daemon's address is the argument `url`, else `$LAMD_URL`, else http://127.0.0.1:8808.
"""

from __future__ import annotations

import importlib
from typing import Any

from .client import Client
from .env import Environment, make
from .external import External
from .problem import Problem
from .vector import VectorEnvironment, make_vec

__all__ = ["Client", "Environment", "External", "Problem", "VectorEnvironment", "make", "make_vec", "minari", "sb3"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Imports what needs more than numpy and gymnasium when it is first used."""
    if name in ("minari", "sb3"):
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'lamd' has no attribute {name!r}")
