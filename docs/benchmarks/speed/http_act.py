"""`act` over HTTP: lamd beside FastAPI with onnxruntime and beside its own `step`, and while a training job runs."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable

import numpy as np
from harness import Server

import lamd

from . import http_step
from .load import Load, lamd_server, limit_server, peer_server, posted, wrk
from .rounds import Failures, median, ratio, rounds, verdict

CONNECTIONS = (1, 64)
HIDDEN, STEPS = [64, 64], 5_000
# Random observations, on which the peer's network is compared.
AGREED = 10_000
BODY = b'{"observation":[0.027273363,0.18847767,0.03625453,-0.26141977]}'
OURS, STEP = "act", "step"
# What each peer's script is told besides the network.
PEERS: dict[str, list[str]] = {"FastAPI + uvicorn": ["plain"], "FastAPI + uvicorn[standard]": []}
ASKED = {STEP: 0.9, **dict.fromkeys(PEERS, 18.0)}

NOTE = """\
CartPole-v1's observations, a network of {hidden[0]} and {hidden[1]} units, trained for {steps:,} steps; the peer has
the same one, as an ONNX graph, and does the same on {agreed:,} random observations. Server and wrk have a core each,
lamd one network thread, onnxruntime one thread, FastAPI coroutines; uvicorn alone is on asyncio and h11,
uvicorn[standard] on uvloop and httptools; in turn, medians of {runs} runs of {seconds:g} s, ratios are medians of
those of the rounds. Step: one session for each connection, in the same daemon. The server in C answers constant bytes.
Processor time is the server's, for a request.{failures}"""

TRAINING_NOTE = """\
The same requests to a daemon with the settings it comes with, wrk and daemon free to use both cores, without and with
a job in it that trains an agent on CartPole-v1; in turn, medians of {runs} runs of {seconds:g} s, the ratio is the
median of those of the rounds. Wrk asks again as soon as it is answered, so with the job there is work for more than
two cores.{failures}"""


def tables(given: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    beside, runs = beside_onnxruntime(given)
    training, more = while_training(given)
    return [beside, training], {"beside": runs, "training": more}


def agent(client: lamd.Client) -> str:
    """A policy that has seen something."""
    made: str = client.create_agent("CartPole-v1", seed=1, hyperparameters={"hidden_sizes": HIDDEN})["agent_id"]
    client.train(made, steps=STEPS, wait=True)
    return made


def beside_onnxruntime(given: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    failures = Failures()
    found: dict[int, dict[str, list[Load]]] = {}
    with ExitStack() as stack:
        server = stack.enter_context(lamd_server(given.lamd, "--threads", "1"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        client = lamd.Client(server.url)
        made = agent(client)
        places = {OURS: (server, [f"/v1/agents/{made}/act/"], BODY)}
        places[STEP] = (server, http_step.sessions(server, "next_step"), http_step.BODY)
        limit = stack.enter_context(limit_server(given.lamd_bench, posted(server, places[OURS][1][0], BODY)))
        places[http_step.LIMIT] = (limit, places[OURS][1], BODY)
        for name, told in PEERS.items():
            try:
                peer = stack.enter_context(onnxruntime(client, made, folder, told))
                places[name] = (peer, ["/act/"], BODY)
            except Exception as error:
                failures.add(name, error)
        for connections in CONNECTIONS:
            ways = {name: load(*place, connections, given.seconds) for name, place in places.items()}
            found[connections] = rounds(ways, given.runs, failures)
    rows = [row(connections, name, own) for connections, own in found.items() for name in own]
    numbers = {"connections": 0, "requests/s": 0, "p50 µs": 0, "p99 µs": 0, "CPU µs/request": 1, "act / it": 2}
    texts = {"hidden": HIDDEN, "steps": STEPS, "agreed": AGREED, "runs": given.runs, "seconds": given.seconds}
    return {
        "name": "speed-act",
        "title": "HTTP act: lamd beside FastAPI with onnxruntime",
        "columns": [
            {"title": "server"},
            *({"title": title, "digits": digits} for title, digits in numbers.items()),
            {"title": "asked"},
        ],
        "rows": rows,
        "note": NOTE.format(**texts, failures=failures.said()).replace("\n", " "),
    }, plain(found)


@contextmanager
def onnxruntime(client: lamd.Client, made: str, folder: Path, told: list[str]) -> Iterator[Server]:
    """The peer with the agent's network, which is shown to do the same."""
    from .exported import actions, export

    graph = folder / "policy.onnx"
    export(client.get_policy(made), graph)
    most = [2.4, 3, 0.2, 3]
    observations = np.random.default_rng(1).uniform(np.negative(most), most, (AGREED, 4)).astype(np.float32)
    ours = client.act(made, observations=observations, tensors=True)["actions"]
    agreed = float(np.mean(ours == actions(graph, observations)))
    # Scores that are as good as equal may be rounded another way.
    if agreed < 0.999:
        raise RuntimeError(f"the exported network agrees on {agreed:.1%} of observations only")
    with peer_server("fastapi_act", str(graph), *told) as server:
        yield server


def load(server: Server, paths: list[str], body: bytes, connections: int, seconds: float) -> Callable[[], Load]:
    return lambda: wrk(server, paths[:connections], [body], connections, seconds)


def row(connections: int, name: str, own: dict[str, list[Load]]) -> list[Any]:
    figures = [median([getattr(one, field) for one in own[name]]) for field in Load._fields]
    beside = None if name == OURS else ratio(rates(own.get(OURS)), rates(own[name]))
    server = f"lamd {name}" if name in (OURS, STEP) else name
    return [server, connections, *figures, beside, verdict(beside, ASKED.get(name))]


def rates(loads: Any) -> list[float]:
    return [one.rate for one in loads or []]


def plain(found: dict[Any, dict[str, list[Load]]]) -> dict[str, Any]:
    return {str(key): {name: [one._asdict() for one in all] for name, all in own.items()} for key, own in found.items()}


# While it trains


def while_training(given: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    failures = Failures()
    found: dict[int, dict[str, list[Load]]] = {}
    with lamd_server(given.lamd, core=None) as server:
        client = lamd.Client(server.url)
        path = f"/v1/agents/{agent(client)}/act/"
        learner = client.create_agent("CartPole-v1", seed=2)["agent_id"]
        for connections in CONNECTIONS:

            def quiet(connections: int = connections) -> Load:
                return wrk(server, [path], [BODY], connections, given.seconds, core=None)

            def busy(connections: int = connections) -> Load:
                with training(client, learner):
                    return quiet(connections)

            found[connections] = rounds({"without": quiet, "with a job": busy}, given.runs, failures)
    rows = []
    for connections, own in found.items():
        figures: list[Any] = [median([one.p50 for one in own.get(name, [])]) for name in ("without", "with a job")]
        percentiles = [[one.p99 for one in own.get(name, [])] for name in ("with a job", "without")]
        figures += [median(percentiles[1]), median(percentiles[0]), ratio(*percentiles)]
        counts = [median(rates(own.get(name))) for name in ("without", "with a job")]
        rows.append([connections, *counts, *figures, verdict(figures[-1], 2, at_most=True)])
    numbers = {"connections": 0, "requests/s": 0, "with a job": 0, "p50 µs": 0, "p50 with a job": 0}
    numbers |= {"p99 µs": 0, "p99 with a job": 0, "p99 ratio": 2}
    said = TRAINING_NOTE.format(runs=given.runs, seconds=given.seconds, failures=failures.said())
    return {
        "name": "speed-act-training",
        "title": "HTTP act while a job trains",
        "columns": [*({"title": title, "digits": digits} for title, digits in numbers.items()), {"title": "asked"}],
        "rows": rows,
        "note": said.replace("\n", " "),
    }, plain(found)


@contextmanager
def training(client: lamd.Client, learner: str) -> Iterator[None]:
    """While a job trains, for a return that there is not: it would end where it has learned enough."""
    job = client.train(learner, steps=100_000_000, target_return=1_000)["job_id"]
    try:
        while not (client.get_job(job)["metrics"] or {}).get("updates"):
            time.sleep(0.05)
        yield
        if client.get_job(job)["state"] != "running":
            raise RuntimeError("the job ended before the load did")
    finally:
        client.cancel_job(job)
        while client.get_job(job)["state"] in ("running", "queued"):
            time.sleep(0.05)
