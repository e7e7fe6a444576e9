"""Things that live in the daemon, so that requests that were made up are about something."""

from __future__ import annotations

import re
from typing import Any, Callable
from uuid import uuid4
from zlib import crc32

import lamd
from samples import EPISODE, FEATURES, SMALL

ID = re.compile("[0-9a-f]{8}")


def words(value: object) -> int:
    """A number that is the same whenever the same value is drawn."""
    return crc32(repr(value).encode("utf-8", "surrogatepass"))


class Living:
    """Some of each kind, made anew where one was deleted."""

    def __init__(self, client: lamd.Client) -> None:
        self.client = client
        self._makers: dict[str, list[Callable[[], Any]]] = {
            "instance_id": [
                lambda: client.create_env("CartPole-v1", seed=1),
                lambda: client.create_env("CartPole-v1", num_envs=2, autoreset_mode="same_step"),
                lambda: client.create_env("FrozenLake-v1"),
                lambda: client.create_env("Taxi-v4", record=f"taxi {uuid4()}"),
            ],
            "agent_id": [
                lambda: client.create_agent("CartPole-v1", hyperparameters=SMALL),
                lambda: client.create_agent("FrozenLake-v1", hyperparameters=SMALL),
                self._embedded,
                self._asking,
            ],
            "demonstration_id": [
                lambda: client.create_demonstrations([EPISODE], env_id="CartPole-v1", name=f"set {uuid4()}")
            ],
            "job_id": [self._job],
            "token_id": [lambda: client.create_token("of the tests", ["read"])],
        }
        self._ids: dict[tuple[str, int], str] = {}
        self._discrete: set[str] = set()
        # Ids that were ever given out: a request that has one is about that one, even if it is gone by now.
        self.given: set[str] = set()

    def id(self, kind: str, instead_of: object, path: str = "") -> str:
        """The id of a living thing, the same for the same word, and of such as the path is for."""
        makers = self._makers[kind]
        number = words(instead_of) % len(makers)
        if "/action_" in path and kind == "agent_id":
            number = makers.index(self._embedded)
        elif "/labels" in path:
            number = makers.index(self._asking)
        if (kind, number) not in self._ids:
            made = makers[number]()
            if kind == "instance_id":
                self.client.reset(made[kind])
            if kind == "agent_id" and made["observation_space"]["type"] == "Discrete":
                self._discrete.add(made[kind])
            self._ids[kind, number] = made[kind]
            self.given.add(made[kind])
        return self._ids[kind, number]

    def observation(self, agent: str) -> Any:
        """An observation that the agent takes."""
        return 0 if agent in self._discrete else [0.0] * 4

    def knows(self, kind: str) -> bool:
        return kind in self._makers

    def forget(self, id: str) -> None:
        """To be called when a thing was deleted."""
        self._ids = {place: known for place, known in self._ids.items() if known != id}

    def _embedded(self) -> Any:
        spaces = {"observation_space": {"type": "Discrete", "n": 3}, "action_space": {"type": "Discrete", "n": 2}}
        made = self.client.create_agent(**spaces, hyperparameters=SMALL, action_features=FEATURES)
        self.client.put_action_index(made["agent_id"])
        return made

    def _asking(self) -> Any:
        made = self.client.create_agent("CartPole-v1", hyperparameters=SMALL)
        labels = {"labels": {"round": 1, "pool": 1, "updates": 1}}
        phases = [{"phase": "aggregate", "expert": "client", "hyperparameters": labels, "steps": 1000}]
        self.client.train(made["agent_id"], phases=phases)
        return made

    def _job(self) -> Any:
        return self.client.train(self.id("agent_id", 0), steps=600, target_return=1e9, wait=True)
