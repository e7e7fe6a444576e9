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
from typing import Any, Optional


@contextmanager
def daemon(program: str, folder: Path, *settings: str) -> Iterator[str]:
    """Starts a daemon on a free port, and gives its URL."""
    command = [program, "serve", "--listen", "127.0.0.1:0", "--state", str(folder / "state"), *settings]
    log = folder / "lamd.log"
    with log.open("w") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        try:
            found = None
            while found is None and process.poll() is None:
                time.sleep(0.05)
                found = re.search(r"listening on (http://\S+)", log.read_text())
            if found is None:
                sys.exit(f"the daemon did not start:\n{log.read_text()}")
            yield found[1]
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


def publish(report: dict[str, Any], file: Optional[Path]) -> None:
    """Prints the tables of a report, and writes it to a file where one is named."""
    for table in report["tables"]:
        rows = [[column["title"] for column in table["columns"]]]
        rows += [[item if isinstance(item, str) else f"{item:.2f}" for item in row] for row in table["rows"]]
        widths = [max(map(len, column)) for column in zip(*rows)]
        for row in rows:
            print("  ".join(item.ljust(width) for item, width in zip(row, widths)).rstrip())
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(report, sort_keys=True) + "\n")
