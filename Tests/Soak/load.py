"""Clients that send as much as they are told, and note what comes of each request."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from typing import Optional


class Reply:
    """One reply, or the lack of it."""

    def __init__(self, status: int, retry_after: Optional[bytes] = None, body: bytes = b"") -> None:
        self.status = status
        self.retry_after = retry_after
        self.body = body


class Truncated(Exception):
    """A reply began and did not end."""


class Connection:
    """A connection that sends one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, where: tuple[str, int]) -> Connection:
        """Connects."""
        return cls(*await asyncio.open_connection(*where, limit=1 << 24))

    async def ask(self, method: str, path: str, body: Optional[object] = None) -> Optional[Reply]:
        """Sends a request and reads the reply; None where the connection ended before one began."""
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        try:
            self._writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
            first = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as end:
            if end.partial:
                raise Truncated(end.partial) from end
            return None
        except ConnectionError:
            return None
        pairs = (line.partition(b":") for line in first.split(b"\r\n")[1:])
        fields = {name.lower(): value.strip() for name, _, value in pairs}
        try:
            read = await self._reader.readexactly(int(fields[b"content-length"]))
        except (asyncio.IncompleteReadError, ConnectionError) as end:
            raise Truncated(first) from end
        return Reply(int(first[9:12]), fields.get(b"retry-after"), read)

    def close(self) -> None:
        """Ends it."""
        self._writer.close()


class Load:
    """Rollouts of one length, each client on an instance of its own."""

    def __init__(self, where: tuple[str, int], steps: int) -> None:
        self._where = where
        self._body = {"policy": "random", "steps": steps, "transitions": False}
        self.counts: Counter[int] = Counter()
        self.without_retry_after = 0

    async def run(self, clients: int, seconds: float, every: float = 0) -> float:
        """Lets so many clients ask again `every` so often, or at once. Returns the good replies per second."""
        opened = [await self._begin() for _ in range(clients)]
        self.counts.clear()
        begin = time.monotonic()
        tasks = [
            asyncio.create_task(self._work(*one, begin + every * place / clients, every))
            for place, one in enumerate(opened)
        ]
        await asyncio.sleep(seconds)
        good = self.counts[200] / (time.monotonic() - begin)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for connection, _ in opened:
            connection.close()
        for end in ended:
            if isinstance(end, Exception):
                raise end
        return good

    async def _begin(self) -> tuple[Connection, str]:
        connection = await Connection.open(self._where)
        while True:
            made = await connection.ask("POST", "/v1/envs/", {"env_id": "Acrobot-v1"})
            assert made is not None
            if made.status == 200:
                return connection, f"/v1/envs/{json.loads(made.body)['instance_id']}/rollout"
            assert made.status == 503
            await asyncio.sleep(1)

    async def _work(self, connection: Connection, path: str, start: float, every: float) -> None:
        due = start
        while True:
            await asyncio.sleep(max(due - time.monotonic(), 0))
            due = max(due + every, time.monotonic() - every)
            reply = await connection.ask("POST", path, self._body)
            assert reply is not None, "the connection was closed"
            self.counts[reply.status] += 1
            self.without_retry_after += reply.status in (429, 503) and not reply.retry_after
