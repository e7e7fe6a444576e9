import pytest
from daemon import BINARY, Daemon


def pytest_configure(config):
    config.addinivalue_line("filterwarnings", "ignore:.*CartPole-v0 is out of date:DeprecationWarning")


def pytest_sessionstart(session):
    if not BINARY.exists():
        pytest.exit(f"there is no {BINARY}: `make release` builds it, or name another in $LAMD", returncode=4)


@pytest.fixture(scope="session")
def daemon(tmp_path_factory):
    """One daemon for all tests that do not stop it."""
    running = Daemon(tmp_path_factory.mktemp("state") / "lamd").start()
    yield running
    assert running.is_running, running.log.read_text()
    assert running.stop() == 0


@pytest.fixture
def client(daemon):
    """A client of the shared daemon."""
    made = daemon.client()
    yield made
    made.close()


@pytest.fixture
def new_daemon(tmp_path):
    """Makes daemons of the test's own; they are killed at its end."""
    made = []

    def make(name="lamd", *arguments):
        made.append(Daemon(tmp_path / name, *arguments))
        return made[-1]

    yield make
    for one in made:
        if one.is_running:
            one.kill()
