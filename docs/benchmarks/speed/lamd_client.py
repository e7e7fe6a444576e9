"""Steps of lamd's Python client in one environment: `lamd_client.py URL SECONDS` prints how many a second."""

from __future__ import annotations

import sys
import time

import lamd


def main(url: str, seconds: float) -> None:
    env = lamd.make("CartPole-v1", url=url)
    env.reset(seed=1)
    started, steps, ended = time.perf_counter(), 0, False
    while time.perf_counter() - started < seconds:
        if ended:
            env.reset()
        _, _, terminated, truncated, _ = env.step(steps % 2)
        ended = terminated or truncated
        steps += 1
    print(steps / (time.perf_counter() - started))
    env.close()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
