"""Trains a peer on CartPole-v1 until it is solved: `solve_peer.py SB3|sbx PPO|DQN SEED EPISODES TARGET`.

Prints a list of outcomes as JSON: one, and where the peer compiles a second one of the same training, compiled before.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gymnasium
import numpy as np
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env

WORLD = "CartPole-v1"
EVERY, EPISODES = 1_000, 100


def falling(first: float) -> Any:
    """RL-Zoo's `lin_`: from its first value to 0."""
    return lambda remaining: remaining * first


# RL-Zoo's hyperparameters/ppo.yml and dqn.yml; the budget is its number of steps.
BUDGETS = {"PPO": 100_000, "DQN": 50_000}
ENVS = {"PPO": 8, "DQN": 1}


def settings(method: str) -> dict[str, Any]:
    if method == "PPO":
        return {
            **{"n_steps": 32, "batch_size": 256, "gae_lambda": 0.8, "gamma": 0.98, "n_epochs": 20, "ent_coef": 0.0},
            **{"learning_rate": falling(0.001), "clip_range": falling(0.2)},
        }
    return {
        **{"learning_rate": 2.3e-3, "batch_size": 64, "buffer_size": 100_000, "learning_starts": 1000, "gamma": 0.99},
        **{"target_update_interval": 10, "train_freq": 256, "gradient_steps": 128, "exploration_fraction": 0.16},
        **{"exploration_final_eps": 0.04, "policy_kwargs": {"net_arch": [256, 256]}},
    }


def mean_return(model: Any, episodes: int, seed: int) -> float:
    """Of the greedy policy, by episodes that all go on at once."""
    env = gymnasium.make_vec(WORLD, episodes, "vector_entry_point")
    observations, _ = env.reset(seed=seed)
    lengths, running = np.zeros(episodes), np.ones(episodes, bool)
    while running.any():
        actions, _ = model.predict(observations, deterministic=True)
        observations, _, terminated, truncated, _ = env.step(np.asarray(actions))
        lengths += running
        running &= ~(terminated | truncated)
    env.close()
    return float(lengths.mean())


class Solved(BaseCallback):
    """Stops where two evaluations in a row reach the target, and counts their seconds."""

    def __init__(self, target: float, seed: int) -> None:
        super().__init__()
        self.target, self.seed = target, seed
        self.next, self.good, self.seconds, self.cpu = EVERY, 0, 0.0, 0.0

    def _on_step(self) -> bool:
        if self.num_timesteps < self.next:
            return True
        started, spent = time.perf_counter(), time.process_time()
        self.next += EVERY
        mean = mean_return(self.model, EPISODES, 10_000 * self.seed + self.num_timesteps)
        self.good = self.good + 1 if mean >= self.target else 0
        self.seconds += time.perf_counter() - started
        self.cpu += time.process_time() - spent
        return self.good < 2


def train(
    library: Any, method: str, seed: int, episodes: int, target: float, budget: int | None = None
) -> dict[str, Any]:
    started, spent = time.perf_counter(), time.process_time()
    env = make_vec_env(WORLD, ENVS[method], seed=seed)
    options = {} if library.__name__ == "sbx" else {"device": "cpu"}
    model = getattr(library, method)("MlpPolicy", env, seed=seed, **settings(method), **options)
    solved = Solved(target, seed)
    model.learn(budget or BUDGETS[method], callback=solved)
    seconds = time.perf_counter() - started - solved.seconds
    cpu = time.process_time() - spent - solved.cpu
    mean = mean_return(model, episodes, 1_000_000 * seed)
    return {"seconds": seconds, "cpu": cpu, "steps": model.num_timesteps, "mean": mean, "reached": solved.good >= 2}


@contextmanager
def compiled(warm_up: Callable[[], Any]) -> Iterator[None]:
    """Keeps what JAX compiles in a folder: a new model compiles some functions anew, though they are the same."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    with tempfile.TemporaryDirectory() as folder:
        jax.config.update("jax_compilation_cache_dir", folder)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        compilation_cache.reset_cache()
        warm_up()
        yield


def main() -> None:
    name, method, seed, episodes, target = sys.argv[1:]
    warnings.simplefilter("ignore")
    asked = (method, int(seed), int(episodes), float(target))
    if name == "sbx":
        import sbx

        outcomes = [train(sbx, *asked)]
        with compiled(lambda: train(sbx, *asked, budget=2 * EVERY)):
            outcomes.append(train(sbx, *asked))
    else:
        import stable_baselines3
        import torch

        torch.set_num_threads(1)
        outcomes = [train(stable_baselines3, *asked)]
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main()
