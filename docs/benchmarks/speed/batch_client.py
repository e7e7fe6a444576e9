"""Steps many environments at once in this process or through lamd's Python client, and prints environment steps/s.

`batch_client.py WAY ENV ENVS SECONDS …`: `client … URL`, `envpool … THREADS BATCH`, `sync`, `vector`; `tune` prints the
number of threads and the batch with which EnvPool is fastest.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import closing
from typing import Any

import gymnasium
import numpy as np

Step = Callable[[Any], None]


def vector(env: Any) -> Step:
    env.reset(seed=1)

    def step(actions: Any) -> None:
        env.step(actions)

    return step


def envpool_step(env_id: str, count: int, threads: int, batch: int) -> Step:
    import envpool

    env = envpool.make(env_id, env_type="gymnasium", num_envs=count, batch_size=batch, num_threads=threads, seed=1)
    if batch == count:
        env.reset()

        def step(actions: Any) -> None:
            env.step(actions)
    else:
        env.async_reset()

        def step(actions: Any) -> None:
            env.send(actions, env.recv()[-1]["env_id"])

    return step


def rate(step: Step, actions: list[Any], seconds: float) -> float:
    for action in actions:
        step(action)
    count, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        step(actions[count % len(actions)])
        count += 1
    return count * len(actions[0]) / spent


def drawn(env_id: str, batch: int) -> list[Any]:
    """Random actions for some steps."""
    space = gymnasium.vector.utils.batch_space(gymnasium.make(env_id).action_space, batch)
    space.seed(1)
    return [np.asarray(space.sample()) for _ in range(32)]


def pooled(env_id: str, envs: int, threads: int, batch: int, seconds: float) -> float:
    actions = drawn(env_id, batch)
    if actions[0].dtype == np.int64:
        actions = [action.astype(np.int32) for action in actions]
    return rate(envpool_step(env_id, envs, threads, batch), actions, seconds)


def tuned(env_id: str, envs: int, seconds: float) -> tuple[int, int]:
    """The best of two looks at each setting; a batch of all environments is EnvPool's synchronous mode."""
    settings = [(threads, envs // share) for threads in (1, 2, 3) for share in (1, 2, 4, 8)]
    rates = dict.fromkeys(settings, 0.0)
    for setting in settings * 2:
        rates[setting] = max(rates[setting], pooled(env_id, envs, *setting, seconds))
    return max(rates, key=lambda setting: rates[setting])


def main() -> None:
    way, env_id, *numbers = sys.argv[1:]
    envs, seconds, more = int(numbers[0]), float(numbers[1]), numbers[2:]
    warnings.simplefilter("ignore")
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    found: Any
    if way == "tune":
        found = tuned(env_id, envs, seconds)
    elif way == "envpool":
        found = pooled(env_id, envs, int(more[0]), int(more[1]), seconds)
    elif way == "client":
        import lamd

        with closing(lamd.make_vec(env_id, envs, url=more[0])) as env:
            found = rate(vector(env), drawn(env_id, envs), seconds)
    else:
        env = gymnasium.make_vec(env_id, envs, "sync" if way == "sync" else "vector_entry_point")
        found = rate(vector(env), drawn(env_id, envs), seconds)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
