import subprocess

import pytest
from daemon import BINARY
from process import PLAIN, Process, ServiceManager


@pytest.fixture
def run():
    """Runs `lamd` to its end."""

    def run(*arguments, **environment):
        command = [str(BINARY), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**PLAIN, **environment})

    return run


@pytest.fixture
def start(tmp_path):
    """Starts `lamd`, which is killed at the test's end."""
    started = []

    def start(*arguments, environment=None, **keywords):
        log = tmp_path / f"lamd-{len(started)}.log"
        started.append(Process(arguments, log, environment or {}, **keywords))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


@pytest.fixture
def serve(start, tmp_path):
    """Starts `lamd serve` on a free port with a state folder of its own."""

    def serve(*arguments, **keywords):
        return start("serve", "--listen", "127.0.0.1:0", "--state", tmp_path / "state", *arguments, **keywords)

    return serve


@pytest.fixture
def service_manager(tmp_path):
    """Hears what a service tells systemd."""
    return ServiceManager(tmp_path / "notify")
