"""What the benchmarks in Python share: a daemon of their own, where they ran, tables as lamd-bench writes them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Optional


class Server(NamedTuple):
    """A server that was started, and the process that it is."""

    url: str
    pid: int

    @property
    def cpu_seconds(self) -> float:
        """What all its threads have spent so far, those that have ended included."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pinned(command: list[str], core: Optional[int]) -> list[str]:
    """A command that runs on one core; None: on any."""
    return command if core is None else ["taskset", "-c", str(core), *command]


@contextmanager
def daemon(program: str, folder: Path, *settings: str) -> Iterator[str]:
    """Starts a daemon on a free port, and gives its URL."""
    with started(program, folder, *settings) as server:
        yield server.url


@contextmanager
def started(program: str, folder: Path, *settings: str, core: Optional[int] = None) -> Iterator[Server]:
    """Starts a daemon on a free port, on one core where one is named."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [program, "serve", "--listen", "127.0.0.1:0", "--state", str(folder / "state"), *settings]
    command = pinned(command, core)
    log = folder / "lamd.log"
    with log.open("w") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        try:
            found = None
            while found is None and process.poll() is None:
                time.sleep(0.05)
                found = re.search(r"listening on (http://\S+)", log.read_text())
            if found is None:
                sys.exit(f"the daemon did not start:\n{log.read_text()}")
            yield Server(found[1], process.pid)
        finally:
            process.terminate()


def machine() -> dict[str, Any]:
    """Where this ran, as lamd-bench says it."""
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    system = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    return {
        "processor": processor[1] if processor else "unknown",
        "system": system[1] if system else "unknown",
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
    }


def text(item: Any) -> str:
    return "–" if item is None else item if isinstance(item, str) else f"{item:.2f}"


def publish(report: dict[str, Any], file: Optional[Path]) -> None:
    """Prints the tables of a report, and writes it to a file where one is named."""
    for table in report["tables"]:
        rows = [[column["title"] for column in table["columns"]]]
        rows += [[text(item) for item in row] for row in table["rows"]]
        widths = [max(map(len, column)) for column in zip(*rows)]
        for row in rows:
            print("  ".join(item.ljust(width) for item, width in zip(row, widths)).rstrip())
    write(report, file)


def write(report: dict[str, Any], file: Optional[Path]) -> None:
    """Writes a report to a file where one is named."""
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(report, sort_keys=True) + "\n")
