"""A client that sends a case in two pieces and reads every reply that comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Optional
from urllib.parse import urlsplit

from wire_cases import ID, NEXT, Case

#: Asked for when all replies have come: it shows that the connection is neither behind nor ahead.
LAST = NEXT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


class Replies:
    """The replies of one connection, as they come."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.statuses: list[int] = []
        self.is_closed = False

    async def read(self, to_head: bool = False) -> None:
        """Reads one reply, or the connection's end."""
        try:
            first = await self._reader.readuntil(b"\r\n\r\n")
            status = int(first.split(b" ", 2)[1])
            if status == 100:
                return await self.read(to_head)
            fields = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(b":") for line in first.split(b"\r\n")[1:])
            }
            self.statuses.append(-status if to_head else status)
            if fields.get(b"content-type") == b"text/html":
                # libmicrohttpd's own, which closes, and may repeat its head.
                await self._reader.read(-1)
                self.is_closed = True
            elif not to_head and status != 204:
                await self._reader.readexactly(int(fields[b"content-length"]))
        except (asyncio.IncompleteReadError, ConnectionError):
            self.is_closed = True


async def replay(address: tuple[str, int], case: Case, sent: bytes, cut: int, pause: float) -> Optional[str]:
    """Sends the first bytes, then the rest. Returns what is wrong, None where nothing is."""
    reader, writer = await asyncio.open_connection(*address, limit=1 << 20)
    replies = Replies(reader)
    try:
        writer.write(sent[:cut])
        await asyncio.sleep(pause)
        if not reader.at_eof():
            writer.write(sent[cut:])
            if case.half:
                await asyncio.sleep(pause)
                writer.write_eof()
        for status in case.statuses:
            await replies.read(to_head=status < 0)
        expected = case.statuses
        if not case.closes:
            writer.write(LAST)
            await replies.read()
            expected = [*expected, 200]
        if not replies.is_closed:
            await replies.read()
    except ConnectionError:
        replies.is_closed = True
    finally:
        writer.close()
    is_right = replies.statuses == expected or (case.hasty and not replies.statuses)
    if is_right and replies.is_closed:
        return None
    return f"{case.name}, cut at {cut}: {replies.statuses}, not {expected}"


async def replay_all(
    url: str, instance: str, cuts: Iterable[tuple[Case, int]], at_once: int, pause: float
) -> list[str]:
    """Replays many at the same time. Returns all that is wrong."""
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or 0)
    gate = asyncio.Semaphore(at_once)

    async def one(case: Case, cut: int) -> Optional[str]:
        sent = case.sent.replace(ID, instance.encode())
        async with gate:
            try:
                return await asyncio.wait_for(replay(address, case, sent, cut, pause), 45)
            except asyncio.TimeoutError:
                return f"{case.name}, cut at {cut}: nothing came"

    found = await asyncio.gather(*(one(case, cut) for case, cut in cuts))
    return [wrong for wrong in found if wrong]
