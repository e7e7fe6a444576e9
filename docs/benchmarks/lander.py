"""LunarLander-v3, hosted from PyPI's gymnasium and learned through the REST API with the defaults.

An agent a seed trains for 100,000 steps at most, is judged by 1,000 fresh episodes, and goes on to 300,000 in all; `train`
stops before where two evaluations in a row reach the environment's own threshold, 200. `make bench-bridge` runs this.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from harness import daemon, machine, publish

import lamd

WORLD = "gymnasium/LunarLander-v3"
#: Steps in all, and what is asked of the mean after them: RL-Zoo's DQN comes to 154 in 100,000.
STAGES = {100_000: 154, 300_000: 200}


def train(url: str, seed: int, steps: int, episodes: int, agent: str, before: int) -> dict[str, Any]:
    """Has an agent learn on until it has taken so many steps, and judges it."""
    client = lamd.Client(url, timeout=3600)
    job = client.train(agent, steps=steps - before, wait=True)
    assert job["state"] == "succeeded", job
    points = client.get_job_metrics(job["job_id"])["items"]
    judgements = [point for point in points if point["kind"] == "evaluation"]
    curve = [{"steps": before + point["steps"], "mean": point["return"]} for point in judgements]
    judged = client.evaluate(agent, num_episodes=episodes, seed=10_000 * (seed + 1))
    taken = before + job["result"]["steps"]
    print(f"seed {seed}: {judged['mean_return']:.1f} after {taken:,} steps", file=sys.stderr, flush=True)
    return {"curve": curve, "steps": taken, "mean": judged["mean_return"], "seconds": job["result"]["seconds"]}


def learn(url: str, seed: int, episodes: int) -> list[dict[str, Any]]:
    """What came of each stage."""
    client = lamd.Client(url, timeout=3600)
    agent = client.create_agent(WORLD, seed=seed)["agent_id"]
    found: list[dict[str, Any]] = []
    for steps in STAGES:
        found.append(train(url, seed, steps, episodes, agent, found[-1]["steps"] if found else 0))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lamd", default=".build/release/lamd", help="the program")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--seeds", type=int, default=3, help="trainings, two side by side")
    parser.add_argument("--episodes", type=int, default=1_000, help="fresh ones to judge a policy by")
    given = parser.parse_args()
    report: dict[str, Any] = {"command": "lander.py", "machine": machine()}
    settings = ["--gymnasium", sys.executable]
    with tempfile.TemporaryDirectory() as folder, daemon(given.lamd, Path(folder), *settings) as url:
        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(lambda seed: learn(url, seed, given.episodes), range(given.seeds)))
    report["runs"] = [{"world": WORLD, "curve": run[0]["curve"] + run[1]["curve"]} for run in runs]
    rows = []
    for place, (most, asked) in enumerate(STAGES.items()):
        means = [run[place]["mean"] for run in runs]
        rows.append(
            [
                most,
                float(np.mean([run[place]["steps"] for run in runs])),
                *(float(np.mean(means)), min(means), f"≥ {asked} on average"),
                f"{sum(mean >= asked for mean in means)}/{given.seeds}",
                float(np.mean([run[place]["seconds"] for run in runs])),
            ]
        )
    report["tables"] = [
        {
            "name": "lander",
            "title": "LunarLander-v3, through the API with the defaults",
            "columns": [
                *({"title": title, "digits": 0} for title in ("steps at most", "steps")),
                *({"title": title, "digits": 1} for title in ("return", "worst")),
                *({"title": title} for title in ("asked", "reached by")),
                {"title": "s/run", "digits": 0},
            ],
            "rows": rows,
            "note": (
                f"`train` with nothing said but `steps`: double Q-learning, two worker processes. Seeds: {given.seeds}, two of "
                f"them side by side; {given.episodes:,} fresh episodes. It stops where two evaluations of 20 episodes in a row "
                "reach 200, Gymnasium's threshold; the second row goes on from the first. RL-Zoo's DQN has 154 after 100,000."
            ),
        }
    ]
    publish(report, given.json)


if __name__ == "__main__":
    main()
