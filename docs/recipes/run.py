"""Runs the recipes with several seeds on a daemon of their own, and writes figures.json and pictures of their curves.

    python docs/recipes/run.py [--lamd .build/release/lamd] [--seeds 1 2 3] [--draw] [driving connect_four …]

The Python that runs this hosts the environments too: it needs what requirements.txt lists, and lamd's client.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

import connect_four
import gymnasium
import highway_env
import irrigation
import matplotlib
import numpy as np
import treatment

import lamd

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "benchmarks"))
matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
from harness import daemon  # noqa: E402

gymnasium.register_envs(highway_env)

FIGURES = HERE / "figures.json"
PICTURES = HERE.parent / "images" / "recipes"
FRESH = 1_000_000
"""Where seeds begin that no training used."""

JSON = dict[str, Any]
Curve = list[tuple[int, float]]
Rule = Callable[[Any, JSON, np.random.Generator], Any]
"""What to do, by the observation, the info and a generator."""


@dataclass
class Hosted:
    """A world that the daemon hosts by this Python."""

    title: str
    env_id: str
    train: JSON
    rules: dict[str, Rule]
    kwargs: JSON = field(default_factory=dict)
    hyperparameters: JSON = field(default_factory=dict)
    episodes: int = 1_000
    """That the policy which was kept is judged by."""
    floor: float = -np.inf

    def learn(self, client: lamd.Client, seed: int) -> tuple[Curve, float]:
        agent = client.create_agent(
            f"gymnasium/{self.env_id}", kwargs=self.kwargs, hyperparameters=self.hyperparameters, seed=seed
        )["agent_id"]
        job = client.train(agent, **self.train, wait=True)
        if job["state"] != "succeeded":
            sys.exit(f"{self.env_id}: {job}")
        points = client.get_job_metrics(job["job_id"])["items"]
        curve = [(point["steps"], point["return"]) for point in points if point["kind"] == "evaluation"]
        return curve, client.evaluate(agent, num_episodes=self.episodes, seed=FRESH)["mean_return"]

    def references(self) -> dict[str, float]:
        return {name: self._worth(rule) for name, rule in self.rules.items()}

    def _worth(self, rule: Rule) -> float:
        environment = gymnasium.make(self.env_id, **self.kwargs)
        random = np.random.default_rng(0)
        returns = [play(environment, rule, random, FRESH + number) for number in range(self.episodes)]
        environment.close()
        return float(np.mean(returns))


@dataclass
class External:
    """A world that lives in a program of its own: `treatment` or `irrigation`."""

    title: str
    program: Any
    count: int
    """Patients or seasons to learn from."""
    floor: float = -np.inf
    """What lies below is not drawn."""

    def learn(self, client: lamd.Client, seed: int) -> tuple[Curve, float]:
        agent, curve = self.program.learn(client, self.count, seed)
        return curve, float(self.program.worth(self.program.served(client, agent), 1_000, seed=FRESH).mean())

    def references(self) -> dict[str, float]:
        return dict(self.program.references(1_000, seed=FRESH))


def play(environment: gymnasium.Env[Any, Any], rule: Rule, random: np.random.Generator, seed: int) -> float:
    observation, info = environment.reset(seed=seed)
    total, is_over = 0.0, False
    while not is_over:
        observation, reward, terminated, truncated, info = environment.step(rule(observation, info, random))
        total, is_over = total + float(reward), terminated or truncated
    return total


def bend(observation: np.ndarray, info: JSON, random: np.random.Generator) -> np.ndarray:
    """Turns the joints of Reacher to angles that lead to the target, in proportion to how far they are, and damped."""
    cosines, sines, target, speeds = observation[:2], observation[2:4], observation[4:6], observation[6:8]
    inner, outer = 0.1, 0.11
    elbow = np.arccos(np.clip((target @ target - inner**2 - outer**2) / (2 * inner * outer), -1, 1))
    ways = []
    for side in (elbow, -elbow):
        shoulder = np.arctan2(target[1], target[0]) - np.arctan2(outer * np.sin(side), inner + outer * np.cos(side))
        way = np.array([shoulder, side]) - np.arctan2(sines, cosines)
        ways.append((way + np.pi) % (2 * np.pi) - np.pi)
    nearer = min(ways, key=lambda way: float(np.abs(way).max()))
    return np.clip(0.3 * nearer - 0.05 * speeds, -1, 1).astype(np.float32)


RECIPES: dict[str, Union[Hosted, External]] = {
    "driving": Hosted(
        "Driving: highway-fast-v0",
        "highway-fast-v0",
        kwargs={"config": {"vehicles_count": 10}},
        # The world makes some tens of steps in a second: each is learned from more often than by default, and judged by
        # few episodes. A collision is seen a few seconds ahead.
        hyperparameters={
            "discount": 0.8,
            "train_frequency": 1,
            "gradient_steps": 4,
            "learning_starts": 200,
            "exploration": {"steps": 2_000},
        },
        train={"steps": 8_000, "num_envs": 2, "evaluate": {"every_steps": 1_000, "num_episodes": 6}},
        rules={
            "at random": lambda observation, info, random: int(random.integers(5)),
            "always IDLE": lambda observation, info, random: 1,
            "always SLOWER": lambda observation, info, random: 4,
        },
        episodes=200,
    ),
    "connect_four": Hosted(
        "Connect Four against a script",
        "connect_four:ConnectFour-v0",
        # Q is still behind the script after as many steps.
        train={
            "phases": [{"phase": "reinforce", "method": "ppo", "steps": 150_000}],
            "num_envs": 16,
            "evaluate": {"num_episodes": 50},
        },
        rules={
            "at random": lambda board, info, random: int(random.choice(np.flatnonzero(info["action_mask"]))),
            "the script itself": lambda board, info, random: connect_four.scripted(board, random),
        },
    ),
    "robot_arm": Hosted(
        "Robot arm: Reacher-v5",
        "Reacher-v5",
        # Fine torques matter, and steps are cheap: a policy gradient with Gaussians comes nearer than Q of 11 torques.
        hyperparameters={"box_distribution": "gaussian"},
        train={
            "phases": [{"phase": "reinforce", "method": "ppo", "steps": 100_000}],
            "evaluate": {"num_episodes": 20},
        },
        episodes=500,
        rules={
            "at random": lambda observation, info, random: random.uniform(-1, 1, 2).astype(np.float32),
            "by hand": bend,
        },
    ),
    "treatment": External("Treatment: vancomycin for a week", treatment, 1_500),
    "irrigation": External("Irrigation: a season of maize", irrigation, 240, floor=1_400),
}


def read() -> JSON:
    figures: JSON = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    return figures


def note(name: str, **found: Any) -> None:
    """Keeps what was found of a recipe: its references, or a run."""
    figures = read()
    entry = figures.setdefault(name, {"references": {}, "runs": []})
    entry["references"] = found.get("references", entry["references"])
    if run := found.get("run"):
        others = [each for each in entry["runs"] if each["seed"] != run["seed"]]
        entry["runs"] = sorted([*others, run], key=lambda each: int(each["seed"]))
    FIGURES.write_text(json.dumps(figures, sort_keys=True) + "\n")


def measure(name: str, client: lamd.Client, seeds: Sequence[int]) -> None:
    for seed in seeds:
        start = time.monotonic()
        curve, final = RECIPES[name].learn(client, seed)
        seconds = round(time.monotonic() - start)
        curve = [(steps, round(mean, 3)) for steps, mean in curve]
        note(name, run={"seed": seed, "curve": curve, "final": round(final, 3), "seconds": seconds})
        print(f"{name}, seed {seed}: {final:.2f} after {seconds} s", flush=True)
    references = {other: round(mean, 3) for other, mean in RECIPES[name].references().items()}
    note(name, references=references)
    print(f"{name}: {references}", flush=True)


def draw(name: str, found: JSON) -> None:
    settings = {"svg.hashsalt": "lamd", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    plt.rcParams.update(settings)
    figure, axis = plt.subplots(figsize=(5, 2.8))
    steps = [step for step, _ in found["runs"][0]["curve"]]
    lines = [[mean for _, mean in run["curve"]] for run in found["runs"]]
    for line in lines:
        axis.plot(steps[: len(line)], line, color="#3f6fd0", alpha=0.3, linewidth=0.8)
    means = [sum(points) / len(points) for points in zip(*lines)]
    axis.plot(steps[: len(means)], means, color="#1f4fb0", linewidth=1.8)
    floor = RECIPES[name].floor
    if min(map(min, lines)) < floor:
        highest = max(*map(max, lines), *found["references"].values())
        axis.set_ylim(floor, highest + 0.05 * (highest - floor))
    for other, mean in found["references"].items():
        if mean < floor:
            continue
        axis.axhline(mean, color="#888888", linestyle="--", linewidth=0.8)
        axis.annotate(other, (1.01, mean), xycoords=("axes fraction", "data"), va="center", color="#666666", fontsize=8)
    axis.set_title(RECIPES[name].title)
    axis.set_xlim(0, steps[-1])
    axis.set_xlabel("steps")
    axis.set_ylabel("mean return")
    axis.xaxis.set_major_formatter(lambda step, _: f"{step / 1000:g}k")
    figure.tight_layout()
    PICTURES.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURES / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("recipes", nargs="*", metavar="recipe", help=f"of {', '.join(RECIPES)}; all by default")
    parser.add_argument("--lamd", type=Path, default=HERE.parents[1] / ".build/release/lamd")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--draw", action="store_true", help="only draw what was found before")
    given = parser.parse_args()
    names = given.recipes or list(RECIPES)
    if unknown := set(names) - set(RECIPES):
        parser.error(f"there is no recipe {', '.join(sorted(unknown))}")
    if not given.draw:
        # Where the daemon's workers find the modules beside this file.
        os.environ["PYTHONPATH"] = str(HERE)
        settings = ["--gymnasium", sys.executable]
        with tempfile.TemporaryDirectory() as folder, daemon(str(given.lamd), Path(folder), *settings) as url:
            for name in names:
                measure(name, lamd.Client(url), given.seeds)
    for name in names:
        draw(name, read()[name])


if __name__ == "__main__":
    main()
