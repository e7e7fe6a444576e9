"""Bad demonstrations are refused by pointer, and nothing is half stored."""

import json
from urllib.parse import urlencode

import numpy as np
import pytest
from daemon import Daemon
from demonstrations import (
    ABOUT,
    DISCRETE,
    EPISODES,
    NDJSON,
    ROOT,
    TENSORS,
    about_query,
    as_tensors,
    lines,
    made,
    send,
    upload,
)

from lamd import safetensors


def changed(key, value):
    """The sample's second episode with one thing wrong."""
    return {**EPISODES[1], key: value}


SAMPLE = EPISODES[1]
LENGTH = len(SAMPLE["rewards"])
FALSE = [False] * LENGTH


def put(key, index, value):
    copied = list(SAMPLE[key])
    copied[index] = value
    return copied


OBSERVATION = SAMPLE["observations"][0]
BAD_EPISODES = [
    ("no object", 5, ""),
    ("an unknown field", {**SAMPLE, "notes": "x"}, "/notes"),
    ("no rewards", changed("rewards", None), "/rewards"),
    ("no step", changed("rewards", []), "/rewards"),
    ("a reward in words", changed("rewards", put("rewards", 2, "much")), "/rewards/2"),
    ("a null reward", changed("rewards", put("rewards", 0, None)), "/rewards/0"),
    ("an infinite reward", changed("rewards", put("rewards", 1, "Infinity")), "/rewards/1"),
    ("an observation too few", changed("observations", SAMPLE["observations"][:-1]), "/observations"),
    ("an action too many", changed("actions", SAMPLE["actions"] + SAMPLE["actions"][:1]), "/actions"),
    ("a flag too few", changed("terminations", FALSE[1:]), "/terminations"),
    ("observations as columns", changed("observations", {"position": []}), "/observations"),
    ("a key missing", changed("observations", put("observations", 3, {"position": [0, 0]})), "/observations/3/image"),
    ("an unknown key", changed("observations", put("observations", 0, {**OBSERVATION, "x": 1})), "/observations/0/x"),
    (
        "a short box", changed("observations", put("observations", 1, {**OBSERVATION, "position": [0]})),
        "/observations/1/position",
    ),
    (
        "a word in a box", changed("observations", put("observations", 1, {**OBSERVATION, "position": [0, "x"]})),
        "/observations/1/position/1",
    ),
    (
        "an infinity in a box",
        changed("observations", put("observations", 1, {**OBSERVATION, "position": [0, "Infinity"]})),
        "/observations/1/position/1",
    ),
    (
        "a number beyond float32",
        changed("observations", put("observations", 1, {**OBSERVATION, "position": [0, 1e39]})),
        "/observations/1/position/1",
    ),
    (
        "a fraction of a byte", changed("observations", put("observations", 1, {**OBSERVATION, "image": [[0.5, 0], [0, 0]]})),
        "/observations/1/image/0/0",
    ),
    (
        "more than a byte", changed("observations", put("observations", 1, {**OBSERVATION, "image": [[256, 0], [0, 0]]})),
        "/observations/1/image/0/0",
    ),
    ("a state beyond", changed("observations", put("observations", 2, {**OBSERVATION, "kind": 3})), "/observations/2/kind"),
    ("an action beyond", changed("actions", put("actions", 2, [4, [0.0]])), "/actions/2/0"),
    ("an action below its start", changed("actions", put("actions", 2, [0, [0.0]])), "/actions/2/0"),
    ("an action out of bounds", changed("actions", put("actions", 1, [1, [1.5]])), "/actions/1/1/0"),
    ("half an action", changed("actions", put("actions", 0, [1])), "/actions/0"),
    ("an early end", changed("terminations", [False, True] + FALSE[2:]), "/terminations/1"),
    ("an early cut", changed("truncations", [True] + FALSE[1:]), "/truncations/0"),
    ("a flag as a number", changed("truncations", [0] * LENGTH), "/truncations/0"),
    ("infos too few", changed("infos", [{}] * LENGTH), "/infos"),
    ("an info that is none", changed("infos", [{}] * LENGTH + [3]), f"/infos/{LENGTH}"),
    ("a negative seed", changed("seed", -1), "/seed"),
    ("an index in words", changed("env_index", "first"), "/env_index"),
]  # fmt: skip


def stored(daemon):
    """Every file of demonstrations with its bytes, and what the routes tell."""
    folder = daemon.state / "demonstrations"
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return files, made(daemon, "GET", ROOT + "?limit=1000")


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    running = Daemon(tmp_path_factory.mktemp("refusing") / "lamd").start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def kept(target):
    return upload(target, "kept")["demonstration_id"]


@pytest.mark.parametrize(("bad", "pointer"), [row[1:] for row in BAD_EPISODES], ids=[row[0] for row in BAD_EPISODES])
def test_a_bad_episode_is_refused_by_pointer_and_nothing_is_stored(target, kept, bad, pointer):
    before = stored(target)
    batch = [EPISODES[0], EPISODES[2], bad]
    for path, body in [
        (ROOT, {"name": "half", "episodes": batch, **ABOUT}),
        (f"{ROOT}{kept}/episodes", {"episodes": batch}),
    ]:
        status, problem = send(target, "POST", path, body)
        assert (status, problem["pointer"]) == (400, "/episodes/2" + pointer), problem
    query = urlencode({"name": "half", **about_query(ABOUT)})
    for path in (f"{ROOT}?{query}", f"{ROOT}{kept}/episodes"):
        status, problem = send(target, "POST", path, lines(batch), NDJSON)
        assert (status, problem["pointer"]) == (400, pointer), problem
        assert problem["detail"].startswith("line 3: ")
    assert stored(target) == before


GOOD = safetensors.load(as_tensors(EPISODES))
STEPS = len(GOOD["rewards"])


def with_tensor(name, change):
    """The sample's tensors with one of them changed, or left out."""
    changed = change(GOOD[name].copy()) if name in GOOD else change(None)
    return {
        **{key: value for key, value in GOOD.items() if key != name},
        **({} if changed is None else {name: changed}),
    }


def assigned(index, value):
    def change(array):
        array[index] = value
        return array

    return change


BAD_TENSORS = [
    ("no rewards", "rewards", lambda _: None),
    ("rewards in columns", "rewards", lambda a: a[:, None]),
    ("whole rewards", "rewards", lambda a: a.astype(np.int64)),
    ("a reward that is no number", "rewards", assigned(3, np.nan)),
    ("an infinite reward", "rewards", assigned(0, np.inf)),
    ("no lengths", "episode_lengths", lambda _: None),
    ("an empty episode", "episode_lengths", assigned(0, 0)),
    ("a negative episode", "episode_lengths", assigned(0, -3)),
    ("too long an episode", "episode_lengths", assigned(0, 1 << 62)),
    ("lengths that do not add up", "episode_lengths", assigned(1, 2)),
    ("lengths in reals", "episode_lengths", lambda a: a.astype(np.float64)),
    ("no position", "observations.position", lambda _: None),
    ("a position too few", "observations.position", lambda a: a[1:]),
    ("a flat position", "observations.position", lambda a: a[:, :1]),
    ("a position that is no number", "observations.position", assigned((2, 1), np.nan)),
    ("an infinite position", "observations.position", assigned((2, 1), -np.inf)),
    ("a whole position", "observations.position", lambda a: a.astype(np.int32)),
    ("a kind beyond", "observations.kind", assigned(0, 3)),
    ("an action beyond", "actions.0", assigned(1, 4)),
    ("an action out of bounds", "actions.1", assigned((1, 0), 1.01)),
    ("an action that is no number", "actions.1", assigned((1, 0), np.nan)),
    ("an early end", "terminations", assigned(0, True)),
    ("flags in reals", "truncations", lambda a: a.astype(np.float32)),
    ("seeds in reals", "seeds", lambda a: a.astype(np.float64)),
    ("a seed of -2", "seeds", assigned(0, -2)),
    ("masks of no Discrete", "action_masks", lambda _: np.ones((STEPS + len(EPISODES), 3), bool)),
    ("infos that are no text", "infos", lambda a: a.astype(np.int64)),
    ("a line of infos too few", "infos", lambda a: a[: -3]),
    ("infos that are no JSON", "infos", assigned(0, ord("{"))),
    ("an unknown tensor", "notes", lambda _: np.zeros(3)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change"), [row[1:] for row in BAD_TENSORS], ids=[row[0] for row in BAD_TENSORS])
def test_a_bad_tensor_is_refused_by_name_and_nothing_is_stored(target, kept, name, change):
    before = stored(target)
    body = safetensors.dump(with_tensor(name, change))
    query = urlencode({"name": "half", **about_query(ABOUT)})
    for path in (f"{ROOT}?{query}", f"{ROOT}{kept}/episodes"):
        status, problem = send(target, "POST", path, body, TENSORS)
        assert (status, problem["pointer"]) == (400, f"/{name}"), problem
    assert stored(target) == before


BOX = {"type": "Box", "dtype": "float32", "shape": [2], "low": -1, "high": 1}
SPACES = {"observation_space": BOX, "action_space": DISCRETE}
BAD_SETS = [
    ("nothing", {}, "/episodes"),
    ("no name", {"episodes": [], **SPACES}, "/name"),
    ("an empty name", {"name": "", "episodes": [], **SPACES}, "/name"),
    ("too long a name", {"name": "x" * 201, "episodes": [], **SPACES}, "/name"),
    ("no spaces", {"name": "a", "episodes": []}, ""),
    ("one space", {"name": "a", "episodes": [], "action_space": DISCRETE}, "/observation_space"),
    ("an unknown world", {"name": "a", "episodes": [], "env_id": "Chess-v0"}, "/env_id"),
    ("an unknown kwarg", {"name": "a", "episodes": [], "env_id": "CartPole-v1", "kwargs": {"g": 1}}, "/kwargs/g"),
    ("kwargs of nothing", {"name": "a", "episodes": [], **SPACES, "kwargs": {"g": 1}}, "/kwargs"),
    (
        "a broken space",
        {"name": "a", "episodes": [], **SPACES, "observation_space": {"type": "Box", "shape": [2], "low": 0}},
        "/observation_space/high",
    ),
    (
        "text observed",
        {"name": "a", "episodes": [], **SPACES, "observation_space": {"type": "Text", "max_length": 5}},
        "/observation_space",
    ),
    (
        "nothing observed",
        {"name": "a", "episodes": [], **SPACES, "observation_space": {"type": "Dict", "subspaces": {}}},
        "/observation_space",
    ),
    ("metadata as a list", {"name": "a", "episodes": [], **SPACES, "metadata": [1]}, "/metadata"),
    ("too much metadata", {"name": "a", "episodes": [], **SPACES, "metadata": {"x": "y" * 66_000}}, "/metadata"),
    ("an unknown field", {"name": "a", "episodes": [], **SPACES, "size": 1}, "/size"),
    ("episodes as an object", {"name": "a", "episodes": {}, **SPACES}, "/episodes"),
    ("an expert of episodes", {"name": "a", "episodes": [], **SPACES, "expert": "scripted"}, "/expert"),
    ("an expert of spaces", {"name": "a", "expert": "scripted", **SPACES}, "/env_id"),
    ("an unknown expert", {"expert": "nobody", "env_id": "CartPole-v1"}, "/expert"),
    ("no episodes asked for", {"expert": "scripted", "env_id": "CartPole-v1", "num_episodes": 0}, "/num_episodes"),
    ("too much exploration", {"expert": "scripted", "env_id": "CartPole-v1", "exploration": 1.5}, "/exploration"),
    ("a negative seed", {"expert": "scripted", "env_id": "CartPole-v1", "seed": -1}, "/seed"),
    (
        "a mask for some",
        {"name": "a", **SPACES, "episodes": [
            {"observations": [[0, 0], [0, 0]], "actions": [0], "rewards": [0], "terminations": [True],
             "truncations": [False], "infos": [{"action_mask": [1, 1]}, {}]}]},
        "/episodes/0/infos/1/action_mask",
    ),
    (
        "a mask of twos",
        {"name": "a", **SPACES, "episodes": [
            {"observations": [[0, 0], [0, 0]], "actions": [0], "rewards": [0], "terminations": [True],
             "truncations": [False], "infos": [{"action_mask": [2, 1]}, {"action_mask": [1, 1]}]}]},
        "/episodes/0/infos/0/action_mask",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "pointer"), [row[1:] for row in BAD_SETS], ids=[row[0] for row in BAD_SETS])
def test_a_bad_set_is_refused_by_pointer(target, body, pointer):
    before = stored(target)
    status, problem = send(target, "POST", ROOT, body)
    assert (status, problem["pointer"]) == (400, pointer), problem
    assert stored(target) == before


def test_other_bad_requests(target, kept):
    before = stored(target)
    text = {"Content-Type": "text/plain"}
    rows = [
        ("POST", ROOT, "x", text, 415, None),
        ("POST", f"{ROOT}?name=a", {"name": "a"}, None, 400, "?name"),
        ("POST", f"{ROOT}?name=a&env=CartPole-v1", lines(EPISODES), NDJSON, 400, "?env"),
        ("POST", f"{ROOT}?name=a&env_id=Chess-v0", lines(EPISODES), NDJSON, 400, "?env_id"),
        ("POST", f"{ROOT}?name=a&env_id=CartPole-v1&kwargs=x", lines(EPISODES), NDJSON, 400, "?kwargs"),
        ("POST", f"{ROOT}?env_id=CartPole-v1", lines(EPISODES), NDJSON, 400, "?name"),
        ("POST", f"{ROOT}{kept}/episodes", "{}\n{", NDJSON, 400, "/rewards"),
        ("POST", f"{ROOT}{kept}/episodes", lines(EPISODES) + "[", NDJSON, 400, ""),
        ("POST", f"{ROOT}{kept}/episodes", '"' + "x" * (1 << 20) + '"', NDJSON, 413, ""),
        ("POST", f"{ROOT}{kept}/episodes", "[" * 5000, NDJSON, 400, ""),
        ("POST", f"{ROOT}{kept}/episodes", b"12345", TENSORS, 400, ""),
        ("POST", f"{ROOT}{kept}/episodes", {}, None, 400, "/episodes"),
        ("POST", f"{ROOT}ffffffff/episodes", {"episodes": []}, None, 404, None),
        ("GET", f"{ROOT}ffffffff", None, None, 404, None),
        ("GET", f"{ROOT}{kept}/file?format=hdf5", None, None, 400, "?format"),
        ("GET", f"{ROOT}{kept}/episodes?cursor=x", None, None, 400, "?cursor"),
        ("GET", f"{ROOT}{kept}/episodes?include=all", None, None, 400, "?include"),
        ("DELETE", f"{ROOT}ffffffff", None, None, 404, None),
        ("POST", ROOT, {"name": "kept", "episodes": [], **ABOUT}, None, 409, "/name"),
    ]  # fmt: skip
    for method, path, body, headers, expected, pointer in rows:
        status, problem = send(target, method, path, body, headers)
        assert (status, problem.get("pointer")) == (expected, pointer), (path, problem)
    assert stored(target) == before


def test_a_short_body_cannot_ask_for_much_memory(target):
    """Shapes that multiply to more than there is: refused before anything is made of them."""
    wide = {"type": "Box", "dtype": "float64", "shape": [1_000_000], "low": 0, "high": 1}
    zeros = [0] * 100_000
    body = {"name": "wide", "observation_space": wide, "action_space": DISCRETE, "episodes": [
        {"observations": [0, *zeros], "actions": zeros, "rewards": zeros,
         "terminations": [], "truncations": []}]}  # fmt: skip
    status, problem = send(target, "POST", ROOT, body)
    assert (status, problem["pointer"]) == (400, "/episodes/0/observations/0")
    query = urlencode({"name": "wide", "observation_space": json.dumps(wide), "action_space": json.dumps(DISCRETE)})
    tensors = {
        "rewards": np.zeros(500_000), "terminations": np.zeros(500_000, bool), "truncations": np.zeros(500_000, bool),
        "episode_lengths": np.array([500_000]), "observations": np.zeros((1, 1)), "actions": np.zeros(500_000, np.int64),
    }  # fmt: skip
    status, problem = send(target, "POST", f"{ROOT}?{query}", safetensors.dump(tensors), TENSORS)
    assert (status, problem["pointer"]) == (400, "/observations")
    integers = {"type": "Box", "dtype": "int64", "shape": [1], "low": "-Infinity", "high": "Infinity"}
    for value in (1e300, "Infinity", 9223372036854775807.0):
        episode = {
            "observations": [[value], [0]],
            "actions": [0],
            "rewards": [0],
            "terminations": [True],
            "truncations": [False],
        }
        body = {"name": "i", "observation_space": integers, "action_space": DISCRETE, "episodes": [episode]}
        status, problem = send(target, "POST", ROOT, body)
        assert (status, problem["pointer"]) == (400, "/episodes/0/observations/0/0"), problem
