"""schemathesis against the contract, in a virtual environment of its own: see the Makefile."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "EndToEnd"))


def pytest_addoption(parser):
    parser.addoption("--seeds", type=int, default=1, help="how many seeds")
    parser.addoption("--cases", type=int, default=1000, help="how many cases in all, at least")
    parser.addoption("--examples", type=int, default=1, help="random cases of each operation and seed")


def pytest_sessionstart(session):
    from daemon import BINARY

    if not BINARY.exists():
        pytest.exit(f"there is no {BINARY}: `make release` builds it, or name another in $LAMD", returncode=4)
