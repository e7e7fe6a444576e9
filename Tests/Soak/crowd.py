"""Clients by the thousand, and what the daemon holds for them."""

from __future__ import annotations

import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Callable
from urllib.parse import urlsplit

from daemon import Daemon

#: Ends a connection with a reset.
RESET = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
CLOSE_WAIT = "08"


def address(daemon: Daemon) -> tuple[str, int]:
    """Where a daemon listens."""
    parts = urlsplit(daemon.url)
    return parts.hostname or "", parts.port or 0


def raise_limit() -> None:
    """Lets this process, and the daemons that it starts, have as many descriptors as they may."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def descriptors(daemon: Daemon) -> int:
    """How many descriptors a daemon has open."""
    return len(os.listdir(f"/proc/{daemon.pid}/fd"))


def half_closed(daemon: Daemon) -> int:
    """Connections that their clients closed and the daemon did not."""
    port = f":{address(daemon)[1]:04X}"
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return sum(row[1].endswith(port) and row[3] == CLOSE_WAIT for row in rows)


def reset(connection: socket.socket) -> None:
    """Closes without a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


def wait_until(condition: Callable[[], bool], seconds: float) -> float:
    """Waits until something is so, and returns how long it took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, f"it did not happen in {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - begin


class Bystander:
    """A client that goes on working, and how long it waits."""

    def __init__(self, daemon: Daemon) -> None:
        self.seconds: list[float] = []
        self._connection = HTTPConnection(*address(daemon), timeout=30)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._is_over.is_set():
            begin = time.perf_counter()
            self._connection.request("GET", "/v1/experts")
            reply = self._connection.getresponse()
            reply.read()
            assert reply.status == 200
            self.seconds.append(time.perf_counter() - begin)
            time.sleep(0.005)

    @property
    def p99(self) -> float:
        """In milliseconds."""
        return 1000 * sorted(self.seconds)[int(0.99 * len(self.seconds))]

    @contextmanager
    def at_work(self) -> Iterator[Bystander]:
        """Works until the block ends."""
        self._thread.start()
        try:
            yield self
        finally:
            self._is_over.set()
            self._thread.join()
            self._connection.close()
