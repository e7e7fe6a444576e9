"""Requests of all kinds by the million: prepared bytes, sent many at a time on one connection."""

from __future__ import annotations

import json
import multiprocessing
import socket
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Optional

import numpy as np
from lamd import safetensors

#: Of bodies: what is longer is refused.
BODY_LIMIT = 64 << 10
SMALL = {"hidden_sizes": [8], "replay_capacity": 1000, "learning_starts": 100}
EPISODE = {
    "observations": [[0.0] * 4] * 33,
    "actions": [0, 1] * 16,
    "rewards": [1.0] * 32,
    "terminations": [False] * 31 + [True],
    "truncations": [False] * 32,
}
SPACES = {
    "observation_space": {"type": "Box", "shape": [2], "low": -1, "high": 1},
    "action_space": {"type": "Discrete", "n": 3},
}


class Reply(NamedTuple):
    """One reply."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """What it says."""
        return json.loads(self.body)


class Pipe:
    """A connection on which many requests are under way at once, and answered in their order."""

    def __init__(self, where: tuple[str, int], token: str) -> None:
        self._socket = socket.create_connection(where, 60)
        self._head = f"HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        self._read = b""

    def request(
        self, method: str, path: str, body: Any = None, headers: Optional[Mapping[str, str]] = None
    ) -> bytes:
        """Prepares one: a body that is no bytes becomes JSON."""
        given = {"Content-Type": "application/json", **(headers or {})}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        return f"{method} {path} {self._head}{lines}Content-Length: {len(content)}\r\n\r\n".encode() + content

    def send(self, requests: Iterable[bytes]) -> list[Reply]:
        """Sends them all, and reads as many replies."""
        prepared = list(requests)
        self._socket.sendall(b"".join(prepared))
        return [self._reply() for _ in prepared]

    def ask(self, method: str, path: str, body: Any = None) -> Reply:
        """Sends one."""
        return self.send([self.request(method, path, body)])[0]

    def close(self) -> None:
        """Ends it."""
        self._socket.close()

    def _reply(self) -> Reply:
        end = self._find_end()
        head = self._read[:end].lower()
        place = head.find(b"\r\ncontent-length:")
        length = int(head[place + 17 : head.find(b"\r\n", place + 17)]) if place >= 0 else 0
        while len(self._read) < end + length:
            self._receive()
        reply = Reply(int(head[9:12]), self._read[end : end + length])
        self._read = self._read[end + length :]
        return reply

    def _find_end(self) -> int:
        while (place := self._read.find(b"\r\n\r\n")) < 0:
            self._receive()
        return place + 4

    def _receive(self) -> None:
        more = self._socket.recv(1 << 18)
        if not more:
            raise ConnectionError("the daemon closed the connection")
        self._read += more


class Round:
    """What one client does on one connection, again and again: some 3,000 requests."""

    def __init__(self, pipe: Pipe, agent: str, number: int) -> None:
        self._pipe = pipe
        self._agent = agent
        self._number = number
        self.counts: Counter[int] = Counter()

    def run(self) -> None:
        """All of it."""
        self._step()
        self._step_many()
        self._step_once_only()
        self._act()
        self._err()
        self._look()
        if self._number % 10 == 0:
            self._step_durable()
            self._train()
            self._demonstrate()
            self._observe()

    def _send(self, requests: Iterable[bytes], *expected: int) -> list[Reply]:
        replies = self._pipe.send(requests)
        self.counts.update(reply.status for reply in replies)
        for reply in replies:
            assert reply.status in expected, reply
        return replies

    def _ask(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        reply = self._send([self._pipe.request(method, path, body)], status)[0]
        return reply.json if reply.body else None

    def _instance(self, **options: Any) -> str:
        made = self._ask("POST", "/v1/envs/", {"env_id": "CartPole-v1", "autoreset_mode": "next_step", **options})
        path = f"/v1/envs/{made['instance_id']}/"
        self._ask("POST", path + "reset/", {"seed": self._number})
        return path

    def _step(self) -> None:
        path = self._instance()
        both = [self._pipe.request("POST", path + "step/", {"action": action}) for action in (0, 1)]
        for _ in range(30):
            self._send(both * 32, 200)
        self._ask("DELETE", path)

    def _step_many(self) -> None:
        path = self._instance(num_envs=8)
        kind = {"Content-Type": safetensors.MEDIA_TYPE, "Accept": safetensors.MEDIA_TYPE}
        tensors = self._pipe.request("POST", path + "step/", safetensors.dump({"action": np.ones(8, np.int64)}), kind)
        rollout = self._pipe.request("POST", path + "rollout", {"policy": "random", "steps": 8})
        for _ in range(6):
            self._send([tensors] * 32 + [rollout], 200)
        self._ask("DELETE", path)

    def _step_once_only(self) -> None:
        path = self._instance()
        for _ in range(24):
            keys = [{"Idempotency-Key": str(uuid.uuid4())} for _ in range(32)]
            requests = [self._pipe.request("POST", path + "step/", {"action": 1}, key) for key in keys]
            self._send(requests + requests[:4], 200)
        self._ask("DELETE", path)

    def _act(self) -> None:
        path = f"/v1/agents/{self._agent}/act/"
        one = self._pipe.request("POST", path, {"observation": [0.01, 0.02, 0.03, 0.04]})
        kind = {"Content-Type": safetensors.MEDIA_TYPE, "Accept": safetensors.MEDIA_TYPE}
        many = self._pipe.request("POST", path, safetensors.dump({"observations": np.full((8, 4), 0.1, np.float32)}), kind)
        for _ in range(8):
            self._send([one] * 56 + [many] * 8, 200)

    def _err(self) -> None:
        asked = self._pipe.request
        self._send([asked("POST", "/v1/envs/", {"env_id": "CartPole-v1", "no": 1})] * 8, 400)
        self._send([asked("POST", "/v1/envs/", b"[" * 1000)] * 8, 400)
        self._send([asked("GET", "/v1/jobs/00000000"), asked("GET", "/nowhere")] * 8, 404)
        self._send([asked("GET", "/v1/jobs/").replace(b"Bearer lamd", b"Bearer l")] * 8, 401)
        self._send([asked("POST", "/v1/envs/", b" " * (BODY_LIMIT + 1))], 413)

    def _look(self) -> None:
        paths = ["/v1/envs/", "/v1/agents/?limit=5", "/v1/jobs/?limit=5", "/v1/demonstrations/", "/readyz"]
        self._send([self._pipe.request("GET", path) for path in paths] * 4, 200)
        self._send([self._pipe.request("GET", path) for path in ("/metrics", "/v1/environments")], 200)

    def _step_durable(self) -> None:
        path = self._instance(durable=True)
        self._send([self._pipe.request("POST", path + "step/", {"action": 0})] * 16, 200)
        self._ask("DELETE", path)

    def _train(self) -> None:
        made = self._ask("POST", "/v1/agents/", {"env_id": "CartPole-v1", "hyperparameters": SMALL}, status=201)
        agent = f"/v1/agents/{made['agent_id']}"
        job = self._ask("POST", agent + "/train/", {"steps": 500, "target_return": 1e9}, status=202)["job_id"]
        while self._ask("GET", f"/v1/jobs/{job}")["state"] in ("queued", "running"):
            time.sleep(0.01)
        self._ask("GET", f"/v1/jobs/{job}/metrics")
        self._ask("DELETE", agent)

    def _demonstrate(self) -> None:
        body = {"name": str(uuid.uuid4()), "env_id": "CartPole-v1", "episodes": [EPISODE] * 4}
        made = "/v1/demonstrations/" + self._ask("POST", "/v1/demonstrations/", body, status=201)["demonstration_id"]
        self._send([self._pipe.request("GET", made + part) for part in ("", "/quality", "/file")], 200)
        self._ask("DELETE", made)

    def _observe(self) -> None:
        agent = "/v1/agents/" + self._ask("POST", "/v1/agents/", {**SPACES, "hyperparameters": SMALL}, status=201)["agent_id"]
        one = {"observation": [0.1, 0.2], "action": 1, "reward": 0.5, "next_observation": [0.2, 0.2], "terminated": False}
        self._send([self._pipe.request("POST", agent + "/observe/", {"transitions": [one] * 8})] * 16, 200)
        self._ask("DELETE", agent)


class Traffic:
    """Clients in processes of their own, which go on until so many requests were answered."""

    def __init__(self, where: tuple[str, int], token: str, agent: str, clients: int) -> None:
        self.answered = multiprocessing.Value("q", 0)
        self.counts: Counter[int] = Counter()
        self._queue: multiprocessing.Queue[Counter[int]] = multiprocessing.Queue()
        self._clients = [
            multiprocessing.Process(target=self._work, args=(where, token, agent), daemon=True) for _ in range(clients)
        ]
        self._goal = multiprocessing.Value("q", 0)

    def start(self, requests: int) -> None:
        """Begins."""
        self._goal.value = requests
        for client in self._clients:
            client.start()

    @property
    def is_working(self) -> bool:
        """Whether a client still works."""
        return any(client.is_alive() for client in self._clients)

    def finish(self) -> None:
        """Waits until all clients have ended, as they should."""
        for client in self._clients:
            client.join()
            assert client.exitcode == 0, "see what it printed"
            self.counts += self._queue.get(timeout=10)

    def _work(self, where: tuple[str, int], token: str, agent: str) -> None:
        found: Counter[int] = Counter()
        number = 0
        while self.answered.value < self._goal.value:
            pipe = Pipe(where, token)
            round = Round(pipe, agent, number)
            round.run()
            pipe.close()
            found += round.counts
            with self.answered.get_lock():
                self.answered.value += round.counts.total()
            number += 1
        self._queue.put(found)
