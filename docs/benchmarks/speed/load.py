"""Servers, each on a core of its own, and load on them from the other core."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Optional

from harness import Server, pinned, started

SERVER_CORE, LOAD_CORE = 0, 1
SERVERS = Path(__file__).parent / "servers"
JSON_HEADERS = {"Content-Type": "application/json"}

# The bodies are files, since they may be tensors; each request is the next path's, with the next body.
SCRIPT = """
local requests, last = {}, 0
function init(arguments)
   local headers, bodies, paths = %(headers)s, %(bodies)s, %(paths)s
   for index = 1, math.max(#paths, #bodies) do
      local file = io.open(bodies[(index - 1) %% #bodies + 1], "rb")
      local body = file:read("*a")
      file:close()
      requests[index] = wrk.format("POST", paths[(index - 1) %% #paths + 1], headers, body)
   end
end
function request()
   last = last %% #requests + 1
   return requests[last]
end
function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format("figures %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration, latency:percentile(50),
      latency:percentile(99), errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
"""


class Load(NamedTuple):
    """What came of a load: requests/s, latencies in microseconds, the server's processor time for a request."""

    rate: float
    p50: float
    p99: float
    cpu: float


def lua(value: Any) -> str:
    """A list or a dictionary of strings as Lua writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{json.dumps(key)}] = {json.dumps(item)}" for key, item in value.items()) + "}"
    return "{" + ", ".join(map(json.dumps, value)) + "}"


def wrk(
    server: Server,
    paths: Sequence[str],
    bodies: Sequence[bytes],
    connections: int,
    seconds: float,
    headers: dict[str, str] = JSON_HEADERS,
    core: Optional[int] = LOAD_CORE,
) -> Load:
    """Posts to the paths in turn, with the bodies in turn, from one thread on connections that are kept.

    Raises RuntimeError where there was any error.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{index}.body" for index in range(len(bodies))]
        for file, body in zip(files, bodies):
            file.write_bytes(body)
        script = Path(folder) / "load.lua"
        script.write_text(SCRIPT % {"headers": lua(headers), "bodies": lua(list(map(str, files))), "paths": lua(paths)})
        whole = max(1, round(seconds))
        command = ["wrk", "-t1", f"-c{connections}", f"-d{whole}s", "--timeout", "10s", "-s", str(script), server.url]
        before = server.cpu_seconds
        done = subprocess.run(pinned(command, core), capture_output=True, text=True, timeout=60 + 2 * whole)
        spent = server.cpu_seconds - before
    figures = next((line.split()[1:] for line in done.stdout.splitlines() if line.startswith("figures ")), None)
    if figures is None or figures[0] == "0" or figures[4] != "0":
        raise RuntimeError(f"wrk met errors: {(done.stderr + done.stdout).strip()[-500:]}")
    requests, microseconds, p50, p99, _ = map(float, figures)
    return Load(requests / microseconds * 1e6, p50, p99, spent / requests * 1e6)


@contextmanager
def lamd_server(program: str, *settings: str, core: Optional[int] = SERVER_CORE) -> Iterator[Server]:
    """A daemon with a state folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        with started(program, Path(folder), "--log-level", "info", *settings, core=core) as server:
            yield server


@contextmanager
def peer_server(name: str, *arguments: str, core: Optional[int] = SERVER_CORE) -> Iterator[Server]:
    """A peer's server, servers/NAME.py, on a free port: it is handed the socket."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        number = listening.fileno()
        command = [sys.executable, str(SERVERS / f"{name}.py"), str(number), *arguments]
        with running(command, listening.getsockname()[1], core, [number]) as server:
            yield server


@contextmanager
def limit_server(lamd_bench: str, reply: bytes) -> Iterator[Server]:
    """The server in C on libmicrohttpd that lamd-bench has: it answers every request with the same bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with running([f"{lamd_bench}-limit", str(port), reply.decode()], port, SERVER_CORE) as server:
        yield server


@contextmanager
def running(command: list[str], port: int, core: Optional[int], handed: Sequence[int] = ()) -> Iterator[Server]:
    """A server that answers on a port, as soon as it does; it is handed open descriptors."""
    with tempfile.TemporaryFile("w+") as said:
        with subprocess.Popen(pinned(command, core), pass_fds=handed, stdout=said, stderr=said) as process:
            server = Server(f"http://127.0.0.1:{port}", process.pid)
            try:
                wait_until_ready(server, process, said)
                yield server
            finally:
                end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Asks a process to end, and has it ended where it does not."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()


def wait_until_ready(server: Server, process: subprocess.Popen[bytes], said: Any, seconds: float = 60) -> None:
    """The port takes connections before the server does: waits for an answer, of whatever kind."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(server.url, timeout=1).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    said.seek(0)
    raise RuntimeError(f"it did not start: {said.read().strip()[-500:]}")


def post(server: Server, path: str, body: Any) -> Any:
    """One request by JSON, on a connection of its own."""
    return json.loads(posted(server, path, json.dumps(body).encode()))


def posted(server: Server, path: str, body: bytes) -> bytes:
    """The bytes that answer such a request."""
    request = urllib.request.Request(server.url + path, body, JSON_HEADERS)
    with urllib.request.urlopen(request, timeout=60) as reply:
        found: bytes = reply.read()
        return found
