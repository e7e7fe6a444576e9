"""CartPole-v1 from nothing to a mean return of 475: lamd over HTTP beside stable-baselines3 and sbx, in seconds."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple, Optional

from harness import Server

import lamd

from .load import lamd_server
from .rounds import Failures, verdict

TARGET = 475
OURS = "lamd"
# What is asked of the peer's seconds over lamd's, of both its runs.
PEERS = {"SB3 PPO": 3.0, "SB3 DQN": 15.0, "sbx PPO": 1.0, "sbx DQN": 1.0}
COMPILED = ", compiled before"

NOTE = f"""\
Stopped where two evaluations in a row of the greedy policy, each by 100 episodes on seeds of their own, come to a
mean of {TARGET}; what there is then is judged by {{episodes:,}} fresh episodes. {{seeds}} seeds, on which the
learners take turns; all may use both cores. Lamd: an agent is made and trained over HTTP with nothing said but the
target, evaluated every 1,000 to 5,000 steps; its seconds include its evaluations, and the 300 episodes by which it chooses
among its policies at the end. Peers: RL-Zoo's settings for CartPole-v1 and as many steps at most, after which they
count as long as they took; torch on one thread; evaluated every 1,000 steps and for nothing: their seconds are of
training alone, from before the model is made. Sbx compiles while it learns; compiled before: the same training once
more, with all that it compiles at hand. Ratios are of medians.{{failures}}"""


class Outcome(NamedTuple):
    """A training: its seconds, those of processors, its steps, and the mean return of fresh episodes."""

    seconds: float
    cpu: float
    steps: int
    mean: float
    reached: bool


def tables(given: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    failures = Failures()
    found: dict[str, list[Outcome]] = {OURS: []}
    with lamd_server(given.lamd, core=None) as server:
        for seed in range(1, given.seeds + 1):
            add(found, OURS, ours(server, seed, given.episodes))
            for name in PEERS:
                if name in failures:
                    continue
                try:
                    for place, outcome in enumerate(theirs(name, seed, given.episodes)):
                        add(found, name + (COMPILED if place else ""), outcome)
                except Exception as error:
                    failures.add(name, error)
    numbers = {"s": 2, "least s": 2, "most s": 2, "CPU s": 2, "steps": 0, "return": 1, "worst": 1}
    table = {
        "name": "speed-solve",
        "title": f"CartPole-v1 to a mean return of {TARGET}: seconds",
        "columns": [
            {"title": "learner"},
            *({"title": title, "digits": digits} for title, digits in numbers.items()),
            {"title": f"≥ {TARGET}"},
            {"title": "it / lamd", "digits": 2},
            {"title": "asked"},
        ],
        "rows": [row(name, own, found[OURS]) for name, own in found.items()],
        "note": NOTE.format(episodes=given.episodes, seeds=given.seeds, failures=failures.said()).replace("\n", " "),
    }
    return [table], {name: [one._asdict() for one in own] for name, own in found.items()}


def add(found: dict[str, list[Outcome]], name: str, outcome: Outcome) -> None:
    found.setdefault(name, []).append(outcome)
    said = f"{outcome.seconds:.2f} s, {outcome.cpu:.2f} of CPU, {outcome.steps:,} steps, {outcome.mean:.1f}"
    print(f"  {name}: {said}", file=sys.stderr, flush=True)


def row(name: str, own: list[Outcome], lamds: list[Outcome]) -> list[Any]:
    seconds, means = [one.seconds for one in own], [one.mean for one in own]
    middle = statistics.median(seconds)
    beside: Optional[float] = None
    if name != OURS:
        beside = middle / statistics.median(one.seconds for one in lamds)
    figures = [
        middle,
        min(seconds),
        max(seconds),
        statistics.median(one.cpu for one in own),
        statistics.median(one.steps for one in own),
    ]
    judged = f"{sum(mean >= TARGET for mean in means)}/{len(own)}"
    asked = PEERS.get(name.removesuffix(COMPILED))
    return [name, *figures, statistics.mean(means), min(means), judged, beside, verdict(beside, asked)]


def ours(server: Server, seed: int, episodes: int) -> Outcome:
    """A training with the defaults, as a client sees it."""
    client = lamd.Client(server.url)
    started, spent = time.perf_counter(), server.cpu_seconds
    agent = client.create_agent("CartPole-v1", seed=seed)["agent_id"]
    job = client.train(agent, target_return=TARGET, wait=True)
    seconds, cpu = time.perf_counter() - started, server.cpu_seconds - spent
    if job["state"] != "succeeded":
        raise RuntimeError(f"lamd's training {job['state']}: {job.get('error')}")
    mean = client.evaluate(agent, num_episodes=episodes, seed=1_000_000 * seed)["mean_return"]
    client.delete_agent(agent)
    return Outcome(seconds, cpu, job["result"]["steps"], mean, job["result"]["target_reached"])


def theirs(name: str, seed: int, episodes: int) -> list[Outcome]:
    """A peer's training, in a process of its own; twice in it, where it compiles."""
    command = [sys.executable, str(Path(__file__).with_name("solve_peer.py")), *name.split(), str(seed), str(episodes)]
    done = subprocess.run([*command, str(TARGET)], capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-500:])
    return [Outcome(**one) for one in json.loads(done.stdout.splitlines()[-1])]
