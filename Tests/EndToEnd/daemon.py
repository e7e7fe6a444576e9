"""The real daemon, as a process to start, stop and kill."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union
from urllib.parse import urlsplit

import lamd

ROOT = Path(__file__).parents[2]
BINARY = Path(os.environ.get("LAMD", ".build/release/lamd"))
if not BINARY.is_absolute():
    BINARY = ROOT / BINARY


class Response(NamedTuple):
    """A reply as it came over the wire."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Daemon:
    """`lamd serve` on a free port of the loopback, with a state folder of its own."""

    def __init__(self, state: Path, *arguments: str) -> None:
        self.state = state
        self.arguments = arguments
        #: The program, after what runs it.
        self.program: tuple[Union[str, Path], ...] = (BINARY,)
        self.log = state.with_name(state.name + ".log")
        self.url = ""
        self._process: Optional[subprocess.Popen[bytes]] = None

    def start(self) -> Daemon:
        """Starts it and waits until it says where it listens."""
        command = [*self.program, "serve", "--listen", "127.0.0.1:0", "--state", self.state, *self.arguments]
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            said = self.log.read_bytes()[begin:].decode("utf-8", "replace")
            found = re.search(r"listening on (http://127\.0\.0\.1:\d+)", said)
            if found:
                self.url = found[1]
                return self
            if self._process.poll() is not None:
                raise AssertionError(f"lamd ended with {self._process.returncode} at its start:\n{said}")
            time.sleep(0.01)
        self.kill()
        raise AssertionError(f"lamd did not say where it listens:\n{said}")

    def stop(self) -> int:
        """Sends SIGTERM, waits for the end and returns the exit status."""
        return self.end(signal.SIGTERM)

    def kill(self) -> int:
        """Sends SIGKILL."""
        return self.end(signal.SIGKILL)

    def end(self, number: signal.Signals) -> int:
        """Sends a signal and waits for the end."""
        assert self._process is not None
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Waits for the end."""
        assert self._process is not None
        try:
            return self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def client(self, **keywords: Any) -> lamd.Client:
        """A client of its own."""
        return lamd.Client(self.url, **keywords)

    def request(
        self,
        method: str,
        path: str,
        body: Union[bytes, str, None] = None,
        headers: Optional[dict[str, str]] = None,
    ) -> Response:
        """Sends bytes as they are, on a connection of their own, with no header but Host and those given."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        content = body.encode() if isinstance(body, str) else body
        given = dict(headers or {})
        try:
            connection.putrequest(method, path, skip_host="Host" in given, skip_accept_encoding=True)
            if content is not None and "Content-Length" not in given and "Transfer-Encoding" not in given:
                given["Content-Length"] = str(len(content))
            for name, value in given.items():
                connection.putheader(name, value)
            connection.endheaders(content)
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())
        finally:
            connection.close()
