"""What takes long: run by `make soak`, each part by itself, and with what it measured in the end."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "EndToEnd"))

from daemon import Daemon  # noqa: E402

MEASURED = []


@pytest.fixture
def serve(tmp_path):
    """Starts daemons of the test's own, which are killed at its end."""
    made = []

    def serve(*arguments):
        made.append(Daemon(tmp_path / f"lamd-{len(made)}", *arguments).start())
        return made[-1]

    yield serve
    for one in made:
        if one.is_running:
            one.kill()


@pytest.fixture
def measured(request):
    """Notes a figure for the summary."""
    return lambda text: MEASURED.append(f"{request.node.name}: {text}")


def pytest_terminal_summary(terminalreporter):
    for line in MEASURED:
        terminalreporter.write_line(line)
