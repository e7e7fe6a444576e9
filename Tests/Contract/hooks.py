"""What schemathesis cannot know of lamd: which things there are, its binary form, and what no schema can say."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import schemathesis
from hypothesis import strategies as st
from schemathesis.openapi.checks import RejectedPositiveData

import lamd
from lamd import safetensors
from bodies import fill
from living import ID, Living, words
from refusals import is_beyond_schemas
from samples import EPISODE

TOKEN = os.environ["LAMD_TOKEN"]
living = Living(lamd.Client(os.environ["LAMD_URL"], token=TOKEN))
# Whoever revokes what the tests come with ends them.
CARRIED = set(os.environ["LAMD_CARRIED"].split())
FRAMING = {"content-length", "transfer-encoding"}


def stays(value: object) -> bool:
    """One drawn value in four is left as it is."""
    return words(value) % 4 == 0


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    # What frames a message is no part of the contract: HTTPTests send it wrong, on the socket.
    for name in FRAMING & set(map(str.lower, case.headers or {})):
        del case.headers[name]
    # There ids are those of a story, whatever became of it.
    stateful = case.meta is not None and case.meta.phase.name.value == "stateful"
    for name, value in (case.path_parameters or {}).items():
        if value in CARRIED and case.method == "DELETE":
            case.path_parameters[name] = living.id(name, value)
        elif living.knows(name) and isinstance(value, str) and ID.fullmatch(value):
            if not (stateful and value in living.given) and not stays(value):
                case.path_parameters[name] = living.id(name, value, case.path)
        elif name == "env_id" and isinstance(value, str) and not stays(value):
            case.path_parameters[name] = "CartPole-v1"
    if case.meta and not case.meta.generation.mode.is_negative:
        if not stays(case.query.get("cursor")):
            case.query.pop("cursor", None)
        if isinstance(case.body, dict):
            definition = case.operation.definition.raw
            if safetensors.MEDIA_TYPE in definition["requestBody"]["content"]:
                # There the query stands for fields that tensors have no place for.
                case.query.clear()
            fill(definition["operationId"], case.body, living, case.path_parameters or {})


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
    if response.status_code in (414, 431):
        # Too much for a request line and its headers: libmicrohttpd answers these itself, as the contract says.
        return False
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
# Whatever it is, a tenant's administrator may not bring the daemon back to it.
schemathesis.openapi.media_type("application/vnd.sqlite3", st.binary(max_size=200))


@schemathesis.deserializer(safetensors.MEDIA_TYPE)
def deserialize(context: Any, response: Any) -> str:
    safetensors.load(response.content)
    return response.content.decode("latin-1")
