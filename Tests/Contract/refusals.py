"""Refusals of requests that the contract's schemas allow: what only the daemon's things decide."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

from lamd import safetensors


class Refusal(NamedTuple):
    """A problem's word, where it points to, and of which operations; all of them by default."""

    word: str
    pointer: str = ""
    operations: Optional[tuple[str, ...]] = None


FILES = (safetensors.MEDIA_TYPE, "application/x-ndjson")
REFUSALS = [
    # Paths and queries have no NUL, and no way to climb.
    Refusal("bad_request"),
    # On old routes 400 says what 404 says on the others.
    Refusal("unknown_instance"),
    Refusal("missing_parameter", "", ("containsNothing",)),
    # A key is for one request.
    Refusal("key_taken"),
    # Only what the daemon gave out.
    Refusal("invalid_value", r"\?cursor"),
    # Which worlds there are, and what they take.
    Refusal("unknown_environment", "/env_id"),
    Refusal("invalid_value", "/(kwargs|options|wrappers/[0-9]+)/.+"),
    Refusal("invalid_value", r"\?(include|mode|env_index)", ("getEnv", "render")),
    # Episode i, or environment i, has the seed `seed` + i, which must be a seed too.
    Refusal("invalid_value", "/seed", ("createEnv", "reset", "rollout", "evaluate", "createDemonstrations")),
    # What is a member of an instance's or an agent's spaces.
    Refusal("not_a_member", ".+"),
    Refusal("invalid_value", "/env_id", ("train", "evaluate", "createDemonstrations")),
    Refusal("invalid_value", "", ("putActionIndex",)),
    # What an agent was made for, and what waits there.
    Refusal("invalid_value", "/action_features(/.+)?", ("createAgent", "putActionFeatures", "patchActionFeatures")),
    Refusal("invalid_value", "/labels(/.+)?", ("postLabels",)),
    Refusal("invalid_value", "/demonstrations/[0-9]+", ("train",)),
]


def is_beyond_schemas(case: Any, response: Any) -> bool:
    try:
        problem = response.json()
        word = problem["type"].removeprefix("urn:lamd:problem:")
        pointer = problem.get("pointer", "")
    except (ValueError, KeyError, AttributeError):
        return False
    name = case.operation.definition.raw.get("operationId")
    # What is in a file no schema says.
    if case.media_type in FILES and response.status_code == 400:
        return True
    return any(
        word == one.word and re.fullmatch(one.pointer, pointer) and (one.operations is None or name in one.operations)
        for one in REFUSALS
    )
