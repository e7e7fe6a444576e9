"""A network that loses replies after the daemon has done what was asked: what is sent again has no second effect."""

import random
import socket
import threading
from urllib.parse import urlsplit

import pytest

import lamd

REQUESTS = 1000


class Lossy:
    """Hands requests on and loses every second reply: it cuts the connection when the daemon has answered."""

    def __init__(self, url):
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self._random = random.Random(7)
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(connection,), daemon=True).start()

    def _carry(self, connection):
        with connection, socket.create_connection(self._target) as daemon:
            while request := message(connection):
                daemon.sendall(request)
                reply = message(daemon)
                if self._random.random() < 0.5:
                    self.lost += 1
                    return
                connection.sendall(reply)

    def close(self):
        self._server.close()


def message(connection):
    """One message of HTTP with a length; nothing at the end of the connection."""
    text = b""
    while b"\r\n\r\n" not in text:
        try:
            piece = connection.recv(65536)
        except OSError:
            return b""
        if not piece:
            return b""
        text += piece
    head, _, body = text.partition(b"\r\n\r\n")
    fields = [line.partition(b":") for line in head.split(b"\r\n")]
    length = next((int(value) for name, _, value in fields if name.lower() == b"content-length"), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def lossy(new_daemon):
    daemon = new_daemon().start()
    proxy = Lossy(daemon.url)
    yield daemon, proxy
    proxy.close()


def test_each_effect_is_there_once(lossy, monkeypatch):
    daemon, proxy = lossy
    # Waits between attempts are for real networks.
    monkeypatch.setattr("lamd.transport.time.sleep", lambda seconds: None)
    client = lamd.Client(proxy.url, retries=30)
    direct = daemon.client()
    instance = client.create_env("CartPole-v1", num_envs=2, seed=1)["instance_id"]
    client.reset(instance)
    episode = {
        "observations": [[0.0] * 4] * 2,
        "actions": [0],
        "rewards": [1.0],
        "terminations": [True],
        "truncations": [False],
    }
    shown = client.create_demonstrations([episode], env_id="CartPole-v1", name="shown")["demonstration_id"]
    done = {"agents": 0, "resets": 0, "episodes": 1, "instances": 1}
    kinds = ["agents", "resets", "episodes", "instances"]
    for number in range(REQUESTS):
        kind = kinds[number % len(kinds)]
        done[kind] += 1
        if kind == "agents":
            client.create_agent("CartPole-v1", name=f"{number}", hyperparameters={"hidden_sizes": [4]})
        elif kind == "resets":
            client.reset(instance, seed=number)
        elif kind == "episodes":
            client.add_episodes(shown, [episode])
        else:
            client.create_env("CartPole-v1")
    assert proxy.lost > REQUESTS / 3
    assert len(direct.list_agents(limit=1000)["items"]) == done["agents"]
    assert direct.get_demonstrations(shown)["num_episodes"] == done["episodes"]
    assert len(direct.list_envs()["envs"]) == done["instances"]
    assert direct.get_env(instance)["seed"] == REQUESTS - 3
