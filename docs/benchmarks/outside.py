"""A problem of the client's own, with 200,000 actions, learned through `act` and `observe` alone.

A listener is in a mood, a point in [-1, 1]^6, and hears one of 200,000 tracks, each a point there that its features tell.
The nearer the track is to the mood the better (1 less the squared distance over 6), and half of the mood's way goes to the
track. The oracle plays the nearest track. `make bench-actions` runs this with lamd's Python client.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

import gymnasium
import numpy as np
from harness import daemon, machine, publish

import lamd

TRACKS, TRAITS, LENGTH, LISTENERS = 200_000, 6, 20, 16
# A mood is half forgotten after every track: looking far ahead only adds noise.
SETTINGS = {"discount": 0.5, "n_step": 1}
Play = Callable[[np.ndarray], np.ndarray]


class Listeners:
    """Listeners who all begin and end an episode at once."""

    def __init__(self, tracks: np.ndarray, count: int, seed: int) -> None:
        self.tracks, self.random = tracks, np.random.default_rng(seed)
        self.moods = self.random.uniform(-1, 1, (count, TRAITS)).astype(np.float32)

    def hear(self, played: np.ndarray) -> np.ndarray:
        """Plays each a track; the rewards."""
        way = self.tracks[played] - self.moods
        rewards = 1 - (way**2).sum(axis=1) / TRAITS
        noise = self.random.normal(0, 0.2, way.shape)
        self.moods = np.clip(self.moods + 0.5 * way + noise, -1, 1).astype(np.float32)
        return rewards


def mean_return(play: Play, tracks: np.ndarray, episodes: int) -> float:
    """Of fresh listeners."""
    listeners = Listeners(tracks, episodes, seed=1_000_000)
    return float(sum(listeners.hear(play(listeners.moods)).mean() for _ in range(LENGTH)))


def nearest(tracks: np.ndarray) -> Play:
    lengths = (tracks**2).sum(axis=1) / 2
    return lambda moods: np.concatenate([np.argmax(part @ tracks.T - lengths, axis=1) for part in np.array_split(moods, 50)])


def learn(client: lamd.Client, agent: str, tracks: np.ndarray, steps: int, seed: int) -> None:
    """Has the agent play, and observe what came of it, until it has learned from so many steps."""
    for episode in range(steps // (LENGTH * LISTENERS)):
        listeners = Listeners(tracks, LISTENERS, seed=seed * 10_000 + episode)
        for step in range(LENGTH):
            moods = listeners.moods
            played = client.act(agent, observations=moods, deterministic=False, tensors=True)["actions"]
            rewards = listeners.hear(played)
            transitions = [
                {
                    "observation": mood,
                    "action": action,
                    "reward": reward,
                    "next_observation": after,
                    "terminated": False,
                    "truncated": step == LENGTH - 1,
                    "episode_id": f"{episode}/{listener}",
                }
                for listener, (mood, action, reward, after) in enumerate(
                    zip(moods.tolist(), played.tolist(), rewards.tolist(), listeners.moods.tolist())
                )
            ]
            client.observe(agent, transitions)
    while client.get_agent(agent)["pending_updates"]:
        time.sleep(0.1)
    # What was learned last is published within seconds.
    time.sleep(3)


def run(client: lamd.Client, tracks: np.ndarray, given: argparse.Namespace, seed: int) -> tuple[float, float]:
    """The mean return of what a seed learned, and the seconds it took."""
    agent = client.create_agent(
        observation_space=gymnasium.spaces.Box(-1, 1, (TRAITS,)),
        action_space=gymnasium.spaces.Discrete(TRACKS),
        action_features=tracks,
        hyperparameters=SETTINGS,
        seed=seed,
    )["agent_id"]
    started = time.perf_counter()
    learn(client, agent, tracks, given.steps, seed)
    seconds = time.perf_counter() - started
    found = mean_return(
        lambda moods: client.act(agent, observations=moods, tensors=True)["actions"], tracks, given.episodes
    )
    client.delete_agent(agent)
    return found, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lamd", default=".build/release/lamd", help="the program")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--seeds", type=int, default=5, help="trainings")
    parser.add_argument("--steps", type=int, default=16_000, help="that each of them learns from")
    parser.add_argument("--episodes", type=int, default=1_000, help="fresh ones to judge a policy by")
    given = parser.parse_args()
    tracks = np.random.default_rng(0).uniform(-1, 1, (TRACKS, TRAITS)).astype(np.float32)
    random = np.random.default_rng(1)
    lowest = mean_return(lambda moods: random.integers(TRACKS, size=len(moods)), tracks, given.episodes)
    highest = mean_return(nearest(tracks), tracks, given.episodes)
    report: dict[str, Any] = {"command": "outside.py", "machine": machine()}
    with tempfile.TemporaryDirectory() as folder, daemon(given.lamd, Path(folder)) as url:
        client = lamd.Client(url)
        runs = [run(client, tracks, given, seed) for seed in range(1, given.seeds + 1)]
    returns, seconds = zip(*runs)
    scaled = [(value - lowest) / (highest - lowest) for value in returns]
    report["tables"] = [
        {
            "name": "outside",
            "title": "A problem of the client's own, through act and observe",
            "columns": [
                *({"title": title, "digits": 0} for title in ("actions", "steps")),
                *({"title": title, "digits": 2} for title in ("random", "oracle", "return", "worst")),
                *({"title": title, "digits": 3} for title in ("scaled", "worst scaled")),
                *({"title": title} for title in ("asked", "reached by")),
                {"title": "s/run", "digits": 1},
            ],
            "rows": [
                [
                    *(TRACKS, given.steps, lowest, highest, float(np.mean(returns)), min(returns)),
                    *(float(np.mean(scaled)), min(scaled), "≥ 0.9 scaled each"),
                    *(f"{sum(value >= 0.9 for value in scaled)}/{given.seeds}", float(np.mean(seconds))),
                ]
            ],
            "note": (
                f"A Python script with {TRACKS:,} tracks of {TRAITS} traits plays to {LISTENERS} listeners at once, and asks `act` "
                f"and tells `observe` at each step: `docs/benchmarks/outside.py` has all of the problem. Settings: {json.dumps(SETTINGS)}, else the "
                f"defaults. Seeds: {given.seeds}; "
                f"{given.episodes:,} fresh episodes. Random 0, the oracle 1."
            ),
        }
    ]
    publish(report, given.json)


if __name__ == "__main__":
    main()
