"""Steps many environments at once in this process or through lamd's Python client, and prints environment steps/s.

`batch_client.py client ENV ENVS SECONDS URL`, `… envpool ENV ENVS SECONDS THREADS BATCH`, `… sync|vector ENV ENVS SECONDS`.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
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


def main() -> None:
    way, env_id, count, seconds, *more = sys.argv[1:]
    warnings.simplefilter("ignore")
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    space, envs, batch = gymnasium.make(env_id).action_space, int(count), int(count)
    if way == "client":
        import lamd

        step = vector(lamd.make_vec(env_id, envs, url=more[0]))
    elif way == "envpool":
        batch = int(more[1])
        step = envpool_step(env_id, envs, int(more[0]), batch)
    else:
        step = vector(gymnasium.make_vec(env_id, envs, "sync" if way == "sync" else "vector_entry_point"))
    space = gymnasium.vector.utils.batch_space(space, batch)
    space.seed(1)
    actions = [np.asarray(space.sample()) for _ in range(32)]
    if way == "envpool" and actions[0].dtype == np.int64:
        actions = [action.astype(np.int32) for action in actions]
    print(rate(step, actions, float(seconds)))


if __name__ == "__main__":
    main()
