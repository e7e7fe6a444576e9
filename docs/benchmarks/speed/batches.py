"""1,024 environments stepped together: lamd over HTTP; EnvPool and Gymnasium's vectors in process, same cores."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Optional

import gymnasium
import numpy as np
from harness import Server

from lamd import safetensors

from .load import lamd_server, post, wrk
from .rounds import Failures, median, ratio, rounds, verdict

ENVS = 1024
BODIES = 32
WORLDS = ["CartPole-v1", "Pendulum-v1", "MountainCar-v0", "Acrobot-v1"]
WAYS = {
    "wire": "lamd, HTTP",
    "client": "lamd, Python client",
    "envpool": "EnvPool",
    "sync": "SyncVectorEnv",
    "vector": "Gymnasium's own vector",
}
ASKED = {"wire": 5.0, "client": 2.0}
TENSORS = {"Content-Type": safetensors.MEDIA_TYPE, "Accept": safetensors.MEDIA_TYPE}

NOTE = """\
Environment steps/s with {envs:,} environments, random actions, episodes begun anew in the step after their end;
medians of {runs} runs of {seconds:g} s in which all take turns, ratios are medians of those of the rounds. All have
the same two cores. HTTP: one session of lamd's and one connection of wrk's, which sends safetensors of {bodies} times
{envs:,} random actions in turn and receives the whole reply. Python client: `lamd.make_vec`. EnvPool and Gymnasium
are in the process that asks: EnvPool with the best of its settings, of 1 to 3 threads and of batches of 1,024
(synchronous) to 128, tried beforehand, threads and batch: {best}. Gymnasium's own vector is numpy's
CartPole.{failures}"""


def tables(given: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    failures, rows, runs, best = Failures(), [], {}, {}
    with ExitStack() as stack:
        server = stack.enter_context(lamd_server(given.lamd, core=None))
        for env_id in WORLDS:
            print(f" {env_id}", file=sys.stderr, flush=True)
            try:
                best[env_id] = in_process("tune", env_id, 0.5)()
                print(f"  EnvPool's best threads and batch: {best[env_id]}", file=sys.stderr, flush=True)
            except Exception as error:
                failures.add("EnvPool", error)
            own = Failures()
            runs[env_id] = rounds(ways(server, env_id, best.get(env_id), given.seconds), given.runs, own)
            failures.update({f"{WAYS[name]} {env_id}": error for name, error in own.items()})
            rows.append(row(env_id, runs[env_id]))
    said = "; ".join(f"{env_id} {threads} and {batch}" for env_id, (threads, batch) in best.items())
    texts = {"envs": ENVS, "runs": given.runs, "seconds": given.seconds, "bodies": BODIES, "best": said or "none"}
    note = NOTE.format(**texts, failures=failures.said())
    table = {
        "name": "speed-batches",
        "title": f"{ENVS:,} environments in one request",
        "columns": [
            {"title": "environment"},
            *({"title": title, "digits": 0} for title in WAYS.values()),
            {"title": "HTTP / EnvPool", "digits": 2},
            {"title": "asked"},
            {"title": "client / EnvPool", "digits": 2},
            {"title": "asked"},
        ],
        "rows": rows,
        "note": note.replace("\n", " "),
    }
    return [table], runs


def row(env_id: str, found: dict[str, list[float]]) -> list[Any]:
    figures: list[Any] = [median(found.get(way)) for way in WAYS]
    for way, asked in ASKED.items():
        beside = ratio(found.get(way), found.get("envpool"))
        figures += [beside, verdict(beside, asked)]
    return [env_id, *figures]


def ways(server: Server, env_id: str, setting: Optional[list[int]], seconds: float) -> dict[str, Callable[[], float]]:
    found = {"wire": over_http(server, env_id, seconds), "client": in_process("client", env_id, seconds, server.url)}
    if setting:
        found["envpool"] = in_process("envpool", env_id, seconds, *map(str, setting))
    found["sync"] = in_process("sync", env_id, seconds)
    if env_id == "CartPole-v1":
        found["vector"] = in_process("vector", env_id, seconds)
    return found


def over_http(server: Server, env_id: str, seconds: float) -> Callable[[], float]:
    wanted = {"env_id": env_id, "num_envs": ENVS, "seed": 1}
    path = f"/v1/envs/{post(server, '/v1/envs/', wanted)['instance_id']}"
    post(server, f"{path}/reset/", {"seed": 1})
    space = gymnasium.vector.utils.batch_space(gymnasium.make(env_id).action_space, ENVS)
    space.seed(1)
    bodies = [safetensors.dump({"action": np.asarray(space.sample())}) for _ in range(BODIES)]
    return lambda: ENVS * wrk(server, [f"{path}/step/"], bodies, 1, seconds, TENSORS, core=None).rate


def in_process(way: str, env_id: str, seconds: float, *more: str) -> Callable[[], Any]:
    """A way of batch_client.py, in a process of its own: environment steps/s."""
    command = [sys.executable, str(Path(__file__).with_name("batch_client.py")), way, env_id, str(ENVS), str(seconds)]
    return lambda: json.loads(output([*command, *more]))


def output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-500:])
    return done.stdout.splitlines()[-1]
