"""Malformed requests and the problem that each deserves."""

# fmt: off

import json
import struct

import numpy as np

from lamd import safetensors

TENSORS = {"Content-Type": safetensors.MEDIA_TYPE}

#: Where a problem has no pointer, because the path, the method or a header is at fault.
NONE = object()


def tensors(**named):
    return safetensors.dump({name: np.asarray(array) for name, array in named.items()})


def header_only(text):
    return struct.pack("<Q", len(text)) + text.encode()


# Each row: name, method, path, body, status, pointer, and further headers. `{c}` is a CartPole that was reset, `{new}` one
# that was not, `{over}` one whose episode is over, `{v}` a vector of two, `{p}` a Pendulum, `{f}` a FrozenLake, `{a}` an
# agent for CartPole, `{j}` a finished job, `{d}` demonstrations of CartPole, `{o}` of Pendulum, `{s}` an agent for the spaces
# of CartPole without a world, `{t}` one for Taxi whose job waits for the labels of states 0 to 4.
ENVIRONMENTS = [
    # JSON
    ("cut off", "POST", "/v1/envs/{c}/step/", '{"action":', 400, ""),
    ("left over", "POST", "/v1/envs/{c}/step/", '{"action":1}}', 400, ""),
    ("a key twice", "POST", "/v1/envs/{c}/step/", '{"action":1,"action":0}', 400, ""),
    ("no object", "POST", "/v1/envs/{c}/step/", "[1]", 400, ""),
    ("a bare string", "POST", "/v1/envs/{c}/step/", '"1"', 400, ""),
    ("NaN", "POST", "/v1/envs/{p}/step/", '{"action":[NaN]}', 400, ""),
    ("a number beyond double", "POST", "/v1/envs/{p}/step/", '{"action":[1e999]}', 400, ""),
    ("an integer beyond 64 bits", "POST", "/v1/envs/{c}/reset/", '{"seed":18446744073709551616}', 400, ""),
    ("too deep", "POST", "/v1/envs/{c}/step/", '{"action":' + "[" * 5000 + "]" * 5000 + "}", 400, ""),
    ("too many containers", "POST", "/v1/envs/{c}/step/", '{"action":[' + "[]," * 30000 + "[]]}", 400, ""),
    ("no UTF-8", "POST", "/v1/envs/", b'{"env_id":"\xff\xfe"}', 400, ""),
    ("half a surrogate pair", "POST", "/v1/envs/", '{"env_id":"\\ud800"}', 400, ""),
    ("a NUL", "POST", "/v1/envs/", '{"env_id":"CartPole-v1\\u0000"}', 400, ""),
    ("a byte order mark", "POST", "/v1/envs/", b'\xef\xbb\xbf{"env_id":"CartPole-v1"}', 400, ""),
    ("a comment", "POST", "/v1/envs/", '{"env_id":"CartPole-v1"} // hello', 400, ""),
    ("single quotes", "POST", "/v1/envs/", "{'env_id':'CartPole-v1'}", 400, ""),
    # create
    ("no world", "POST", "/v1/envs/", "{}", 400, "/env_id"),
    ("a null world", "POST", "/v1/envs/", '{"env_id":null}', 400, "/env_id"),
    ("a number for a world", "POST", "/v1/envs/", '{"env_id":5}', 400, "/env_id"),
    ("an unknown world", "POST", "/v1/envs/", '{"env_id":"CartPole-v7"}', 400, "/env_id"),
    ("an unknown field", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","num_env":2}', 400, "/num_env"),
    ("a durable that is no Boolean", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","durable":1}', 400, "/durable"),
    ("an odd field name", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","a/b~c":1}', 400, "/a~1b~0c"),
    ("no environments", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","num_envs":0}', 400, "/num_envs"),
    ("too many environments", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","num_envs":65537}', 400, "/num_envs"),
    ("half an environment", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","num_envs":1.5}', 400, "/num_envs"),
    ("a count as a string", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","num_envs":"2"}', 400, "/num_envs"),
    ("a count as a Boolean", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","num_envs":true}', 400, "/num_envs"),
    ("a negative seed", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","seed":-1}', 400, "/seed"),
    ("seeds beyond numbers", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","num_envs":2,"seed":9223372036854775807}', 400, "/seed"),
    ("null kwargs", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","kwargs":null}', 400, "/kwargs"),
    ("a null durable", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","durable":null}', 400, "/durable"),
    ("a broken seed", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","seed":1.5}', 400, "/seed"),
    ("kwargs as a list", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","kwargs":[]}', 400, "/kwargs"),
    ("an unknown kwarg", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","kwargs":{"gravity":1}}', 400, "/kwargs/gravity"),
    (
        "a kwarg of another type",
        "POST",
        "/v1/envs/",
        '{"env_id":"FrozenLake-v1","kwargs":{"is_slippery":"no"}}',
        400,
        "/kwargs/is_slippery",
    ),
    ("an unknown map", "POST", "/v1/envs/", '{"env_id":"FrozenLake-v1","kwargs":{"map_name":"5x5"}}', 400, "/kwargs/map_name"),
    ("a ragged map", "POST", "/v1/envs/", '{"env_id":"FrozenLake-v1","kwargs":{"desc":["SF","G"]}}', 400, "/kwargs/desc"),
    ("no limit at all", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","max_episode_steps":0}', 400, "/max_episode_steps"),
    ("an unknown mode", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","autoreset_mode":"NextStep"}', 400, "/autoreset_mode"),
    ("no lease", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","ttl_s":0}', 400, "/ttl_s"),
    ("a lease in words", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","ttl_s":"1h"}', 400, "/ttl_s"),
    # reset
    ("a reset's negative seed", "POST", "/v1/envs/{c}/reset/", '{"seed":-1}', 400, "/seed"),
    ("a Boolean seed", "POST", "/v1/envs/{c}/reset/", '{"seed":true}', 400, "/seed"),
    ("a misspelt seed", "POST", "/v1/envs/{c}/reset/", '{"sed":1}', 400, "/sed"),
    ("options as a list", "POST", "/v1/envs/{c}/reset/", '{"options":[1]}', 400, "/options"),
    ("an unknown option", "POST", "/v1/envs/{c}/reset/", '{"options":{"lo":0}}', 400, "/options/lo"),
    ("an option as a string", "POST", "/v1/envs/{c}/reset/", '{"options":{"low":"a"}}', 400, "/options/low"),
    ("a short mask", "POST", "/v1/envs/{d}/reset/", '{"options":{"reset_mask":[true]}}', 400, "/options/reset_mask"),
    ("an empty mask", "POST", "/v1/envs/{d}/reset/", '{"options":{"reset_mask":[false,false]}}', 400, "/options/reset_mask"),
    ("a reset of nobody", "POST", "/v1/envs/ffffffff/reset/", "{}", 400, NONE),
    ("a reset of an odd id", "POST", "/v1/envs/%2e%2e/reset/", "{}", 400, NONE),
    # step
    ("no action", "POST", "/v1/envs/{c}/step/", "{}", 400, "/action"),
    ("a step's number in the query", "POST", "/v1/envs/{c}/step/?step=0", '{"action":0}', 400, "?step"),
    ("a null action", "POST", "/v1/envs/{c}/step/", '{"action":null}', 400, "/action"),
    ("an action above", "POST", "/v1/envs/{c}/step/", '{"action":2}', 400, "/action"),
    ("an action below", "POST", "/v1/envs/{c}/step/", '{"action":-1}', 400, "/action"),
    ("half an action", "POST", "/v1/envs/{c}/step/", '{"action":0.5}', 400, "/action"),
    ("an action in words", "POST", "/v1/envs/{c}/step/", '{"action":"left"}', 400, "/action"),
    ("a Boolean action", "POST", "/v1/envs/{c}/step/", '{"action":true}', 400, "/action"),
    ("an action in a list", "POST", "/v1/envs/{c}/step/", '{"action":[1]}', 400, "/action"),
    ("an action in an object", "POST", "/v1/envs/{c}/step/", '{"action":{"a":1}}', 400, "/action"),
    ("a misspelt field", "POST", "/v1/envs/{c}/step/", '{"action":1,"sted":0}', 400, "/sted"),
    ("a negative step", "POST", "/v1/envs/{c}/step/", '{"action":1,"step":-1}', 400, "/step"),
    ("a step in words", "POST", "/v1/envs/{c}/step/", '{"action":1,"step":"0"}', 400, "/step"),
    ("a later step", "POST", "/v1/envs/{c}/step/", '{"action":1,"step":9}', 409, "/step"),
    ("one action for two", "POST", "/v1/envs/{v}/step/", '{"action":1}', 400, "/action"),
    ("too few actions", "POST", "/v1/envs/{v}/step/", '{"action":[1]}', 400, "/action"),
    ("too many actions", "POST", "/v1/envs/{v}/step/", '{"action":[1,0,1]}', 400, "/action"),
    ("a wrong one of two", "POST", "/v1/envs/{v}/step/", '{"action":[1,2]}', 400, "/action/1"),
    ("a torque too high", "POST", "/v1/envs/{p}/step/", '{"action":[2.5]}', 400, "/action/0"),
    ("an endless torque", "POST", "/v1/envs/{p}/step/", '{"action":["Infinity"]}', 400, "/action/0"),
    ("a torque in words", "POST", "/v1/envs/{p}/step/", '{"action":["a"]}', 400, "/action/0"),
    ("a bare torque", "POST", "/v1/envs/{p}/step/", '{"action":0.5}', 400, "/action"),
    ("two torques", "POST", "/v1/envs/{p}/step/", '{"action":[0.5,0.5]}', 400, "/action"),
    ("a step before a reset", "POST", "/v1/envs/{new}/step/", '{"action":1}', 409, NONE),
    ("a step after the end", "POST", "/v1/envs/{over}/step/", '{"action":1}', 409, NONE),
    ("a step of nobody", "POST", "/v1/envs/ffffffff/step/", '{"action":1}', 400, NONE),
    # tensors
    ("no safetensors", "POST", "/v1/envs/{v}/step/", b"hello", 400, "", TENSORS),
    ("a header beyond the end", "POST", "/v1/envs/{v}/step/", struct.pack("<Q", 1 << 60), 400, "", TENSORS),
    ("a header of no JSON", "POST", "/v1/envs/{v}/step/", header_only("{"), 400, "", TENSORS),
    (
        "a tensor beyond the end",
        "POST",
        "/v1/envs/{v}/step/",
        header_only('{"action":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}'),
        400,
        "",
        TENSORS,
    ),
    ("another tensor", "POST", "/v1/envs/{v}/step/", tensors(action=[1, 0], mask=[1, 0]), 400, "/mask", TENSORS),
    ("no tensor", "POST", "/v1/envs/{v}/step/", tensors(), 400, "/action", TENSORS),
    ("a tensor too short", "POST", "/v1/envs/{v}/step/", tensors(action=[1]), 400, "/action", TENSORS),
    ("a tensor out of the space", "POST", "/v1/envs/{v}/step/", tensors(action=[1, 5]), 400, "/action", TENSORS),
    ("a tensor of halves", "POST", "/v1/envs/{v}/step/", tensors(action=[0.5, 1.0]), 400, "/action", TENSORS),
    ("tensors where JSON belongs", "POST", "/v1/envs/", tensors(action=[1]), 415, NONE, TENSORS),
    # rollout
    ("nobody acts", "POST", "/v1/envs/{c}/rollout", '{"steps":3}', 400, ""),
    ("two act", "POST", "/v1/envs/{c}/rollout", '{"policy":"random","actions":[1]}', 400, ""),
    ("an unknown policy", "POST", "/v1/envs/{c}/rollout", '{"policy":"greedy","steps":3}', 400, "/policy"),
    ("no steps", "POST", "/v1/envs/{c}/rollout", '{"policy":"random","steps":0}', 400, "/steps"),
    ("too many steps", "POST", "/v1/envs/{c}/rollout", '{"policy":"random","steps":2000000}', 400, "/steps"),
    ("no length", "POST", "/v1/envs/{c}/rollout", '{"policy":"random"}', 400, "/steps"),
    ("no actions", "POST", "/v1/envs/{c}/rollout", '{"actions":[]}', 400, "/actions"),
    ("a wrong action among others", "POST", "/v1/envs/{c}/rollout", '{"actions":[0,1,2]}', 400, "/actions/2"),
    ("a wrong action in a batch", "POST", "/v1/envs/{v}/rollout", '{"actions":[[0,1],[0,3]]}', 400, "/actions/1/1"),
    ("a word for a flag", "POST", "/v1/envs/{c}/rollout", '{"actions":[1],"transitions":"no"}', 400, "/transitions"),
    ("a rollout of nobody", "POST", "/v1/envs/ffffffff/rollout", '{"policy":"random","steps":3}', 404, NONE),
    # snapshot, restore, fork, render
    ("a snapshot of nobody", "POST", "/v1/envs/ffffffff/snapshot", None, 404, NONE),
    ("no snapshot", "POST", "/v1/envs/{c}/restore", "{}", 400, "/snapshot"),
    ("no base64", "POST", "/v1/envs/{c}/restore", '{"snapshot":"!!"}', 400, "/snapshot"),
    ("no snapshot inside", "POST", "/v1/envs/{c}/restore", '{"snapshot":"aGVsbG8="}', 400, "/snapshot"),
    ("another world's snapshot", "POST", "/v1/envs/{c}/restore", '{"snapshot":"{pendulum}"}', 400, "/snapshot"),
    ("a damaged snapshot", "POST", "/v1/envs/{c}/restore", '{"snapshot":"{damaged}"}', 400, "/snapshot"),
    ("no copies", "POST", "/v1/envs/{c}/fork", '{"copies":0}', 400, "/copies"),
    ("too many copies", "POST", "/v1/envs/{c}/fork", '{"copies":1001}', 400, "/copies"),
    ("an unknown render mode", "GET", "/v1/envs/{c}/render?mode=jpeg", None, 400, "?mode"),
    ("a render mode of other worlds", "GET", "/v1/envs/{c}/render?mode=ansi", None, 400, "?mode"),
    ("an environment beyond", "GET", "/v1/envs/{v}/render?env_index=2", None, 400, "?env_index"),
    ("an environment in words", "GET", "/v1/envs/{v}/render?env_index=one", None, 400, "?env_index"),
    # spaces and monitors
    ("membership of nothing", "GET", "/v1/envs/{c}/action_space/contains", None, 400, NONE),
    ("properties as a list", "POST", "/v1/envs/{c}/observation_space/contains", "[1]", 400, ""),
    ("no directory", "POST", "/v1/envs/{c}/monitor/start/", '{"force":true}', 400, "/directory"),
    # queries and paths
    ("an unknown parameter", "GET", "/v1/envs/{c}?inklude=transition_table", None, 400, "?inklude"),
    ("an unknown inclusion", "GET", "/v1/envs/{f}?include=everything", None, 400, "?include"),
    ("a table that is not there", "GET", "/v1/envs/{c}?include=transition_table", None, 400, "?include"),
    ("a limit of nothing", "GET", "/v1/environments?limit=0", None, 400, "?limit"),
    ("a limit too high", "GET", "/v1/environments?limit=1001", None, 400, "?limit"),
    ("a limit in words", "GET", "/v1/environments?limit=ten", None, 400, "?limit"),
    ("an odd cursor", "GET", "/v1/environments?cursor=%F0%9F%92%A9", None, 400, "?cursor"),
    ("a NUL in the query", "GET", "/v1/environments?cursor=%00", None, 400, NONE),
    ("an unknown path", "GET", "/v1/nothing", None, 404, NONE),
    ("an unknown instance", "GET", "/v1/envs/ffffffff", None, 404, NONE),
    ("an id in capitals", "GET", "/v1/envs/FFFFFFFF", None, 404, NONE),
    ("a path with a hole", "GET", "/v1//environments", None, 404, NONE),
    ("a path that climbs", "GET", "/v1/envs/../environments", None, 400, NONE),
    ("a broken escape", "GET", "/v1/environments/%zz", None, 400, NONE),
    ("an escaped NUL", "GET", "/v1/environments/CartPole-v1%00", None, 400, NONE),
    # methods
    ("PUT a list", "PUT", "/v1/envs/", "{}", 405, NONE),
    ("GET a step", "GET", "/v1/envs/{c}/step/", None, 405, NONE),
    ("DELETE a step", "DELETE", "/v1/envs/{c}/step/", None, 405, NONE),
    ("POST health", "POST", "/livez", "{}", 405, NONE),
    ("PATCH an instance", "PATCH", "/v1/envs/{c}", "{}", 405, NONE),
    ("an invented method", "BREW", "/v1/envs/", None, 405, NONE),
    # media types, headers and sizes
    ("plain text", "POST", "/v1/envs/", '{"env_id":"CartPole-v1"}', 415, NONE, {"Content-Type": "text/plain"}),
    ("XML", "POST", "/v1/envs/", "<env/>", 415, NONE, {"Content-Type": "application/xml"}),
    ("a web page's request", "POST", "/v1/envs/", '{"env_id":"CartPole-v1"}', 403, NONE, {"Origin": "null"}),
    ("a web page's question", "GET", "/v1/envs/", None, 403, NONE, {"Origin": "http://evil.example"}),
    ("another server's name", "GET", "/v1/envs/", None, 421, NONE, {"Host": "evil.example"}),
    ("a wrapper nobody has", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","wrappers":[{"wrapper":"Fog"}]}', 400, "/wrappers/0/wrapper"),
    ("stacks of stacks", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","wrappers":[' + ",".join(['{"wrapper":"FrameStackObservation","stack_size":64}'] * 8) + "]}", 400, "/wrappers/2/stack_size"),
    ("stacks for very many", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","num_envs":65536,"wrappers":[' + ",".join(['{"wrapper":"FrameStackObservation","stack_size":16}'] * 2) + "]}", 400, "/wrappers/1/stack_size"),
    ("two sizes of one stack", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","wrappers":[{"wrapper":"FrameStackObservation","stack_size":[2,3]}]}', 400, "/wrappers/0/stack_size"),
    ("bins for no Box", "POST", "/v1/envs/", '{"env_id":"CartPole-v1","wrappers":[{"wrapper":"DiscretizeAction","bins":3}]}', 400, "/wrappers/0/bins"),
    ("an unknown expectation", "POST", "/v1/envs/", "{}", 417, NONE, {"Expect": "coffee"}),
    ("two megabytes", "POST", "/v1/envs/", '{"env_id":"' + "a" * 2_000_000 + '"}', 413, NONE),
]

AGENTS = [
    ("an agent for nothing", "POST", "/v1/agents/", "{}", 400, ""),
    ("an agent without a body", "POST", "/v1/agents/", None, 400, ""),
    ("an agent for an unknown world", "POST", "/v1/agents/", '{"env_id":"Nope-v0"}', 400, "/env_id"),
    (
        "a world and spaces",
        "POST",
        "/v1/agents/",
        '{"env_id":"CartPole-v1","action_space":{"type":"Discrete","n":2}}',
        400,
        "",
    ),
    ("half the spaces", "POST", "/v1/agents/", '{"action_space":{"type":"Discrete","n":2}}', 400, ""),
    ("a field of another issue", "POST", "/v1/agents/", '{"env_id":"CartPole-v1","action_features":[]}', 400, "/action_features"),
    ("an empty name", "POST", "/v1/agents/", '{"env_id":"CartPole-v1","name":""}', 400, "/name"),
    ("an agent's negative seed", "POST", "/v1/agents/", '{"env_id":"CartPole-v1","seed":-1}', 400, "/seed"),
    ("a null name", "POST", "/v1/agents/", '{"env_id":"CartPole-v1","name":null}', 400, "/name"),
    ("episodes beyond seeds", "POST", "/v1/agents/{a}/evaluate/", '{"num_episodes":2,"seed":9223372036854775807}', 400, "/seed"),
    ("an unknown ancestor", "POST", "/v1/agents/", '{"env_id":"CartPole-v1","init_from":"ffffffff"}', 400, "/init_from"),
    ("an unknown network", "POST", "/v1/agents/", '{"env_id":"CartPole-v1","network":{"type":"cnn"}}', 400, "/network/type"),
    ("an odd field of the network", "POST", "/v1/agents/", '{"env_id":"CartPole-v1","network":{"gru":1}}', 400, "/network/gru"),
]

DISCRETE = {"type": "Discrete", "n": 2}


def with_spaces(**spaces):
    return json.dumps({"observation_space": DISCRETE, "action_space": DISCRETE, **spaces})


AGENTS += [
    (name, "POST", "/v1/agents/", with_spaces(**{key: space}), 400, pointer)
    for name, key, space, pointer in [
        ("an unknown space", "observation_space", {"type": "Ball"}, "/observation_space/type"),
        ("a space without a type", "action_space", {"n": 2}, "/action_space/type"),
        ("a space as a list", "action_space", [2], "/action_space"),
        ("nothing to choose", "action_space", {"type": "Discrete", "n": 0}, "/action_space/n"),
        ("an odd field of a space", "action_space", {"type": "Discrete", "n": 2, "m": 1}, "/action_space/m"),
        ("no length", "action_space", {"type": "MultiDiscrete"}, "/action_space/nvec"),
        ("a Box without bounds", "observation_space", {"type": "Box", "shape": [2]}, "/observation_space/low"),
        (
            "bounds of another shape",
            "observation_space",
            {"type": "Box", "shape": [2], "low": [0, 0, 0], "high": 1},
            "/observation_space/low",
        ),
        (
            "a bound in words",
            "observation_space",
            {"type": "Box", "shape": [2], "low": [0, "x"], "high": 1},
            "/observation_space/low/1",
        ),
        (
            "a negative shape",
            "observation_space",
            {"type": "Box", "shape": [-1], "low": 0, "high": 1},
            "/observation_space/shape/0",
        ),
        (
            "a space deep inside",
            "observation_space",
            {"type": "Dict", "subspaces": {"a": {"type": "Tuple", "subspaces": [DISCRETE, {"type": "Discrete", "n": -3}]}}},
            "/observation_space/subspaces/a/subspaces/1/n",
        ),
        ("a space that cannot be learned", "observation_space", {"type": "Text", "max_length": 5}, "/observation_space"),
    ]
]

AGENTS += [
    (f"{key} = {json.dumps(value)}", "POST", "/v1/agents/", body, 400, f"/hyperparameters/{pointer}")
    for key, value, pointer in [
        ("lr", 0.1, "lr"),
        ("learning_rate", 0, "learning_rate"),
        ("learning_rate", "fast", "learning_rate"),
        ("discount", 1.5, "discount"),
        ("batch_size", 0, "batch_size"),
        ("optimizer", "adamw", "optimizer"),
        ("replay", "fifo", "replay"),
        ("hidden_sizes", [64, 0], "hidden_sizes"),
        ("exploration", {"initial": 2}, "exploration/initial"),
        ("target_update", {"tau": 0}, "target_update/tau"),
        ("target_update", {"soft": 1}, "target_update/soft"),
        ("double_q", 1, "double_q"),
    ]
    for body in [json.dumps({"env_id": "CartPole-v1", "hyperparameters": {key: value}})]
]

AGENTS += [
    ("nothing observed", "POST", "/v1/agents/{a}/act/", "{}", 400, ""),
    ("both observed", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0,0],"observations":[[0,0,0,0]]}', 400, ""),
    ("a short observation", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0]}', 400, "/observation"),
    ("a word observed", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,"x",0]}', 400, "/observation/2"),
    ("no observations", "POST", "/v1/agents/{a}/act/", '{"observations":[]}', 400, "/observations"),
    ("a wrong one observed", "POST", "/v1/agents/{a}/act/", '{"observations":[[0,0,0,0],[0]]}', 400, "/observations/1"),
    ("a short mask", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0,0],"action_mask":[1]}', 400, "/action_mask"),
    ("a mask of nothing", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0,0],"action_mask":[0,0]}', 400, "/action_mask"),
    ("a mask of twos", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0,0],"action_mask":[1,2]}', 400, "/action_mask/1"),
    ("a mask of strangers", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0,0],"action_mask":{"allowed":[0,2]}}', 400, "/action_mask/allowed/1"),
    ("a mask of no list", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0,0],"action_mask":{"forbidden":1}}', 400, "/action_mask/forbidden"),
    ("an empty mask", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0,0],"action_mask":{}}', 400, "/action_mask"),
    ("the best none", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0,0],"top_k":0}', 400, "/top_k"),
    ("an unknown inclusion", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0,0],"include":["q"]}', 400, "/include/0"),
    ("a word for a flag", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0,0],"deterministic":"no"}', 400, "/deterministic"),
    ("a version to come", "POST", "/v1/agents/{a}/act/", '{"observation":[0,0,0,0],"version":99}', 404, NONE),
    ("tensors of another shape", "POST", "/v1/agents/{a}/act/", tensors(observations=[[0.0]]), 400, "/observations", TENSORS),
    ("nobody acts", "POST", "/v1/agents/ffffffff/act/", '{"observation":[0,0,0,0]}', 404, NONE),
    ("a rollout by nobody", "POST", "/v1/envs/{c}/rollout", '{"agent_id":"ffffffff","steps":1}', 404, "/agent_id"),
    ("a rollout by a stranger", "POST", "/v1/envs/{p}/rollout", '{"agent_id":"{a}","steps":1}', 400, "/agent_id"),
    ("no steps to train", "POST", "/v1/agents/{a}/train/", '{"steps":0}', 400, "/steps"),
    ("no time to train", "POST", "/v1/agents/{a}/train/", '{"seconds":-1}', 400, "/seconds"),
    ("demonstrations", "POST", "/v1/agents/{a}/train/", '{"demonstrations":["x"]}', 400, "/demonstrations/0"),
    ("no phases", "POST", "/v1/agents/{a}/train/", '{"phases":[]}', 400, "/phases"),
    ("an unknown phase", "POST", "/v1/agents/{a}/train/", '{"phases":[{"phase":"dream"}]}', 400, "/phases/0/phase"),
    (
        "an unknown method",
        "POST",
        "/v1/agents/{a}/train/",
        '{"phases":[{"phase":"reinforce","method":"x"}]}',
        400,
        "/phases/0/method",
    ),
    ("another world to train in", "POST", "/v1/agents/{a}/train/", '{"env_id":"Pendulum-v1"}', 400, "/env_id"),
    ("a target in words", "POST", "/v1/agents/{a}/train/", '{"target_return":"high"}', 400, "/target_return"),
    ("no evaluation", "POST", "/v1/agents/{a}/train/", '{"evaluate":{"num_episodes":0}}', 400, "/evaluate/num_episodes"),
    ("a wait of maybe", "POST", "/v1/agents/{a}/train/?wait=maybe", '{"steps":1}', 400, "?wait"),
    ("nothing handed over", "POST", "/v1/agents/{a}/observe/", "{}", 400, "/transitions"),
    ("an empty transition", "POST", "/v1/agents/{a}/observe/", '{"transitions":[{}]}', 400, "/transitions/0/observation"),
]

TRANSITION = {
    "observation": [0, 0, 0, 0],
    "action": 1,
    "reward": 1,
    "next_observation": [0, 0, 0, 0],
    "terminated": False,
}

AGENTS += [
    (
        f"a transition with {key} = {json.dumps(value)}",
        "POST",
        "/v1/agents/{a}/observe/",
        json.dumps({"transitions": [TRANSITION, {**TRANSITION, key: value}]}),
        400,
        f"/transitions/1/{pointer}",
    )
    for key, value, pointer in [
        ("action", 2, "action"),
        ("reward", "much", "reward"),
        ("next_observation", [0, 0, 0], "next_observation"),
        ("terminated", 1, "terminated"),
        ("mood", "good", "mood"),
    ]
]

AGENTS += [
    ("no episodes", "POST", "/v1/agents/{a}/evaluate/", '{"num_episodes":0}', 400, "/num_episodes"),
    ("another world to be judged in", "POST", "/v1/agents/{a}/evaluate/", '{"env_id":"Pendulum-v1"}', 400, "/env_id"),
    ("an unknown format", "GET", "/v1/agents/{a}/policy?format=pickle", None, 400, "?format"),
    ("an unknown version", "GET", "/v1/agents/{a}/policy?version=99", None, 404, NONE),
    ("a policy in JSON", "PUT", "/v1/agents/{a}/policy", "{}", 415, NONE, {"Content-Type": "application/json"}),
    ("a policy of nothing", "PUT", "/v1/agents/{a}/policy", tensors(), 400, "", TENSORS),
    ("a policy cut short", "PUT", "/v1/agents/{a}/policy", b"12345", 400, "", TENSORS),
    ("a rollback to nothing", "POST", "/v1/agents/{a}/rollback", "{}", 400, "/version"),
    ("a rollback into the future", "POST", "/v1/agents/{a}/rollback", '{"version":99}', 404, NONE),
    ("a rollback in words", "POST", "/v1/agents/{a}/rollback", '{"version":"first"}', 400, "/version"),
    ("an unknown agent", "GET", "/v1/agents/ffffffff", None, 404, NONE),
    ("DELETE an unknown agent", "DELETE", "/v1/agents/ffffffff", None, 404, NONE),
    ("PATCH an agent", "PATCH", "/v1/agents/{a}", "{}", 405, NONE),
    ("an unknown job", "GET", "/v1/jobs/ffffffff", None, 404, NONE),
    ("DELETE an unknown job", "DELETE", "/v1/jobs/ffffffff", None, 404, NONE),
    ("POST a job", "POST", "/v1/jobs/", "{}", 405, NONE),
    ("an unknown curve", "GET", "/v1/jobs/{j}/metrics?format=xml", None, 400, "?format"),
    ("events after a word", "GET", "/v1/jobs/{j}/events", None, 400, NONE, {"Last-Event-ID": "abc"}),
]

LARGE = {"policy_gradient": {"rollout_steps": 65536}}
IMITATE = {"phase": "imitate"}
LABELLED = {"phase": "aggregate", "expert": "client"}


def training(phase, before=(), **fields):
    """A training whose last phase is the one in question."""
    return json.dumps({"demonstrations": ["{d}"], **fields, "phases": [*before, phase]})


AGENTS += [
    (f"a training with {name}", "POST", "/v1/agents/{a}/train/", body, 400, pointer)
    for name, body, pointer in [
        ("demonstrations as a text", '{"demonstrations":"{d}"}', "/demonstrations"),
        ("a number for demonstrations", '{"demonstrations":["{d}",7]}', "/demonstrations/1"),
        ("unknown demonstrations", '{"demonstrations":["{d}","ffffffff"]}', "/demonstrations/1"),
        ("demonstrations named twice", '{"demonstrations":["{d}","{d}"]}', "/demonstrations/1"),
        ("demonstrations of another world", '{"demonstrations":["{d}","{o}"]}', "/demonstrations/1"),
        ("more demonstrations than there can be", json.dumps({"demonstrations": ["ffffffff"] * 1001}), "/demonstrations"),
        ("an expert that nobody knows", '{"expert":"nobody"}', "/expert"),
        ("an expert of another world", '{"expert":"value-iteration"}', "/expert"),
        ("an agent that is not there as an expert", '{"expert":"ffffffff"}', "/expert"),
        ("an agent of other spaces as an expert", '{"expert":"{t}"}', "/expert"),
        ("a number for an expert", '{"expert":7}', "/expert"),
        ("an expert without a name", '{"expert":""}', "/expert"),
        ("an expert for nobody", training(IMITATE, expert="scripted"), "/expert"),
        ("phases as an object", '{"phases":{"phase":"reinforce"}}', "/phases"),
        ("more phases than there can be", json.dumps({"phases": [{"phase": "reinforce"}] * 101}), "/phases"),
        ("a word for a phase", '{"phases":["reinforce"]}', "/phases/0"),
        ("a phase without a kind", training({"steps": 5}, [IMITATE]), "/phases/1/phase"),
        ("a number for a phase's kind", '{"phases":[{"phase":1}]}', "/phases/0/phase"),
        ("an odd field of a phase", training({**IMITATE, "epochs": 3}, [IMITATE]), "/phases/1/epochs"),
        ("a method of another phase", training({**IMITATE, "method": "ppo"}, [IMITATE]), "/phases/1/method"),
        ("a number for a method", training({**IMITATE, "method": 0}), "/phases/0/method"),
        ("steps of an imitate phase", training({**IMITATE, "steps": 100}, [IMITATE]), "/phases/1/steps"),
        ("episodes of an imitate phase", training({**IMITATE, "episodes": 100}), "/phases/0/episodes"),
        ("no updates in a phase", training({**IMITATE, "updates": 0}), "/phases/0/updates"),
        ("half an update in a phase", training({**IMITATE, "updates": 0.5}), "/phases/0/updates"),
        ("no time in a phase", training({**IMITATE, "seconds": 0}), "/phases/0/seconds"),
        ("steps in words in a phase", training({**LABELLED, "steps": "many"}, [IMITATE]), "/phases/1/steps"),
        ("nobody who labels", training({"phase": "aggregate"}, [IMITATE]), "/phases/1/expert"),
        ("an expert where nobody labels", training({**IMITATE, "expert": "scripted"}), "/phases/0/expert"),
        ("a phase's unknown expert", training({**LABELLED, "expert": "nobody"}, [IMITATE]), "/phases/1/expert"),
        ("a phase's expert of other spaces", training({**LABELLED, "expert": "{t}"}, [IMITATE]), "/phases/1/expert"),
        ("nothing to imitate", '{"phases":[{"phase":"imitate"}]}', "/demonstrations"),
        ("nothing to be like", '{"phases":[{"phase":"adversarial"}]}', "/demonstrations"),
        ("nothing to imitate yet", json.dumps({"phases": [IMITATE, LABELLED]}), "/demonstrations"),
        ("a version of an expert", training({**LABELLED, "expert_version": 0}), "/phases/0/expert_version"),
    ]
]

AGENTS += [
    (
        f"a phase with {json.dumps(hyperparameters)}",
        "POST",
        "/v1/agents/{a}/train/",
        training({"phase": "reinforce", "method": "ppo", "hyperparameters": hyperparameters}, [IMITATE]),
        400,
        "/phases/1/hyperparameters" + pointer,
    )
    for hyperparameters, pointer in [
        ([], ""),
        ("fast", ""),
        ({"learning_speed": 1}, "/learning_speed"),
        ({"a/b~c": 1}, "/a~1b~0c"),
        ({"exploration.final": 0.1}, ""),
        ({"exploration": {"end": 1}}, "/exploration/end"),
        ({"exploration": {"a/b": 1}}, "/exploration/a~1b"),
        ({"exploration": 0.1}, "/exploration"),
        ({"learning_rate": 0}, "/learning_rate"),
        ({"policy_gradient": {"clip": "0.2"}}, "/policy_gradient/clip"),
        ({"policy_gradient": {"batch_size": 0}}, "/policy_gradient/batch_size"),
        ({"labels": {"round": 10_000, "pool": 1000}}, "/labels/pool"),
        ({"adversarial": {"hidden_sizes": [1] * 5}}, "/adversarial/hidden_sizes"),
        ({"hidden_sizes": [8]}, "/hidden_sizes"),
        ({"activation": "tanh"}, "/activation"),
        ({"layer_norm": True}, "/layer_norm"),
        ({"bins": 3}, "/bins"),
        ({"box_distribution": "gaussian"}, "/box_distribution"),
        ({"replay": "prioritized"}, "/replay"),
        ({"replay_capacity": 5000}, "/replay_capacity"),
        ({"learning_starts": 1_000_000}, "/learning_starts"),
    ]
]

AGENTS += [
    (
        "rollouts that fill the memory",
        "POST",
        "/v1/agents/{a}/train/",
        json.dumps({"num_envs": 256, "phases": [{"phase": "reinforce", "method": "ppo", "hyperparameters": LARGE}]}),
        400,
        "/phases/0/hyperparameters/policy_gradient/rollout_steps",
    ),
    ("nowhere to act", "POST", "/v1/agents/{s}/train/", "{}", 400, ""),
    ("nowhere to reinforce", "POST", "/v1/agents/{s}/train/", training({"phase": "reinforce"}), 400, "/env_id"),
    ("nowhere to be labelled", "POST", "/v1/agents/{s}/train/", training(LABELLED, [IMITATE]), 400, "/env_id"),
    ("parameters of nowhere", "POST", "/v1/agents/{s}/train/", training(IMITATE, kwargs={}), 400, "/kwargs"),
    ("a world of other spaces", "POST", "/v1/agents/{s}/train/", training(IMITATE, env_id="Taxi-v4"), 400, "/env_id"),
    ("an unknown world to train in", "POST", "/v1/agents/{s}/train/", training(IMITATE, env_id="Nope-v0"), 400, "/env_id"),
    ("an odd kwarg", "POST", "/v1/agents/{a}/train/", '{"kwargs":{"a/b~c":1}}', 400, "/kwargs/a~1b~0c"),
    ("an agent that is busy with labels", "POST", "/v1/agents/{t}/train/", "{}", 409, NONE),
]

RIGHT = {"state_id": 0, "action": 2}

AGENTS += [
    (name, "POST", f"/v1/agents/{{{agent}}}/labels", body, 400, pointer)
    for name, agent, body, pointer in [
        ("labels that nobody asked for", "a", json.dumps({"labels": [{"state_id": 0, "action": 1}]}), "/labels"),
        ("no labels at all", "t", "{}", "/labels"),
        ("no labels", "t", '{"labels":[]}', "/labels"),
        ("a label that is no list", "t", json.dumps({"labels": RIGHT}), "/labels"),
        ("more labels than there can be", "t", json.dumps({"labels": [RIGHT] * 10_001}), "/labels"),
        ("labels and more", "t", json.dumps({"labels": [RIGHT], "sure": True}), "/sure"),
        ("a label in a word", "t", '{"labels":["south"]}', "/labels/0"),
        *[
            (f"a label {json.dumps(wrong)}", "t", json.dumps({"labels": [RIGHT, wrong]}), f"/labels/1/{pointer}")
            for wrong, pointer in [
                ({"action": 2}, "state_id"),
                ({"state_id": 0}, "action"),
                ({"state_id": None, "action": 2}, "state_id"),
                ({"state_id": 0, "action": None}, "action"),
                ({"state_id": "0", "action": 2}, "state_id"),
                ({"state_id": 0.5, "action": 2}, "state_id"),
                ({"state_id": -1, "action": 2}, "state_id"),
                ({"state_id": 5, "action": 2}, "state_id"),
                ({"state_id": 1 << 62, "action": 2}, "state_id"),
                ({"state_id": 0, "action": 6}, "action"),
                ({"state_id": 0, "action": "south"}, "action"),
                ({"state_id": 0, "action": [2]}, "action"),
                ({"state_id": 0, "action": 2, "observation": 3}, "observation"),
            ]
        ],
    ]
]

AGENTS += [
    ("labels of nobody", "POST", "/v1/agents/ffffffff/labels", json.dumps({"labels": [RIGHT]}), 404, NONE),
    ("PUT labels", "PUT", "/v1/agents/{t}/labels", json.dumps({"labels": [RIGHT]}), 405, NONE),
    ("labels with a query", "POST", "/v1/agents/{t}/labels?sure=true", json.dumps({"labels": [RIGHT]}), 400, "?sure"),
    ("no questions", "GET", "/v1/agents/{t}/labels?limit=0", None, 400, "?limit"),
    ("questions after a word", "GET", "/v1/agents/{t}/labels?cursor=first", None, 400, "?cursor"),
]
