"""Every operation of the API as a request that succeeds, for whoever may have it done."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any, NamedTuple, Optional

import lamd
from lamd import safetensors
from samples import EPISODE, FEATURES, SMALL

SCOPES = ["read", "drive", "train", "admin"]


class Ask(NamedTuple):
    """A request: what is in braces in the path is looked up among A's ids."""

    body: Any = None
    path: Optional[str] = None
    status: int = 200
    media_type: str = "application/json"


class World:
    """A daemon with tokens, and what tenant A owns in it."""

    def __init__(self, daemon: Any) -> None:
        self.daemon = daemon
        admin = daemon.client().create_token("operator", ["admin"])["token"]
        self.operator = lamd.Client(daemon.url, token=admin)
        self.tokens: dict[tuple[str, str], str] = {("default", "admin"): admin}
        for tenant in "ab":
            for scope in SCOPES:
                made = self.operator.create_token(f"{tenant} {scope}", [scope], tenant=tenant)
                self.tokens[tenant, scope] = made["token"]
            self.tokens[tenant, "none"] = ""
        self.expired = self.operator.create_token("old", SCOPES, tenant="a", ttl_s=0.1)["token"]
        self.owner = lamd.Client(daemon.url, token=self.tokens["a", "admin"])
        self._ids: dict[str, str] = {}
        self._numbers = itertools.count()
        self.operations = [
            (method.upper(), path, operation["operationId"], (operation["security"] or [{}])[0].get("bearer", [None])[0])
            for path, item in self.operator.openapi()["paths"].items()
            for method, operation in item.items()
            if method != "parameters"
        ]

    def make(self, kind: str) -> str:
        """The id of a new thing of tenant A."""
        owner = self.owner
        if kind == "instance_id":
            made = owner.create_env("CartPole-v1", seed=1)["instance_id"]
            owner.reset(made)
            return str(made)
        if kind == "agent_id":
            return str(owner.create_agent("CartPole-v1", hyperparameters=SMALL)["agent_id"])
        if kind == "demonstration_id":
            return str(owner.create_demonstrations([EPISODE], env_id="CartPole-v1", name=f"set {next(self._numbers)}")["demonstration_id"])
        if kind == "job_id":
            agent = self.make("agent_id")
            return str(owner.train(agent, steps=600, target_return=1e9, wait=True)["job_id"])
        assert kind == "token_id"
        return str(owner.create_token("a's own", ["read"])["token_id"])

    def labelled(self) -> str:
        """An agent that asks what to do in its first state."""
        agent = self.make("agent_id")
        hyperparameters = {"labels": {"round": 1, "pool": 1, "updates": 1}}
        phases = [{"phase": "aggregate", "expert": "client", "hyperparameters": hyperparameters, "steps": 10}]
        self.owner.train(agent, phases=phases)
        while not self.owner.get_labels(agent)["items"]:
            pass
        return agent

    def embedded(self) -> str:
        """An agent with features of its actions and an index over them."""
        spaces = {
            "observation_space": {"type": "Discrete", "n": 3},
            "action_space": {"type": "Discrete", "n": 2},
        }
        made = self.owner.create_agent(**spaces, hyperparameters=SMALL, action_features=FEATURES)["agent_id"]
        self.owner.put_action_index(made)
        return str(made)

    def guarded(self) -> str:
        """An agent that may not do everything."""
        made = self.make("agent_id")
        self.owner.put_guard(made, deny=[0])
        return made

    def policy(self) -> bytes:
        return bytes(self.owner.get_policy(self.make("agent_id")))

    def ask(self, name: str) -> Ask:
        """How an operation is asked for so that it succeeds; whoever adds an operation adds it here."""
        embedded = "/v1/agents/{embedded}/"
        asks = {
            "getEnvironment": Ask(path="/v1/environments/CartPole-v1"),
            "getHostedEnvironment": Ask(path="/v1/environments/nowhere/x", status=404),
            "getNamespacedEnvironment": Ask(path="/v1/environments/nowhere/x/y", status=404),
            "createEnv": Ask({"env_id": "CartPole-v1"}),
            "step": Ask({"action": 0}),
            "rollout": Ask({"steps": 2, "policy": "random"}),
            "restore": Ask({"snapshot": base64.b64encode(b"x").decode()}, status=400),
            "fork": Ask({}, status=201),
            "containsAction": Ask(path="/v1/envs/{instance_id}/action_space/contains/0"),
            "containsNothing": Ask(status=400),
            "containsObservation": Ask({"name": "Box"}),
            "startMonitor": Ask({"directory": "recorded"}),
            "createAgent": Ask({"env_id": "CartPole-v1", "hyperparameters": SMALL}, status=201),
            "act": Ask({"observation": [0, 0, 0, 0]}),
            "train": Ask({"steps": 1}, status=202),
            "observe": Ask({"transitions": []}, status=400),
            "getLabels": Ask(path="/v1/agents/{labelled}/labels"),
            "postLabels": Ask({"labels": [{"state_id": 0, "action": 0}]}, "/v1/agents/{labelled}/labels"),
            "evaluate": Ask({"num_episodes": 1}),
            "putPolicy": Ask(self.policy, media_type=safetensors.MEDIA_TYPE),
            "getActionFeatures": Ask(path=embedded + "action_features"),
            "putActionFeatures": Ask({"action_features": FEATURES}, embedded + "action_features"),
            "patchActionFeatures": Ask({"set": {"0": [1, 1]}}, embedded + "action_features", status=400),
            "getActionIndex": Ask(path=embedded + "action_index"),
            "putActionIndex": Ask({}, embedded + "action_index"),
            "deleteActionIndex": Ask(path=embedded + "action_index"),
            "getGuard": Ask(path="/v1/agents/{guarded}/guard"),
            "putGuard": Ask({"deny": [0]}),
            "killAgent": Ask({}),
            "getCard": Ask(path="/v1/agents/{agent_id}/versions/0/card"),
            "rollback": Ask({"version": 0}),
            "createDemonstrations": Ask({"env_id": "CartPole-v1", "name": "asked", "episodes": [EPISODE]}, status=201),
            "addEpisodes": Ask({"episodes": [EPISODE]}),
            "createToken": Ask({"name": "asked", "scopes": ["read"]}, status=201),
            "shutdown": Ask(),
            # What would end the daemon is asked for without what it needs.
            "restoreBackup": Ask(status=400),
        }
        return asks.get(name, Ask())

    def path(self, template: str, ask: Ask, fresh: bool) -> str:
        path = ask.path or template
        for kind in ["instance_id", "agent_id", "demonstration_id", "job_id", "token_id", "labelled", "embedded", "guarded"]:
            if "{" + kind + "}" not in path:
                continue
            if fresh or kind not in self._ids:
                make = {"labelled": self.labelled, "embedded": self.embedded, "guarded": self.guarded}.get(kind)
                self._ids[kind] = make() if make else self.make(kind)
            path = path.replace("{" + kind + "}", self._ids[kind])
        assert "{" not in path, f"what is there for {path}?"
        return path

    def send(self, method: str, path: str, ask: Ask, token: Optional[str], **headers: str) -> Any:
        content = ask.body() if callable(ask.body) else ask.body
        if content is not None and not isinstance(content, bytes):
            content = json.dumps(content)
        if content is not None:
            headers["Content-Type"] = ask.media_type
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.daemon.request(method, path, content, headers)
