"""Daemons with workers, and how to speak with them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from daemon import ROOT

import lamd

HERE = ROOT / "Tests/EndToEnd"
#: Settings: the worker in JavaScript, and the one that speaks nonsense.
COUNT = f"count=node {ROOT}/protocol/workers/example.mjs"
ROGUE = f"rogue={sys.executable} {HERE}/rogue_worker.py"
#: The world for Gymnasium that fails as it is told to.
WORLD = "gymnasium/rogue_worlds:Rogue-v0"
#: Settings by which a worker is soon at its limits.
SHORT = ["--worker-timeout", "1", "--worker-memory", "512MiB"]


@pytest.fixture(autouse=True, scope="module")
def modules() -> Iterator[None]:
    """In a test module that imports it, Gymnasium's workers find the modules of this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE))
        yield


def refused(call: Callable[..., Any], *arguments: Any, **keywords: Any) -> lamd.Problem:
    """What the daemon says no with."""
    with pytest.raises(lamd.Problem) as caught:
        call(*arguments, **keywords)
    return caught.value


def patiently(call: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """A process that died at its start is only replaced a second later."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return call(*arguments, **keywords)
        except lamd.Problem as problem:
            assert problem.status == 502 and time.monotonic() < deadline, problem
            time.sleep(0.05)


@contextmanager
def sessions(client: lamd.Client, *made: tuple[str, dict[str, Any]]) -> Iterator[list[str]]:
    """Fresh ones, which are closed at the end."""
    instances = [patiently(client.create_env, env_id, kwargs=kwargs)["instance_id"] for env_id, kwargs in made]
    try:
        for instance in instances:
            client.reset(instance, seed=1)
            client.step(instance, 0)
        yield instances
    finally:
        for instance in instances:
            client.delete_env(instance)


def catalogue(client: lamd.Client) -> dict[str, Any]:
    """All that can be made, by its id."""
    items: list[Any] = []
    page = client.list_environments(limit=100)
    while True:
        items += page["items"]
        if page["next_cursor"] is None:
            return {item["env_id"]: item for item in items}
        page = client.list_environments(limit=100, cursor=page["next_cursor"])
