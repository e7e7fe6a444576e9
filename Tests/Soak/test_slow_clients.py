"""Clients that send a byte now and then, for ever. Takes 45 seconds."""

import asyncio
import time

from crowd import Bystander, address, descriptors, wait_until

#: A head must be there in 10 s; a body in 30 s, and a second more for each 1,000 bytes.
HEAD, BODY = 10, 30


async def drip(where, begin):
    """Sends a beginning and then one byte a second. Returns how long that went well."""
    reader, writer = await asyncio.open_connection(*where)
    start = time.monotonic()
    writer.write(begin)
    try:
        while True:
            try:
                assert await asyncio.wait_for(reader.read(4096), 1) == b"", "there is nothing to answer"
                return time.monotonic() - start
            except asyncio.TimeoutError:
                writer.write(b"x")
    except ConnectionError:
        return time.monotonic() - start
    finally:
        writer.close()


async def drip_all(where):
    head = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: "
    body = b"POST /v1/envs/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{"
    heads = [drip(where, head) for _ in range(250)]
    bodies = [drip(where, body) for _ in range(250)]
    lasted = await asyncio.gather(*heads, *bodies)
    return max(lasted[:250]), max(lasted[250:])


def test_drips_are_cut_and_nobody_else_waits(serve, measured):
    daemon = serve()
    before = descriptors(daemon)
    with Bystander(daemon).at_work() as bystander:
        head, body = asyncio.run(drip_all(address(daemon)))
    measured(f"heads cut after {head:.1f} s, bodies after {body:.1f} s; others' p99 {bystander.p99:.1f} ms")
    assert head <= HEAD + 2
    assert body <= BODY + 2
    assert bystander.p99 <= 50
    wait_until(lambda: descriptors(daemon) <= before, 5)
