"""A thousand reloads under load: each is told of, and no request fails."""

import http.client
import json
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

END_TO_END = Path(__file__).parents[1] / "EndToEnd"
sys.path[:0] = [str(END_TO_END), str(END_TO_END / "operate")]

from process import Process, ServiceManager  # noqa: E402

RELOADS = 1000
#: By turns: other limits, requests in the log, and what is wrong.
FILES = [
    "max_sessions: 100\nbody_limit: 64KiB\nmax_connections: 64\n",
    "log_level: debug\nbody_limit: 2MiB\n",
    "log_level: loud\n",
    "max_sessions: 200\nthreads: 3\ndrain_seconds: 5\n",
]


@pytest.fixture
def manager(tmp_path):
    return ServiceManager(tmp_path / "notify")


@pytest.fixture
def daemon(tmp_path, manager):
    """One that reads its settings from a file."""
    (tmp_path / "lamd.yaml").write_text("")
    arguments = ["serve", "--listen", "127.0.0.1:0", "--state", tmp_path / "state", "--config", tmp_path / "lamd.yaml"]
    running = Process(arguments, tmp_path / "lamd.log", {"NOTIFY_SOCKET": manager.path})
    yield running
    running.process.kill()
    running.process.communicate()


class Stepper(threading.Thread):
    """Steps an environment without pause, on connections that last for some requests."""

    def __init__(self, url, ended):
        super().__init__()
        address = urlsplit(url)
        self.address = address.hostname, address.port
        self.ended = ended
        self.found = Counter()

    def run(self):
        path = self.make()
        while not self.ended.is_set():
            connection = http.client.HTTPConnection(*self.address, timeout=30)
            try:
                self.found[self.post(connection, path + "reset/", {})[0]] += 1
                for _ in range(150):
                    self.found[self.post(connection, path + "step/", {"action": [0.5]})[0]] += 1
            except (OSError, http.client.HTTPException) as lost:
                self.found[repr(lost)] += 1
            finally:
                connection.close()

    def make(self):
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        status, made = self.post(connection, "/v1/envs/", {"env_id": "Pendulum-v1"})
        connection.close()
        assert status == 200, made
        return f"/v1/envs/{json.loads(made)['instance_id']}/"

    @staticmethod
    def post(connection, path, body):
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read()


def test_no_request_fails_for_a_reload(daemon, manager, tmp_path, measured):
    manager.await_message("READY=1")
    ended = threading.Event()
    steppers = [Stepper(daemon.url, ended) for _ in range(4)]
    for stepper in steppers:
        stepper.start()
    refused = 0
    try:
        for number in range(RELOADS):
            (tmp_path / "next.yaml").write_text(FILES[number % len(FILES)])
            (tmp_path / "next.yaml").rename(tmp_path / "lamd.yaml")
            daemon.process.send_signal(signal.SIGHUP)
            assert "RELOADING=1\nMONOTONIC_USEC=" in manager.await_message("RELOADING=1")
            time.sleep(0.005)
            refused += "stay as they were" in manager.await_message("READY=1")
    finally:
        ended.set()
        for stepper in steppers:
            stepper.join()
    found = sum((stepper.found for stepper in steppers), Counter())
    measured(f"{RELOADS} reloads, {refused} of them refused; {dict(found)}")
    assert refused == RELOADS // len(FILES)
    assert set(found) == {200}
    assert found[200] > RELOADS
    assert daemon.stop(signal.SIGTERM) == 0
