"""Ten times as many requests as can be served. Takes a minute."""

import asyncio

from crowd import address, raise_limit
from load import Load

#: Of a rollout: long enough that asking costs little beside answering.
STEPS = 60000
#: Requests in flight at most: as many clients wait for their reply.
WAITING = 1024
CLIENTS = WAITING + 476
SECONDS = 40


def test_overload_is_refused_and_the_rest_served(serve, measured):
    raise_limit()
    load = Load(address(serve()), STEPS)
    peak = max(asyncio.run(load.run(clients, 8)) for clients in (4, 8))
    assert set(load.counts) == {200}
    goodput = asyncio.run(load.run(CLIENTS, SECONDS, every=(CLIENTS - WAITING) / (10 * peak)))
    offered = sum(load.counts.values()) / SECONDS
    counts = dict(load.counts)
    measured(f"peak {peak:.0f}/s; of {offered:.0f}/s answered, {goodput:.0f}/s served: {counts}")
    assert set(counts) <= {200, 429, 503}
    assert offered >= 8 * peak, "it was no overload"
    assert load.without_retry_after == 0
    assert goodput >= 0.8 * peak
