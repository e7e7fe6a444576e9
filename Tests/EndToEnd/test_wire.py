"""Every case of `wire_cases`, cut in two at every byte: the same replies each time, and not one request more."""

import asyncio
import re

import pytest
from daemon import Daemon
from processes import until
from wire import replay_all
from wire_cases import CASES

CUTS = [(case, cut) for case in CASES for cut in range(1, len(case.sent) + 1)]


@pytest.fixture
def target(tmp_path):
    running = Daemon(tmp_path / "lamd").start()
    yield running
    assert running.stop() == 0


#: Counted for an operation whose handler did not run: the body was broken off, or too large.
UNHANDLED = {"0", "413"}


def handled(daemon):
    """How many requests were handled, by what the daemon counts itself, but for those who ask that."""
    text = daemon.request("GET", "/metrics").body.decode()
    counts = re.findall(r'http_server_requests_total\{operation="(\w+)",status="(\d+)"\} (\d+)', text)
    nobodys = {"none", "metrics"}
    return sum(int(count) for name, status, count in counts if name not in nobodys and status not in UNHANDLED)


def test_the_table_is_large_enough():
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_cut_comes_to_the_same(target):
    instance = target.client().create_env("CartPole-v1")["instance_id"]
    wrong = asyncio.run(replay_all(target.url, instance, CUTS, at_once=128, pause=0.004))
    assert not wrong, f"{len(wrong)} of {len(CUTS)}:\n" + "\n".join(wrong[:40])
    # The making of the instance, too, may be counted after its reply, as every request is.
    served = 1 + sum(case.served + (not case.closes) for case, _ in CUTS)
    until(lambda: handled(target) >= served)
    assert handled(target) == served
