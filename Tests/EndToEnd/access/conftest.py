import time

import pytest
from operations import World


@pytest.fixture(scope="session")
def guarded(tmp_path_factory):
    """A daemon that asks for tokens, with two tenants: A has one of everything, B has nothing."""
    from daemon import Daemon

    running = Daemon(tmp_path_factory.mktemp("guarded") / "lamd").start()
    world = World(running)
    # What expires has done so when the tests ask.
    time.sleep(0.2)
    yield world
    assert running.is_running, running.log.read_text()
    assert running.stop() == 0
