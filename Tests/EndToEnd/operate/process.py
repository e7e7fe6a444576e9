"""`lamd`, run as an operator runs it: with an environment, a folder and descriptors of the test's choice."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, Optional, Union

from daemon import BINARY

PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("LAMD", "XDG_STATE"))}


class Process:
    """A running `lamd`, whose stderr is a file."""

    def __init__(
        self,
        arguments: Sequence[object],
        log: Path,
        environment: Mapping[str, str],
        pass_fds: Sequence[int] = (),
        prefix: Sequence[str] = (),
    ) -> None:
        self.log = log
        command = [*prefix, str(BINARY), *map(str, arguments)]
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**PLAIN, **environment},
                pass_fds=pass_fds,
            )

    @property
    def said(self) -> str:
        """The log so far."""
        return self.log.read_text()

    def await_log(self, pattern: str, seconds: float = 30) -> re.Match[str]:
        """Waits until the log has a match."""
        found: Optional[re.Match[str]] = None

        def look() -> bool:
            nonlocal found
            found = re.search(pattern, self.said)
            return found is not None or self.process.poll() is not None

        wait_until(look, seconds)
        assert found, f"ended with {self.process.returncode} and no {pattern!r}:\n{self.said}"
        return found

    @property
    def url(self) -> str:
        """Where it listens by TCP, as soon as it does."""
        return self.await_log(r"listening on (http://\S+)")[1]

    def get(self, path: str, timeout: float = 10) -> bytes:
        """GETs a path."""
        with urllib.request.urlopen(self.url + path, timeout=timeout) as reply:
            return bytes(reply.read())

    def stop(self, signal: int) -> int:
        """Sends a signal and returns the exit status."""
        self.process.send_signal(signal)
        return self.process.wait(60)


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


class LongRequest:
    """A rollout of some seconds, asked for by a thread of its own."""

    def __init__(self, url: str) -> None:
        with self._post(url + "/v1/envs/", {"env_id": "Acrobot-v1"}) as made:
            self.url = f"{url}/v1/envs/{json.load(made)['instance_id']}/rollout"
        self.status: Union[int, OSError, None] = None
        self.body = b""
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        time.sleep(0.3)
        assert self.status is None

    @staticmethod
    def _post(url: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return urllib.request.urlopen(request, timeout=60)

    def _run(self) -> None:
        body = {"policy": "random", "steps": 1000000, "transitions": False, "seed": 1}
        try:
            reply = self._post(self.url, body)
        except urllib.error.HTTPError as refusal:
            reply = refusal
        except OSError as lost:
            self.status = lost
            return
        self.status, self.body = reply.status, reply.read()

    def wait(self) -> Union[int, OSError, None]:
        """The status, or why there is none."""
        self._thread.join(60)
        return self.status


class ServiceManager:
    """The socket that sd_notify(3) writes to."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)

    def hear(self, seconds: float) -> Optional[str]:
        """The next message, None where there is none in time."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(65536).decode()
        except TimeoutError:
            return None

    def await_message(self, line: str, seconds: float = 30) -> str:
        """The next message that has this line."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            message = self.hear(max(deadline - time.monotonic(), 0.01))
            if message and line in message.splitlines():
                return message
        raise AssertionError(f"nobody said {line}")

    def forget(self) -> None:
        """Drops what has been said."""
        while self.hear(0.001) is not None:
            pass
