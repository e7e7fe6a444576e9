"""What /proc tells of the daemon and of what it started."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from daemon import Daemon


class Child(NamedTuple):
    """A process that has the daemon for a parent."""

    pid: int
    state: str
    command: str


def until(condition: Callable[[], object], seconds: float = 30) -> bool:
    """Waits for something to come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def pid(daemon: Daemon) -> int:
    assert daemon._process is not None
    return daemon._process.pid


def children(parent: int) -> list[Child]:
    """Those that live, and those that nobody has waited for."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, its_parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(its_parent) == parent:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                found.append(Child(int(folder.name), state, command))
        except OSError:
            continue
    return found


def workers(daemon: Daemon, word: str = "") -> list[int]:
    """The pids of those that live and have a word in their command line."""
    return [each.pid for each in children(pid(daemon)) if each.state != "Z" and word in each.command]


def is_alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def counts(daemon: Daemon) -> tuple[int, int]:
    """How many descriptors and threads the daemon has."""
    folder = Path(f"/proc/{pid(daemon)}")
    return len(os.listdir(folder / "fd")), len(os.listdir(folder / "task"))


def named(word: str) -> list[int]:
    """The pids of all processes that live and have a word in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            is_meant = word.encode() in (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if is_meant and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found
