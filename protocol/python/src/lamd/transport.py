"""HTTP by the standard library: keep-alive, one connection per thread, TCP or a unix socket."""

from __future__ import annotations

import http.client
import io
import os
import select
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Optional
from urllib.parse import urlsplit

DEFAULT_URL = "http://127.0.0.1:8808"

LOST = (http.client.HTTPException, ConnectionError)


class Reply(NamedTuple):
    """A reply, read to its end."""

    status: int
    media_type: str
    body: bytes


class Transport:
    """Sends requests to one daemon. Safe to use from several threads and after a fork."""

    def __init__(self, url: Optional[str], timeout: Optional[float], retries: int) -> None:
        self.url = url or os.environ.get("LAMD_URL") or DEFAULT_URL
        self.timeout = timeout
        self.retries = retries
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https", "unix"):
            raise ValueError(f"the URL must begin with http:, https: or unix:, not {self.url!r}")
        self._parts = parts
        self._prefix = "" if parts.scheme == "unix" else parts.path.rstrip("/")
        self._is_unix = parts.scheme == "unix"
        self._local = threading.local()

    def send(
        self,
        method: str,
        path: str,
        body: Optional[bytes] = None,
        headers: Mapping[str, str] = {},
        *,
        wait: bool = False,
        repeatable: Optional[bool] = None,
    ) -> Reply:
        """Sends one request and reads its reply, with `wait` however long that takes.

        A request that was cut off is sent again only where that is safe: where it is `repeatable` (by default, where
        its method is GET, PUT or DELETE), or where the connection could not be made. Raises ConnectionError.
        """
        if repeatable is None:
            repeatable = method in ("GET", "PUT", "DELETE")
        for attempt in range(self.retries + 1):
            connected = False
            try:
                connection = self._connection(None if wait else self.timeout)
                connected = True
                return self._ask(connection, method, self._prefix + path, body, headers)
            except LOST as error:
                self._drop()
                if attempt == self.retries and not connected:
                    raise
                if attempt == self.retries or (connected and not repeatable):
                    raise ConnectionError(f"no answer from {self.url}: {error or type(error).__name__}") from error
                time.sleep(0.05 * 4**attempt)
            except BaseException:
                self._drop()
                raise
        raise AssertionError("unreachable")

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: Optional[bytes],
        headers: Mapping[str, str],
    ) -> Reply:
        """One request and its reply, in as many system calls and without a mail of the reply's head, as http.client
        makes it: that takes longer than a step."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {connection.host if self._is_unix else self._parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body is not None or method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(body or b'')}")
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a path or a header holds a line break")
        sock = connection.sock
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b""))
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            more = sock.recv(1 << 16)
            if not more:
                raise http.client.RemoteDisconnected("the connection ended before the reply")
            received += more
        status, *fields = received[:end].decode("latin-1").split("\r\n")
        known = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        code = status[9:12]
        if "content-length" not in known or not code.isdigit() or code.startswith("1"):
            return self._read_slowly(connection, method, received)
        media_type = known.get("content-type", "").partition(";")[0].strip().lower()
        rest = int(known["content-length"]) if method != "HEAD" else 0
        content = bytearray(received[end + 4 :])
        while len(content) < rest:
            more = sock.recv(min(rest - len(content), 1 << 20))
            if not more:
                raise http.client.IncompleteRead(bytes(content), rest - len(content))
            content += more
        if known.get("connection", "").lower() == "close":
            self._drop()
        return Reply(int(code), media_type, bytes(content))

    def _read_slowly(self, connection: http.client.HTTPConnection, method: str, received: bytes) -> Reply:
        """Whatever else HTTP allows, such as chunks that a proxy makes."""
        response = http.client.HTTPResponse(_Begun(received, connection.sock), method=method)  # type: ignore[arg-type]
        response.begin()
        reply = Reply(response.status, response.headers.get_content_type(), response.read())
        if response.will_close:
            self._drop()
        return reply

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[http.client.HTTPResponse]:
        """Opens a reply that is read as it comes, on a connection of its own."""
        connection = self._open(self.timeout)
        try:
            connection.request("GET", self._prefix + path, headers=dict(headers))
            yield connection.getresponse()
        finally:
            connection.close()

    def close(self) -> None:
        """Closes this thread's connection; the next request opens a new one."""
        self._drop()

    def _connection(self, timeout: Optional[float]) -> http.client.HTTPConnection:
        connection: Optional[http.client.HTTPConnection] = getattr(self._local, "connection", None)
        if connection is not None and self._local.pid != os.getpid():
            connection = None  # The parent's; closing it here would be the parent's business too.
        if connection is not None and (connection.sock is None or _readable(connection.sock)):
            connection.close()  # The daemon has ended an idle connection.
            connection = None
        if connection is None:
            connection = self._open(timeout)
            self._local.connection, self._local.pid = connection, os.getpid()
        elif connection.sock is not None:
            connection.sock.settimeout(timeout)
        return connection

    def _open(self, timeout: Optional[float]) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection
        if self._parts.scheme == "unix":
            connection = _UnixConnection(self._parts.path, timeout)
        elif self._parts.scheme == "https":
            connection = http.client.HTTPSConnection(self._parts.netloc, timeout=timeout)
        else:
            connection = http.client.HTTPConnection(self._parts.netloc, timeout=timeout)
        try:
            connection.connect()
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConnectionError(f"no daemon at {self.url} ({reason}); `lamd serve` starts one") from error
        return connection

    def _drop(self) -> None:
        connection = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None and self._local.pid == os.getpid():
            connection.close()


class _Begun(io.RawIOBase):
    """What is read of a socket, of which the beginning has been read already."""

    def __init__(self, received: bytes, sock: socket.socket) -> None:
        self._received, self._sock = received, sock

    def makefile(self, mode: str) -> io.BufferedReader:
        """As a socket has it."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._received:
            return self._sock.recv_into(buffer)
        count = min(len(buffer), len(self._received))
        buffer[:count], self._received = self._received[:count], self._received[count:]
        return count


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: Optional[float]) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _readable(sock: socket.socket) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
