"""CartPole's step over HTTP: lamd, FastAPI, Flask and OpenEnv, each on one core, the load on the other."""

from __future__ import annotations

import argparse
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Optional, Union

from harness import Server, pinned

from .load import LOAD_CORE, Load, lamd_server, limit_server, peer_server, post, posted, wrk
from .rounds import Failures, median, ratio, rounds, verdict

CONNECTIONS = 64
BODY = b'{"action":1}'
# Each peer's script, and what it is told.
PEERS = {
    "FastAPI + uvicorn": ["fastapi_env", "plain"],
    "FastAPI + uvicorn[standard]": ["fastapi_env"],
    "Flask + werkzeug": ["flask_env"],
}
LIMIT = "libmicrohttpd in C"
ASKED = {"FastAPI + uvicorn": 20.0, "FastAPI + uvicorn[standard]": 20.0, "Flask + werkzeug": 70.0}

NOTE = """\
CartPole-v1, episodes begun anew in the step after their end. Server and client have a core each; lamd has one network
thread. All take turns; medians of {runs} runs of {seconds:g} s, ratios are medians of those of the rounds. By wrk as
many sessions as connections. The server in C answers constant bytes: no server on libmicrohttpd is faster. FastAPI:
coroutines, answers written by pydantic; uvicorn alone is on asyncio and h11, uvicorn[standard] on uvloop and
httptools, as OpenEnv is here. Flask: gym-http-api's routes on werkzeug's threaded server, which ends each connection
after its reply. OpenEnv's own client steps over WebSockets alone; over HTTP each of its steps makes an environment of
its own. The client in Python takes most of the time where it steps lamd. Processor time is the server's, for a
request.{failures}"""

Way = Callable[[], Union[Load, float]]


def tables(given: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    failures = Failures()
    with ExitStack() as stack:
        server = stack.enter_context(lamd_server(given.lamd, "--threads", "1"))
        paths = sessions(server, "next_step")
        limit = stack.enter_context(limit_server(given.lamd_bench, posted(server, paths[0], BODY)))
        ways: dict[str, Way] = {
            "lamd": by_wrk(server, paths, given.seconds),
            "lamd, Python client": by_client(server, given.seconds),
            LIMIT: by_wrk(limit, paths, given.seconds),
        }
        for name, script in PEERS.items():
            try:
                peer = stack.enter_context(peer_server(*script))
                ways[name] = by_wrk(peer, sessions(peer), given.seconds)
            except Exception as error:
                failures.add(name, error)
        try:
            peer = stack.enter_context(peer_server("openenv_env"))
            ways["OpenEnv, HTTP"] = by_wrk(peer, ["/step"], given.seconds, b'{"action":{"action":1}}')
            for count in (1, 8):
                ways[f"OpenEnv, WebSocket, {count}"] = by_websocket(peer, count, given.seconds)
        except Exception as error:
            failures.add("OpenEnv", error)
        found = rounds(ways, given.runs, failures)
    return [described(found, given, failures)], {name: list(map(plain, own)) for name, own in found.items()}


def sessions(server: Server, autoreset: Optional[str] = None) -> list[str]:
    """The paths of one session's step for each connection."""
    paths = []
    for seed in range(CONNECTIONS):
        wanted = {"env_id": "CartPole-v1", **({"autoreset_mode": autoreset, "seed": seed} if autoreset else {})}
        path = f"/v1/envs/{post(server, '/v1/envs/', wanted)['instance_id']}"
        post(server, f"{path}/reset/", {})
        paths.append(f"{path}/step/")
    return paths


def by_wrk(server: Server, paths: list[str], seconds: float, body: bytes = BODY) -> Way:
    return lambda: wrk(server, paths, [body], CONNECTIONS, seconds)


def by_client(server: Server, seconds: float) -> Way:
    """One environment of lamd's Python client, from the core of the load."""
    command = [sys.executable, str(Path(__file__).with_name("lamd_client.py")), server.url, str(seconds)]
    return lambda: printed(command)


def by_websocket(server: Server, count: int, seconds: float) -> Way:
    """OpenEnv's own client, from the core of the load."""
    script = str(Path(__file__).with_name("openenv_client.py"))
    return lambda: printed([sys.executable, script, server.url, str(count), str(seconds)])


def printed(command: list[str]) -> float:
    done = subprocess.run(pinned(command, LOAD_CORE), capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-500:])
    return float(done.stdout)


def plain(one: Union[Load, float]) -> Any:
    return one._asdict() if isinstance(one, Load) else one


def ratios(ours: list[Load], theirs: list[Load]) -> list[Optional[float]]:
    """How many times lamd's rate is theirs, and their processor time lamd's."""
    return [
        ratio([one.rate for one in ours], [one.rate for one in theirs]),
        ratio([one.cpu for one in theirs], [one.cpu for one in ours]),
    ]


def described(found: dict[str, list[Any]], given: argparse.Namespace, failures: Failures) -> dict[str, Any]:
    rows: list[list[Any]] = []
    for name, own in found.items():
        server, _, rest = name.partition(", ")
        if isinstance(own[0], Load):
            figures = [median([getattr(one, field) for one in own]) for field in Load._fields]
            beside = [None if name == "lamd" else figure for figure in ratios(found["lamd"], own)]
            rows.append([server, f"wrk{', ' + rest if rest else ''}", CONNECTIONS, *figures, *beside])
            asked = verdict(beside[0], ASKED.get(name))
        else:
            count = rest.rpartition(", ")[2] if server == "OpenEnv" else "1"
            client = "its own, WebSocket" if server == "OpenEnv" else "its own, HTTP"
            rows.append([server, client, int(count), median(own), None, None, None, None, None])
            asked = verdict(None, None)
        rows[-1].append(asked)
    numbers = {"connections": 0, "steps/s": 0, "p50 µs": 0, "p99 µs": 0, "CPU µs/step": 1}
    numbers |= {"steps/s, lamd / it": 1, "CPU, it / lamd": 1}
    return {
        "name": "speed-step",
        "title": "HTTP step: lamd beside other servers",
        "columns": [
            *({"title": title} for title in ("server", "client")),
            *({"title": title, "digits": digits} for title, digits in numbers.items()),
            {"title": "asked"},
        ],
        "rows": rows,
        "note": NOTE.format(runs=given.runs, seconds=given.seconds, failures=failures.said()).replace("\n", " "),
    }
