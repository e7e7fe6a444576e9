"""What schemathesis cannot know of lamd: which things there are, its binary form, and what no schema can say."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import numpy as np
import schemathesis
from hypothesis import strategies as st
from schemathesis.openapi.checks import RejectedPositiveData

import lamd
from lamd import safetensors
from living import EPISODE, FEATURES, ID, Living
from refusals import is_beyond_schemas

TOKEN = os.environ["LAMD_TOKEN"]
living = Living(lamd.Client(os.environ["LAMD_URL"], token=TOKEN))
# Whoever revokes what the tests come with ends them.
CARRIED = set(os.environ["LAMD_CARRIED"].split())


def words(value: object) -> int:
    """A number that is the same whenever the same value is drawn."""
    return crc32(repr(value).encode())


def stays(value: object) -> bool:
    """One drawn value in four is left as it is."""
    return words(value) % 4 == 0


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    for name, value in (case.path_parameters or {}).items():
        if name == "token_id" and value in CARRIED:
            case.path_parameters[name] = "00000000"
        elif living.knows(name) and isinstance(value, str) and ID.fullmatch(value):
            if value not in living.given and not stays(value):
                case.path_parameters[name] = living.id(name, value)
        elif name == "env_id" and isinstance(value, str) and not stays(value):
            case.path_parameters[name] = "CartPole-v1"
    if case.meta and not case.meta.generation.mode.is_negative and isinstance(case.body, dict):
        definition = case.operation.definition.raw
        if safetensors.MEDIA_TYPE in definition["requestBody"]["content"]:
            # There the query stands for fields that tensors have no place for.
            case.query.clear()
        fill(definition["operationId"], case)


def fill(name: str, case: Any) -> None:
    """Puts into a body that the contract allows what the daemon has."""
    body = case.body
    for key, value in list(body.items()):
        if key == "env_id" and not stays(value):
            body[key] = ["CartPole-v1", "FrozenLake-v1"][words(value) % 2]
        elif key == "kwargs" and not stays(value):
            body[key] = {}
        elif key in ("agent_id", "init_from"):
            body[key] = living.id("agent_id", value)
        elif key == "demonstrations" and isinstance(value, list):
            body[key] = [living.id("demonstration_id", one) for one in value[:3]]
        elif key == "expert" and not stays(value):
            body[key] = "scripted"
        elif key == "action" and not stays(value):
            body[key] = words(value) % 2
        elif key == "actions" and not stays(value):
            body[key] = [words(one) % 2 for one in value[:100]]
        elif key == "observation" and not stays(value):
            body[key] = [0.0] * 4
        elif key == "observations" and name == "act" and not stays(value):
            body[key] = [[0.0] * 4] * max(1, len(value))
        elif key == "episodes" and isinstance(value, list) and not stays(value):
            body[key] = [EPISODE] * len(value)
        elif key == "transitions" and isinstance(value, list) and not stays(value):
            for one in value:
                one.update(observation=[0.0] * 4, action=words(one) % 2, next_observation=[0.1] * 4)
                one.pop("action_mask", None)
                one.pop("next_action_mask", None)
        elif key == "snapshot" and not stays(value):
            instance = case.path_parameters["instance_id"]
            if instance in living.given:
                body[key] = snapshot(instance, value)
        elif key == "action_features" and not stays(value):
            body[key] = FEATURES
    if name == "train":
        # So that jobs end: the default is to train until the agent is good.
        body["seconds"] = 0.05


def snapshot(instance: str, otherwise: str) -> str:
    try:
        return str(living.client.snapshot(instance)["snapshot"])
    except lamd.Problem:
        return otherwise


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    if not 200 <= response.status_code < 300:
        return
    name = case.operation.definition.raw.get("operationId", "")
    if name.startswith(("delete", "close", "revoke")):
        for value in (case.path_parameters or {}).values():
            living.forget(str(value))
    living.given.update(id.decode() for id in re.findall(rb'"[a-z]+_id":"([0-9a-f]{8})"', response.content))


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    if not isinstance(failure, RejectedPositiveData):
        return True
    return not is_beyond_schemas(case, response)


def files() -> Iterator[bytes]:
    """Files that some operation takes."""
    yield safetensors.dump({"action": np.zeros(1, "i8")})
    yield safetensors.dump({"action": np.zeros(2, "i8")})
    yield safetensors.dump({"observations": np.zeros((3, 4), "f4")})
    yield safetensors.dump({"action_features": np.eye(2, dtype="f4")})
    yield safetensors.dump({"ids": np.arange(2), "action_features": np.eye(2, dtype="f4")})
    yield safetensors.dump(
        {
            "observation": np.zeros((2, 4), "f4"),
            "action": np.zeros(2, "i8"),
            "reward": np.ones(2),
            "next_observation": np.zeros((2, 4), "f4"),
            "terminated": np.zeros(2, "?"),
            "truncated": np.zeros(2, "?"),
        }
    )
    yield bytes(living.client.get_policy(living.id("agent_id", "policy")))
    yield bytes(living.client.get_demonstration_file(living.id("demonstration_id", "file")))


schemathesis.openapi.media_type(safetensors.MEDIA_TYPE, st.sampled_from(list(files())) | st.binary(max_size=200))
schemathesis.openapi.media_type(
    "application/x-ndjson",
    st.lists(st.sampled_from([json.dumps(EPISODE), "{}", "[]"])).map(lambda lines: "\n".join(lines).encode()),
)


@schemathesis.deserializer(safetensors.MEDIA_TYPE)
def deserialize(context: Any, response: Any) -> str:
    safetensors.load(response.content)
    return response.content.decode("latin-1")
