"""Steps of OpenEnv's own client over WebSockets: `openenv_client.py URL SESSIONS SECONDS` prints how many a second."""

from __future__ import annotations

import asyncio
import sys
import time

from openenv.core import GenericEnvClient


async def drive(client: GenericEnvClient, end: float) -> int:
    steps = 0
    while time.perf_counter() < end:
        await client.step({"action": steps % 2})
        steps += 1
    return steps


async def main(url: str, sessions: int, seconds: float) -> None:
    clients = [GenericEnvClient(url) for _ in range(sessions)]
    for client in clients:
        await client.connect()
        await client.reset(seed=1)
    started = time.perf_counter()
    steps = sum(await asyncio.gather(*(drive(client, started + seconds) for client in clients)))
    print(steps / (time.perf_counter() - started))
    for client in clients:
        await client.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
