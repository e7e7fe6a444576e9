"""Puts into bodies that the contract allows what the daemon has, so that most of them are taken."""

from __future__ import annotations

from typing import Any

import lamd
from living import Living, words
from samples import EPISODE, FEATURES


def fill(name: str, body: dict[str, Any], living: Living, path: dict[str, str]) -> None:
    """Three values in four that only the daemon's things decide become ones that it knows."""
    instance, agent = path.get("instance_id", ""), path.get("agent_id", "")
    observation = living.observation(agent)
    for key, value in list(body.items()):
        if key in ("agent_id", "init_from"):
            body[key] = living.id("agent_id", value)
        elif key == "demonstrations" and isinstance(value, list):
            body[key] = [living.id("demonstration_id", one) for one in value[:1]]
        elif words(value) % 4 == 0:
            continue
        elif key == "env_id" and name in ("train", "evaluate"):
            del body[key]
            body.pop("kwargs", None)
        elif key == "env_id":
            body[key] = ["CartPole-v1", "FrozenLake-v1"][words(value) % 2]
        elif key == "kwargs":
            body[key] = {}
        elif key == "expert":
            body[key] = "scripted"
        elif key == "action":
            body[key] = action(living, instance)
        elif key == "actions":
            body[key] = [action(living, instance) for _ in value[:10]]
        elif key == "observation":
            body[key] = observation
        elif key == "observations":
            body[key] = [observation] * max(1, len(value))
            body.pop("action_mask", None)
        elif key == "episodes" and isinstance(value, list):
            body[key] = [EPISODE] * len(value)
        elif key == "transitions" and name == "observe":
            for one in value:
                one.update(observation=observation, action=words(one) % 2, next_observation=observation)
                one.pop("action_mask", None)
                one.pop("next_action_mask", None)
        elif key == "labels":
            body[key] = [{**one, "action": 0} for one in value]
        elif key == "copies":
            body[key] = min(value, 20)
        elif key == "snapshot":
            body[key] = asked(lambda: living.client.snapshot(instance)["snapshot"], value)
        elif key == "action_features" and "ids" in body:
            body.update(ids=[0, 1], action_features=FEATURES)
        elif key == "action_features":
            body[key] = FEATURES
    if name == "train":
        # So that jobs end: the default is to train until the agent is good.
        body["seconds"] = 0.05


def action(living: Living, instance: str) -> Any:
    return asked(lambda: living.client.sample_action(instance), 0)


def asked(ask: Any, otherwise: Any) -> Any:
    """What the daemon says, where the thing is there."""
    try:
        return ask()
    except lamd.Problem:
        return otherwise
