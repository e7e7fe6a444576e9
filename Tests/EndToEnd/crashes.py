"""Load on a daemon that is killed again and again, with a book of everything that was acknowledged."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from typing import Any, Optional

import numpy as np
from daemon import Daemon

import lamd
from lamd import safetensors


class Load:
    """Something that a client does over and over. What a reply acknowledged is noted before the next request."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.acknowledged = 0

    def begin(self, client: lamd.Client) -> None:
        """Done once, before the first kill."""

    def go(self, client: lamd.Client) -> None:
        """One round."""

    def check(self, client: lamd.Client) -> None:
        """Compares the daemon with the book, after a restart."""


class Steps(Load):
    """A durable instance: reset and stepped, compared with one of the new daemon that does the same."""

    def begin(self, client: lamd.Client) -> None:
        self.instance = client.create_env("CartPole-v1", durable=True)["instance_id"]
        self.seed, self.actions, self.replies = 0, [], []
        self.pending: Optional[int] = None
        self.is_resetting = False
        self.needs_reset = True

    def go(self, client: lamd.Client) -> None:
        if self.needs_reset:
            self.is_resetting = True
            client.reset(self.instance, seed=self.seed + 1)
            self.acknowledge_reset()
            return
        action = self.random.randrange(2)
        self.pending = action
        self.acknowledge(client.step(self.instance, action, step=len(self.actions)))

    def acknowledge_reset(self) -> None:
        self.seed += 1
        self.actions, self.replies = [], []
        self.is_resetting = self.needs_reset = False
        self.acknowledged += 1

    def acknowledge(self, reply: dict[str, Any]) -> None:
        assert self.pending is not None
        self.actions.append(self.pending)
        self.replies.append(reply)
        self.pending = None
        self.needs_reset = reply["done"]
        self.acknowledged += 1

    def check(self, client: lamd.Client) -> None:
        found = client.get_env(self.instance)
        assert found["durable"]
        count = len(self.actions)
        if self.is_resetting:
            # It was not answered: done or not, both are right.
            if found["seed"] == self.seed + 1:
                assert found["step"] == 0
                self.acknowledge_reset()
            else:
                assert found["step"] == count and found["seed"] in (self.seed or None, self.seed)
                self.is_resetting = False
        elif self.pending is not None:
            assert found["step"] in (count, count + 1)
            # A retry, whichever it was.
            self.acknowledge(client.step(self.instance, self.pending, step=count))
        else:
            assert found["step"] == count, (found["step"], count)
        if not self.actions:
            return
        latest = client.step(self.instance, self.actions[-1], step=len(self.actions) - 1)
        assert latest == self.replies[-1]
        twin = client.create_env("CartPole-v1")["instance_id"]
        client.reset(twin, seed=self.seed)
        assert [client.step(twin, action) for action in self.actions] == self.replies
        client.delete_env(twin)


class Policies(Load):
    """Policy files, uploaded one after the other."""

    def begin(self, client: lamd.Client) -> None:
        self.agent = client.create_agent("CartPole-v1", seed=1, hyperparameters={"hidden_sizes": [16]})["agent_id"]
        self.tensors = safetensors.load(client.get_policy(self.agent))
        self.name = next(name for name, tensor in self.tensors.items() if tensor.dtype == np.float32)
        self.versions: dict[int, str] = {}
        self.latest = 0

    @staticmethod
    def digest(tensor: np.ndarray) -> str:
        return hashlib.sha256(np.ascontiguousarray(tensor).tobytes()).hexdigest()

    def go(self, client: lamd.Client) -> None:
        weights = np.full_like(self.tensors[self.name], self.random.random())
        content = safetensors.dump({**self.tensors, self.name: weights})
        version = client.put_policy(self.agent, content)["version"]
        assert version > self.latest, "a number was given twice"
        self.versions[version] = self.digest(weights)
        self.latest = version
        self.acknowledged += 1

    def check(self, client: lamd.Client) -> None:
        there = {item["version"] for item in client.list_versions(self.agent, limit=1000)["items"]}
        # The newest thousand are kept.
        self.versions = {number: digest for number, digest in self.versions.items() if number > max(there) - 990}
        assert set(self.versions) <= there
        assert client.get_agent(self.agent)["policy_version"] >= self.latest
        for version in sorted(self.versions)[-3:] + self.random.sample(sorted(self.versions), min(3, len(self.versions))):
            tensors = safetensors.load(client.get_policy(self.agent, version=version))
            assert self.digest(tensors[self.name]) == self.versions[version]
        self.latest = max(there)


class Episodes(Load):
    """Demonstrations, added one by one; each says its number."""

    def begin(self, client: lamd.Client) -> None:
        made = client.create_demonstrations([self.episode(0)], env_id="FrozenLake-v1", name=f"shown {id(self)}")
        self.set = made["demonstration_id"]
        self.sure, self.unsure = {0}, set()
        self.number = 0

    @staticmethod
    def episode(number: int) -> dict[str, Any]:
        return {
            "observations": [0, 4],
            "actions": [1],
            "rewards": [float(number)],
            "terminations": [True],
            "truncations": [False],
        }

    def go(self, client: lamd.Client) -> None:
        self.number += 1
        self.unsure.add(self.number)
        client.add_episodes(self.set, [self.episode(self.number)])
        self.unsure.discard(self.number)
        self.sure.add(self.number)
        self.acknowledged += 1

    def check(self, client: lamd.Client) -> None:
        lines = client.get_demonstration_file(self.set, format="ndjson").decode().splitlines()
        there = [int(json.loads(line)["rewards"][0]) for line in lines]
        assert len(there) == len(set(there)), "an episode is there twice"
        assert self.sure <= set(there), sorted(self.sure - set(there))
        assert set(there) <= self.sure | self.unsure
        assert client.get_demonstrations(self.set)["num_episodes"] == len(there)


class Agents(Load):
    """Agents, made and deleted."""

    def begin(self, client: lamd.Client) -> None:
        self.alive: set[str] = set()
        self.dead: set[str] = set()
        self.doubtful: set[str] = set()

    def go(self, client: lamd.Client) -> None:
        if len(self.alive) > 3:
            agent = self.alive.pop()
            self.doubtful.add(agent)
            client.delete_agent(agent)
            self.doubtful.discard(agent)
            self.dead.add(agent)
        else:
            made = client.create_agent("FrozenLake-v1", hyperparameters={"hidden_sizes": [8]}, name="made")
            self.alive.add(made["agent_id"])
        self.acknowledged += 1

    def check(self, client: lamd.Client) -> None:
        there = {item["agent_id"] for item in client.list_agents(limit=1000)["items"]}
        assert self.alive <= there and not self.dead & there
        for agent in self.alive:
            client.act(agent, observation=0)


class Training(Load):
    """A job that writes a checkpoint every few moments; what it announced stays true."""

    TRAIN = {"steps": 200_000, "evaluate": {"every_steps": 400, "num_episodes": 2}}

    def begin(self, client: lamd.Client) -> None:
        self.agent = client.create_agent("CartPole-v1", seed=1, hyperparameters={"hidden_sizes": [16]})["agent_id"]
        self.start(client)

    def start(self, client: lamd.Client) -> None:
        self.job: Optional[str] = None
        self.announced: list[Any] = []
        self.job = client.train(self.agent, **self.TRAIN)["job_id"]

    def go(self, client: lamd.Client) -> None:
        if self.job is None:
            busy = client.get_agent(self.agent)["job_id"]
            if busy is None:
                return self.start(client)
            self.job = busy
        last = self.announced[-1].id if self.announced else None
        for event in client.stream_job(self.job, last_event_id=last):
            if event.event == "checkpoint":
                self.announced.append(event)
                self.acknowledged += 1
            if event.event == "done":
                assert event.data["state"] == "succeeded", event.data
                self.job = None
                self.announced = []
                return

    def check(self, client: lamd.Client) -> None:
        if self.job is None:
            return
        found = client.get_job(self.job)
        assert found["state"] in ("queued", "running", "succeeded"), found
        if self.announced:
            latest = self.announced[-1]
            assert next(client.stream_job(self.job, last_event_id=latest.id - 1)) == latest
            assert found["metrics"]["steps"] >= latest.data["steps"] or found["state"] == "queued"
        served = client.get_agent(self.agent)["policy_version"]
        assert served in [item["version"] for item in client.list_versions(self.agent, limit=1000)["items"]]


class Book:
    """All loads side by side, on a daemon that is killed."""

    def __init__(self, daemon: Daemon, seed: int) -> None:
        self.daemon = daemon
        self.random = random.Random(seed)
        self.loads = [Steps(1), Steps(2), Policies(3), Episodes(4), Agents(5), Training(6)]
        self.ready: list[float] = []
        client = daemon.client(retries=0)
        for load in self.loads:
            load.begin(client)

    def kill(self, seconds: float) -> None:
        """Lets the load run for so long, kills the daemon, starts it again and checks the book."""
        stopped = threading.Event()
        faults: list[BaseException] = []
        threads = [
            threading.Thread(target=self.run, args=(load, stopped, faults), daemon=True) for load in self.loads
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        stopped.set()
        self.daemon.kill()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        assert not faults, faults
        self.restart()
        client = self.daemon.client(retries=0)
        for load in self.loads:
            load.check(client)

    def run(self, load: Load, stopped: threading.Event, faults: list[BaseException]) -> None:
        client = self.daemon.client(retries=0)
        try:
            while True:
                load.go(client)
        except (ConnectionError, OSError, EOFError):
            if not stopped.is_set():
                faults.append(AssertionError(f"{type(load).__name__} lost its daemon before it was killed"))
        except BaseException as error:  # Every other one is a finding.
            faults.append(error)

    def restart(self) -> None:
        begin = time.monotonic()
        self.daemon.start()
        client = self.daemon.client()
        while True:
            try:
                client.readyz()
                break
            except lamd.Problem:
                time.sleep(0.005)
        self.ready.append(time.monotonic() - begin)

    def percentile(self, share: float) -> float:
        return sorted(self.ready)[min(int(share * len(self.ready)), len(self.ready) - 1)]

