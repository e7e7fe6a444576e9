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
    # Paths and queries have no NUL, and no segments "." and "..".
    Refusal("bad_request"),
    Refusal("invalid_json", ""),
    # On old routes 400 says what 404 says on the others.
    Refusal("unknown_instance"),
    Refusal("missing_parameter", "", ("containsNothing",)),
    # A key is for one request.
    Refusal("key_taken"),
    # Only what the daemon gave out.
    Refusal("invalid_value", r"\?cursor"),
    # Which worlds there are, and what they take.
    Refusal("unknown_environment", "/env_id"),
    Refusal("invalid_value", "/(kwargs|options|wrappers/[0-9]+)(/.*)?"),
    Refusal("invalid_value", r"\?(include|mode|env_index)", ("getEnv", "render")),
    # Episode i, or environment i, has the seed `seed` + i, which must be a seed too.
    Refusal("invalid_value", "/seed", ("createEnv", "reset", "rollout", "evaluate", "createDemonstrations")),
    # What is a member of an instance's or an agent's spaces.
    Refusal("not_a_member", ".+"),
    Refusal("invalid_value", "/(observation|action)_space(/.+)?", ("createAgent", "createDemonstrations")),
    Refusal("invalid_value", "/env_id", ("train", "evaluate", "createDemonstrations")),
    Refusal("invalid_value", "", ("putActionIndex",)),
    # What an agent was made for, what waits there, and what must be as long as something else.
    Refusal("invalid_value", "/action_features(/.+)?", ("createAgent", "putActionFeatures", "patchActionFeatures")),
    Refusal("invalid_value", "/(withdrawn|ids|withdraw)(/.+)?", ("putActionFeatures", "patchActionFeatures")),
    Refusal("invalid_value", "/action_mask(/.+)?", ("act",)),
    Refusal("invalid_value", "/transitions/[0-9]+/(next_)?action_mask(/.+)?", ("observe",)),
    Refusal("invalid_value", "/(agent_id|init_from)", ("rollout", "createAgent")),
    Refusal("invalid_value", "/labels(/.+)?", ("postLabels",)),
    Refusal("invalid_value", "/demonstrations(/[0-9]+)?", ("train",)),
    # What goes with another field: the contract says it by dependentRequired, which coverage does not read.
    Refusal("invalid_value", "/transitions/[0-9]+/step", ("observe",)),
    Refusal("invalid_value", "/episode_ids?", ("act",)),
    Refusal("invalid_value", "/(record|directory)", ("createEnv", "startMonitor")),
    # Which experts know a world, and what training needs of an agent that was made for none.
    Refusal("invalid_value", "(/phases/[0-9]+)?/expert", ("train", "evaluate", "createDemonstrations")),
    Refusal("invalid_value", "(/phases/[0-9]+)?/hyperparameters/.+", ("createAgent", "train")),
    Refusal("missing_parameter", "(/phases/[0-9]+/expert|/env_id|)", ("train", "evaluate")),
    Refusal("invalid_value", "/episodes/[0-9]+/.+", ("createDemonstrations", "addEpisodes")),
    Refusal("invalid_value", "/(steps|num_episodes|actions)", ("rollout",)),
    Refusal("invalid_value", "/snapshot", ("restore",)),
    # What limits suit the actions that an agent has.
    Refusal("invalid_value", ".*", ("putGuard",)),
]


def is_beyond_json(value: Any) -> bool:
    """Whether a text in it has a NUL, or an integer in it more than 64 bits."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(is_beyond_json(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return any(map(is_beyond_json, value))
    return isinstance(value, int) and not -(2**63) <= value < 2**63


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
    if word == "invalid_json" and not is_beyond_json(case.body):
        return False
    return any(
        word == one.word and re.fullmatch(one.pointer, pointer, re.DOTALL) and (one.operations is None or name in one.operations)
        for one in REFUSALS
    )
