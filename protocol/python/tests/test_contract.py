"""The client, the OpenAPI document and the golden examples agree."""

import inspect
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from contract import DOCUMENT, OPERATIONS, ROOT, parameters, path_pattern, resolve, snake, validator

import lamd

SPACE = {"type": "Discrete", "n": 2}
TRANSITION = {"observation": 0, "action": 1, "reward": 1.0, "next_observation": 1, "terminated": False}
EPISODE = {"observations": [0, 1], "actions": [1], "rewards": [1.0], "terminations": [True], "truncations": [False]}

#: For each operation, a call that uses every argument.
CALLS = {
    "listEnvironments": ((), {"limit": 5, "cursor": "x"}),
    "getEnvironment": (("CartPole-v1",), {}),
    "getHostedEnvironment": (("gymnasium/LunarLander-v3",), {}),
    "getNamespacedEnvironment": (("gymnasium/ALE/Pong-v5",), {}),
    "listExperts": ((), {"limit": 5, "cursor": "x"}),
    "createEnv": (
        ("CartPole-v1",),
        {"num_envs": 2, "seed": 1, "kwargs": {}, "max_episode_steps": 9, "autoreset_mode": "same_step", "ttl_s": 60}
        | {"wrappers": [{"wrapper": "RecordEpisodeStatistics"}], "record": "mine", "durable": False},
    ),
    "listEnvs": ((), {}),
    "getEnv": (("0a1b2c3d",), {"include": "transition_table"}),
    "deleteEnv": (("0a1b2c3d",), {}),
    "reset": (("0a1b2c3d",), {"seed": 3, "options": {"low": -0.1}}),
    "step": (("0a1b2c3d", np.float32([0.5])), {"step": 4}),
    "rollout": (
        ("0a1b2c3d",),
        {"steps": 9, "agent_id": "00000001", "deterministic": False, "seed": 1, "transitions": True},
    ),
    "snapshot": (("0a1b2c3d",), {}),
    "restore": (("0a1b2c3d", "QUJD"), {}),
    "fork": (("0a1b2c3d",), {"copies": 2}),
    "render": (("0a1b2c3d",), {"mode": "rgb_array", "env_index": 1}),
    "getActionSpace": (("0a1b2c3d",), {}),
    "sampleAction": (("0a1b2c3d",), {}),
    "containsAction": (("0a1b2c3d", [0.5, 1]), {}),
    "getObservationSpace": (("0a1b2c3d",), {}),
    "containsObservation": (("0a1b2c3d", {"name": "Box"}), {}),
    "startMonitor": (("0a1b2c3d", "/tmp/x"), {"force": True}),
    "closeMonitor": (("0a1b2c3d",), {}),
    "closeEnv": (("0a1b2c3d",), {}),
    "upload": ((), {"training_dir": "/tmp/x"}),
    "shutdown": ((), {}),
    "createAgent": (
        (),
        {"observation_space": SPACE, "action_space": lamd.spaces.decode_space(SPACE), "name": "n", "seed": 1}
        | {"is_masked": True, "network": {}, "hyperparameters": {"learning_rate": 0.1}, "init_from": "00000001"}
        | {"action_features": [[0.5], [1]]},
    ),
    "listAgents": ((), {"limit": 5, "cursor": "x"}),
    "getAgent": (("00000001",), {}),
    "deleteAgent": (("00000001",), {}),
    "act": (
        ("00000001", [np.inf, 0.5]),
        {"action_mask": [True, False], "deterministic": False, "exact": True, "top_k": 2, "include": ["values"]}
        | {"version": 1, "episode_id": "monday"},
    ),
    "train": (
        ("00000001",),
        {"env_id": "CartPole-v1", "kwargs": {}, "num_envs": 2, "steps": 1, "episodes": 1, "updates": 1, "seconds": 0.5}
        | {"target_return": 475, "evaluate": {"num_episodes": 10}, "phases": [{"phase": "reinforce"}], "wait": True}
        | {"demonstrations": ["00000003"], "expert": "client"},
    ),
    "observe": (("00000001", [TRANSITION]), {"learn": False}),
    "getLabels": (("00000001",), {"limit": 5, "cursor": "x"}),
    "postLabels": (("00000001", [{"state_id": 7, "action": np.int64(1)}]), {}),
    "evaluate": (
        ("00000001",),
        {"num_episodes": 3, "seed": 1, "env_id": "CartPole-v1", "kwargs": {}, "expert": "scripted"},
    ),
    "getPolicy": (("00000001",), {"format": "safetensors", "version": 1}),
    "putPolicy": (("00000001", b"\0"), {}),
    "getActionFeatures": (("00000001",), {}),
    "putActionFeatures": (("00000001", [[0.5], [1]]), {"withdrawn": [False, True]}),
    "patchActionFeatures": (("00000001", [1], [[0.5]]), {"withdraw": [0]}),
    "getActionIndex": (("00000001",), {}),
    "putActionIndex": (("00000001", 0.9), {}),
    "deleteActionIndex": (("00000001",), {}),
    "getGuard": (("00000001",), {}),
    "putGuard": (
        ("00000001",),
        {"mode": "enforce", "bounds": {"low": -1}, "max_change": 0.5, "allow": [0, 1], "deny": [1], "audit": False}
        | {"budget": {"limit": 10, "window_s": 60}, "confidence_floor": 0.5, "fallback": 0},
    ),
    "deleteGuard": (("00000001",), {}),
    "killAgent": (("00000001", "it overheats"), {}),
    "reviveAgent": (("00000001",), {}),
    "getCard": (("00000001", 3), {}),
    "listVersions": (("00000001",), {"limit": 5, "cursor": "x"}),
    "rollback": (("00000001", 3), {}),
    "listExperts": ((), {"limit": 5, "cursor": "x"}),
    "createDemonstrations": (
        ([EPISODE],),
        {"name": "n", "observation_space": SPACE, "action_space": SPACE, "metadata": {"by": "Ada"}},
    ),
    "listDemonstrations": ((), {"limit": 5, "cursor": "x"}),
    "getDemonstrations": (("00000003",), {}),
    "deleteDemonstrations": (("00000003",), {}),
    "addEpisodes": (("00000003", [EPISODE]), {}),
    "listEpisodes": (("00000003",), {"limit": 5, "cursor": "0", "include": "data"}),
    "getDemonstrationFile": (("00000003",), {"format": "ndjson"}),
    "getDemonstrationQuality": (("00000003",), {}),
    "listJobs": ((), {"limit": 5, "cursor": "x"}),
    "getJob": (("00000002",), {}),
    "cancelJob": (("00000002",), {}),
    "streamJob": (("00000002",), {"last_event_id": 7}),
    "getJobMetrics": (("00000002",), {"format": "csv"}),
    "createToken": (("me", ["read"]), {"tenant": "a", "ttl_s": 60.0}),
    "listTokens": ((), {"limit": 5, "cursor": "x"}),
    "getToken": (("00000004",), {}),
    "revokeToken": (("00000004",), {}),
    "listAudit": ((), {"event": "change", "id": "00000001", "since": "2026-03-01T12:00:00Z", "limit": 5, "cursor": "7"}),
    "getAuditHead": ((), {}),
    "backup": ((Path(tempfile.gettempdir()) / "lamd-contract.backup",), {}),
    "restoreBackup": ((Path(__file__),), {}),
    "livez": ((), {}),
    "readyz": ((), {}),
    "metrics": ((), {}),
    "openapi": ((), {}),
}


#: Arguments that do not go with those above, and with which others they do.
OTHERS = {
    "createDemonstrations": {"env_id": "CartPole-v1", "expert": "scripted", "num_episodes": 3, "seed": 1, "exploration": 0.1},
}


#: Operations that differ only in how many parts an id has are one method.
ONE = {"getHostedEnvironment": "getEnvironment", "getNamespacedEnvironment": "getEnvironment"}


def methods() -> set[str]:
    listed = inspect.getmembers(lamd.Client, inspect.isfunction)
    return {name for name, _ in listed if not name.startswith("_")} - {"close"}


def test_the_client_has_one_method_for_each_operation():
    assert methods() == {snake(ONE.get(name, name)) for name in OPERATIONS}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_method_sends_what_the_operation_takes(name, server):
    method, path, operation = OPERATIONS[name]
    arguments, keywords = CALLS[name]
    result = getattr(lamd.Client(server.url, retries=0), snake(ONE.get(name, name)))(*arguments, **keywords)
    if name == "streamJob":
        with pytest.raises(ConnectionError):
            next(result)
    request = server.requests[0]
    assert request.method == method
    assert path_pattern(path).match(request.path)

    known = parameters(name)
    for key, text in request.query.items():
        schema = next(item["schema"] for item in known if item["in"] == "query" and item["name"] == key)
        numeric = schema["type"] in ("integer", "boolean")
        validator(schema).validate(json.loads(text) if numeric else text)
    for item in known:
        if item["in"] == "header":
            assert item["name"] in request.headers

    if not request.body:
        assert not operation.get("requestBody", {}).get("required")
        return
    media_type = request.headers["Content-Type"]
    schema = operation["requestBody"]["content"][media_type]["schema"]
    if media_type == "application/json":
        body = json.loads(request.body)
        validator(schema).validate(body)
        for key in resolve(schema).get("properties", {}):
            given = key in body or key in OTHERS.get(name, {}) or key in ("render", "video_callable", "resume")
            known_otherwise = ("env_id", "kwargs", "observations", "episode_ids", "num_episodes", "actions", "policy")
            assert given or key in known_otherwise, key


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_arguments_are_sent_too(name, server):
    _, _, operation = OPERATIONS[name]
    getattr(lamd.Client(server.url, retries=0), snake(name))(**OTHERS[name])
    body = json.loads(server.requests[0].body)
    validator(operation["requestBody"]["content"]["application/json"]["schema"]).validate(body)
    assert body == OTHERS[name]


def examples_in(operation):
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for response in operation["responses"].values():
        yield from resolve(response).get("content", {}).values()


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_document_obeys_itself(name):
    _, path, operation = OPERATIONS[name]
    assert operation["summary"].endswith(".") and operation["tags"]
    assert {item["name"] for item in parameters(name) if item["in"] == "path"} == {
        part[1:-1] for part in path.split("/") if part.startswith("{")
    }
    for content in examples_in(operation):
        examples = [item["value"] for item in content.get("examples", {}).values()]
        examples += [content["example"]] if "example" in content else []
        for example in examples:
            if "type" in content["schema"] and content["schema"]["type"] == "string":
                continue
            validator(content["schema"]).validate(example)


def test_request_schemas_refuse_unknown_fields():
    open_ended = {"containsObservation", "startMonitor", "upload"}
    for name, (_, _, operation) in OPERATIONS.items():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None or name in open_ended:
            continue
        schemas = [resolve(item) for item in content["schema"].get("oneOf", [content["schema"]])]
        for schema in schemas:
            assert schema.get("additionalProperties") is False or schema["type"] != "object", name


EXCHANGES = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "examples" / "http").glob("*.json"))}


STAND_INS = {"{instance_id}": "3c657dbc", "{agent_id}": "0000000a", "{string}": "s", "{integer}": 1, "{number}": 0.5}


def filled(value):
    """A golden body with its placeholders replaced by values of their types."""
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item) for item in value]
    return STAND_INS.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("exchange", EXCHANGES.values(), ids=EXCHANGES.keys())
def test_golden_exchanges_obey_the_document(exchange):
    method, path, operation = OPERATIONS[exchange["operation"]]
    request = exchange["request"]
    assert request["method"] == method and path_pattern(path).match(request["path"])
    assert exchange.get("after", "create_env") in EXCHANGES
    if "body" in request and exchange["response"]["status"] < 300:
        validator(operation["requestBody"]["content"]["application/json"]["schema"]).validate(filled(request["body"]))
    response = exchange["response"]
    reply = resolve(operation["responses"][str(response["status"])])
    if "body" not in response:
        return
    kind = "application/json" if response["status"] < 300 else "application/problem+json"
    validator(reply["content"][kind]["schema"]).validate(filled(response["body"]))


def test_golden_spaces_obey_the_document():
    for path in (ROOT / "examples" / "spaces").glob("*.json"):
        validator(DOCUMENT["components"]["schemas"]["Space"]).validate(json.loads(path.read_text())["space"])
