"""Lamd beside imitation and stable-baselines3: the same demonstrations, network and budget, in one run.

`make bench-learning-peers` installs both and runs this under Python with lamd's client; each training of a peer is a
process of its own, peer.py under the Python that has the peers. Every core has a daemon, beside which the peers take turns
with it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple, Optional

import numpy as np
from harness import daemon, machine, publish

import lamd
from lamd import safetensors

PEER = Path(__file__).with_name("peer.py")
HIDDEN = [128, 128]
SHOWN = 50
IMITATION, BASELINES = "imitation 1.0.1", "stable-baselines3 2.2.1"
EXPERTS = {"CartPole-v1": "cartpole-linear", "Acrobot-v1": "acrobot-energy", "Pendulum-v1": "pendulum-energy"}


class Row(NamedTuple):
    """A comparison: a phase of lamd's, and the peer that has its method."""

    title: str
    phase: str
    method: str
    env_id: str
    unit: str
    budget: int
    peer: str = IMITATION


ROWS = [
    *(Row("behaviour cloning", "imitate", "cross_entropy", env_id, "updates", 10_000) for env_id in EXPERTS),
    *(Row("DAgger", "aggregate", "dagger", env_id, "episodes", 100) for env_id in EXPERTS),
    Row("GAIL", "adversarial", "gail", "CartPole-v1", "steps", 100_000),
    Row("SQIL", "adversarial", "sqil", "CartPole-v1", "steps", 100_000),
    Row("PPO", "reinforce", "ppo", "CartPole-v1", "steps", 100_000, BASELINES),
    Row("PPO", "reinforce", "ppo", "Pendulum-v1", "steps", 100_000, BASELINES),
    Row("PPO", "reinforce", "ppo", "Acrobot-v1", "steps", 200_000, BASELINES),
]

NOTE = f"""\
Returns are means of as many fresh episodes on both sides, by the most probable actions: mean and worst of the training
seeds. Networks of {HIDDEN[0]} and {HIDDEN[1]} ReLU units. Lamd with its defaults, the same everywhere.
Behaviour cloning and adversaries imitate {SHOWN} episodes of the expert, made by lamd once a seed and given to both;
behaviour cloning and DAgger take as many updates, with the same batches and learning rate, on both sides. DAgger's
expert is a copy of lamd's, checked against the demonstrations. GAIL has the settings of imitation's documentation, SQIL
and PPO those that RL Zoo tuned for the environment, but for the network. Seconds are of training alone, one core each.
Lamd's include the evaluations by which it chooses among its policies; of GAIL's and SQIL's the last counts,
of SQIL's the one most like what was shown. A peer's policy is its last."""


class Outcome(NamedTuple):
    mean_return: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lamd", default=".build/release/lamd", help="the program")
    parser.add_argument("--peers", default=".build/venv-peers/bin/python", help="a Python with the peers")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--seeds", type=int, default=2, help="trainings on each side")
    parser.add_argument("--episodes", type=int, default=1000, help="fresh episodes to judge a policy by")
    parser.add_argument("--methods", help="some of them: cross_entropy,dagger,gail,sqil,ppo")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="runs at once, a core each")
    parser.add_argument("--share", type=float, default=1, help="of each budget, to try things out")
    given = parser.parse_args()
    chosen = [row for row in ROWS if not given.methods or row.method in given.methods.split(",")]
    seeds = range(1, given.seeds + 1)
    report: dict[str, Any] = {"command": "peers.py", "machine": machine(), "runs": []}
    pairs = list(side_by_side([(row, seed) for row in chosen for seed in seeds], given))
    table = []
    for index, row in enumerate(chosen):
        own = pairs[index * len(seeds) : (index + 1) * len(seeds)]
        report["runs"] += [
            {**pair.asked, "peer": row.peer, "lamd": pair.ours._asdict(), "theirs": pair.theirs._asdict()} for pair in own
        ]
        table.append(line(row, budget(row, given.share), own))
    report["tables"] = [{"name": "peers", "title": "Imitation and policy gradients", "columns": COLUMNS, "rows": table}]
    report["tables"][0]["note"] = f"Seeds: {given.seeds}; fresh episodes: {given.episodes:,}. " + NOTE.replace("\n", " ")
    if given.methods and given.json and given.json.exists():
        keep_others(report, json.loads(given.json.read_text()))
    publish(report, given.json)


def keep_others(report: dict[str, Any], before: dict[str, Any]) -> None:
    """Keeps what an earlier report says of the methods that were not tried again."""
    anew = {(run["method"], run["env_id"]) for run in report["runs"]}
    report["runs"] += [run for run in before["runs"] if (run["method"], run["env_id"]) not in anew]
    table, old = report["tables"][0], before["tables"][0]
    rows = {tuple(row[:2]): row for row in old["rows"] + table["rows"]}
    table["rows"] = [rows[row.title, row.env_id] for row in ROWS if (row.title, row.env_id) in rows]


COLUMNS = [
    *({"title": title} for title in ("method", "environment", "budget")),
    *({"title": title, "digits": 1} for title in ("random", "expert", "lamd", "worst", "s")),
    {"title": "beside"},
    *({"title": title, "digits": 1} for title in ("mean", "worst", "s")),
]


def budget(row: Row, share: float) -> int:
    return max(int(row.budget * share), 2_500 if row.unit == "steps" else 10)


class Pair(NamedTuple):
    """What lamd and a peer came to with a seed, what both were asked, and the returns of the random policy and of the
    expert."""

    ours: Outcome
    theirs: Outcome
    asked: dict[str, Any]
    anchors: tuple[float, float]


def side_by_side(runs: list[tuple[Row, int]], given: argparse.Namespace) -> Iterator[Pair]:
    """Every run, on as many cores at once as asked for: each core has a daemon, and lamd and the peer take turns on it."""
    cores: Queue[int] = Queue()
    with ExitStack() as stack, ThreadPoolExecutor(given.jobs) as workers:
        daemons = {}
        for core in sorted(os.sched_getaffinity(0))[: given.jobs]:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            with pinned(core):
                daemons[core] = (lamd.Client(stack.enter_context(daemon(given.lamd, folder))), folder)
            cores.put(core)

        def take(run: tuple[Row, int]) -> Pair:
            (row, seed), core = run, cores.get()
            try:
                with pinned(core):
                    pair = compare(*daemons[core], row, seed, given)
            finally:
                cores.put(core)
            said = f"{row.title} {row.env_id} {seed}: lamd {pair.ours}, {row.peer} {pair.theirs}"
            print(said, file=sys.stderr, flush=True)
            return pair

        yield from workers.map(take, runs)


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Keeps what this thread starts on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def compare(client: lamd.Client, folder: Path, row: Row, seed: int, given: argparse.Namespace) -> Pair:
    """The same demonstrations, budget and network on both sides."""
    set_id, path = demonstrations(client, row.env_id, seed, folder)
    ours, asked, anchors = train(client, row, budget(row, given.share), seed, given.episodes, set_id)
    theirs = peer(given.peers, {**asked, "demonstrations": str(path)})
    client.delete_demonstrations(set_id)
    return Pair(ours, theirs, asked, anchors)


def line(row: Row, budget: int, pairs: list[Pair]) -> list[Any]:
    """A line of the table."""
    (ours, theirs, _, anchors) = zip(*pairs)
    means = [float(np.mean(column)) for column in zip(*anchors)]
    return [row.title, row.env_id, f"{budget:,} {row.unit}", *means, *summary(ours), row.peer, *summary(theirs)]


def summary(outcomes: Any) -> list[float]:
    found = [outcome.mean_return for outcome in outcomes]
    return [float(np.mean(found)), min(found), float(np.mean([outcome.seconds for outcome in outcomes]))]


# Lamd


def demonstrations(client: lamd.Client, env_id: str, seed: int, folder: Path) -> tuple[str, Path]:
    """Lets the expert demonstrate; the set's id, and a file for the peer."""
    made = client.create_demonstrations(env_id=env_id, expert=EXPERTS[env_id], num_episodes=SHOWN, seed=seed * 10_000)
    tensors = safetensors.load(client.get_demonstration_file(made["demonstration_id"], format="safetensors"))
    path = folder / f"{env_id}-{seed}.npz"
    kept = ("observations", "actions", "terminations", "episode_lengths")
    np.savez(path, **{name: tensors[name] for name in kept})
    return made["demonstration_id"], path


def train(
    client: lamd.Client, row: Row, budget: int, seed: int, episodes: int, set_id: str
) -> tuple[Outcome, dict[str, Any], tuple[float, float]]:
    """Trains and judges lamd's agent.

    Returns:
        What came of it, what to ask of the peer, and the returns of the random policy and of the expert.
    """
    agent = client.create_agent(row.env_id, seed=seed, hyperparameters={"hidden_sizes": HIDDEN})
    phase: dict[str, Any] = {"phase": row.phase, "method": row.method, row.unit: budget}
    needed: Optional[list[str]] = [set_id]
    if row.method == "dagger":
        phase["expert"], needed = EXPERTS[row.env_id], None
    elif row.phase == "reinforce":
        needed = None
    started = time.perf_counter()
    job = client.train(agent["agent_id"], phases=[phase], demonstrations=needed, wait=True)
    seconds = time.perf_counter() - started
    if job["state"] != "succeeded":
        sys.exit(f"lamd's {row.title} on {row.env_id} {job['state']}: {job.get('error')}")
    judged = client.evaluate(
        agent["agent_id"], num_episodes=episodes, seed=1_000_000 * seed, expert=EXPERTS[row.env_id]
    )
    client.delete_agent(agent["agent_id"])
    asked = {"method": row.method, "env_id": row.env_id, "seed": seed, "expert": EXPERTS[row.env_id], row.unit: budget}
    asked.update({key: agent["hyperparameters"][key] for key in ("learning_rate", "batch_size")})
    asked = {"updates": job["result"]["updates"], "num_episodes": episodes, **asked}
    return Outcome(judged["mean_return"], seconds), asked, (judged["random_return"], judged["expert_return"])


# Peers


def peer(python: str, asked: dict[str, Any]) -> Outcome:
    """Trains and judges a peer's policy, in a process of its own."""
    done = subprocess.run([python, str(PEER), json.dumps(asked)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"the peer failed at {asked}:\n{done.stderr}")
    said = json.loads(done.stdout.splitlines()[-1])
    return Outcome(said["mean_return"], said["seconds"])


if __name__ == "__main__":
    main()
