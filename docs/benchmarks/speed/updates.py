"""Updates/s of the learner: lamd beside JAX, PyTorch, stable-baselines3 and sbx, one after the other on one core."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from harness import pinned

from .load import SERVER_CORE
from .rounds import Failures, median, ratio

SHAPES = [(hidden, batch) for hidden in (64, 256) for batch in (32, 64, 256)]
BARE, REPLAY = "lamd bare", "lamd from replay"
# Each peer's title, and with which figure of lamd's it is compared.
PEERS = {
    "JAX, scan of 100": BARE,
    "JAX, a step": BARE,
    "PyTorch": BARE,
    "PyTorch compiled": BARE,
    "SB3": REPLAY,
    "sbx": REPLAY,
}

NOTE = """\
Updates/s of deep Q-learning: 4 numbers in, 2 actions, two hidden layers, Adam, all on the same core, in turn, by the
core's time; medians of {runs} runs, ratios are medians of those of the rounds. Bare, JAX and PyTorch: forward through
the target and the learned network (double Q), Huber, backward, clipping, Adam, on batches that were drawn beforehand.
From replay: all that an update of lamd's agent does. SB3 and sbx: `DQN.train` with 100 gradient steps a call, from a
replay of 20,000 transitions, likewise, but without double Q. Lamd bare is compared with JAX and PyTorch, lamd from
replay with SB3 and sbx.{failures}"""


class Shape(NamedTuple):
    hidden: int
    batch: int

    def __str__(self) -> str:
        return f"{self.hidden}×{self.hidden} {self.batch}"


def tables(given: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    failures = Failures()
    shapes = [Shape(*shape) for shape in SHAPES]
    found: dict[Shape, dict[str, list[float]]] = {shape: {} for shape in shapes}
    with ExitStack() as stack:
        asks: dict[str, Callable[[Shape], float]] = {}
        for name in PEERS:
            try:
                asks[name] = stack.enter_context(worker(name, min(given.seconds, 1)))
            except Exception as error:
                failures.add(name, error)
        for turn in range(given.runs):
            print(f" round {turn + 1} of {given.runs}", file=sys.stderr, flush=True)
            try:
                for shape, figures in ours(given.lamd_bench).items():
                    for name, rate in figures.items():
                        found[shape].setdefault(name, []).append(rate)
            except Exception as error:
                failures.add("lamd", error)
            for name, ask in asks.items():
                measure(name, ask, found, failures)
    columns = [BARE, REPLAY, *PEERS]
    return [
        {
            "name": "speed-updates",
            "title": "Learner: updates/s beside other libraries, one core",
            "columns": [
                *({"title": title} for title in ("hidden", "batch")),
                *({"title": title, "digits": 0} for title in columns),
                *({"title": f"lamd / {name}", "digits": 2} for name in PEERS),
            ],
            "rows": [row(shape, found[shape], columns) for shape in shapes],
            "note": NOTE.format(runs=given.runs, failures=failures.said()).replace("\n", " "),
        }
    ], {str(shape): own for shape, own in found.items()}


def row(shape: Shape, found: dict[str, list[float]], columns: list[str]) -> list[Any]:
    figures = [median(found.get(name)) for name in columns]
    beside = [ratio(found.get(own), found.get(name)) for name, own in PEERS.items()]
    return [f"{shape.hidden}×{shape.hidden}", str(shape.batch), *figures, *beside]


def measure(
    name: str, ask: Callable[[Shape], float], found: dict[Shape, dict[str, list[float]]], failures: Failures
) -> None:
    if name in failures:
        return
    for shape, own in found.items():
        try:
            own.setdefault(name, []).append(ask(shape))
        except Exception as error:
            failures.add(name, error)
            return
    print(f"  {name}: {' '.join(f'{own[name][-1]:,.0f}' for own in found.values())}", file=sys.stderr, flush=True)


def ours(program: str) -> dict[Shape, dict[str, float]]:
    """One run of `lamd-bench learner`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "learner.json"
        command = pinned([program, "learner", "--runs", "1", "--json", str(file)], SERVER_CORE)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=300)
        table = next(one for one in json.loads(file.read_text())["tables"] if one["name"] == "learner")
    titles = [column["title"] for column in table["columns"]]
    rows = [dict(zip(titles, one)) for one in table["rows"]]
    bare = " ".join(f"{one['bare']:,.0f}" for one in rows)
    print(f"  {BARE}: {bare}", file=sys.stderr, flush=True)
    return {
        Shape(int(one["hidden"].split("×")[0]), int(one["batch"])): {BARE: one["bare"], REPLAY: one["from replay"]}
        for one in rows
    }


@contextmanager
def worker(name: str, seconds: float) -> Iterator[Callable[[Shape], float]]:
    """A process with a peer in it, which compiles once and then waits for its turns."""
    command = [sys.executable, str(Path(__file__).with_name("updates_peer.py")), name, str(seconds)]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            pinned(command, SERVER_CORE), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
        )
        with process:

            def ask(shape: Shape) -> float:
                assert process.stdin and process.stdout
                try:
                    process.stdin.write(f"{shape.hidden} {shape.batch}\n")
                    process.stdin.flush()
                    return float(process.stdout.readline())
                except (ValueError, BrokenPipeError):
                    said.seek(0)
                    raise RuntimeError(said.read().strip()[-300:]) from None

            try:
                yield ask
            finally:
                process.terminate()
