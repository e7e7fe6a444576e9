"""Sample demonstrations with structured spaces, how they look in each form, and how they are sent."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from lamd import safetensors
from lamd.spaces import decode_space

NDJSON = {"Content-Type": "application/x-ndjson"}
TENSORS = {"Content-Type": safetensors.MEDIA_TYPE}
ROOT = "/v1/demonstrations/"

DISCRETE = {"type": "Discrete", "n": 2}
ABOUT: dict[str, Any] = {
    "observation_space": {
        "type": "Dict",
        "subspaces": {
            "position": {"type": "Box", "dtype": "float32", "shape": [2], "low": -1, "high": 1},
            "image": {"type": "Box", "dtype": "uint8", "shape": [2, 2], "low": 0, "high": 255},
            "kind": {"type": "Discrete", "n": 3},
            "deep": {"type": "Tuple", "subspaces": [{"type": "MultiBinary", "n": 3}]},
        },
    },
    "action_space": {
        "type": "Tuple",
        "subspaces": [
            {"type": "Discrete", "n": 3, "start": 1},
            {"type": "Box", "dtype": "float64", "shape": [1], "low": -1, "high": 1},
        ],
    },
}


def about_query(about: dict[str, Any]) -> dict[str, str]:
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in about.items()}


def element(space: Any) -> Any:
    """A random element of a space, as JSON has it."""
    return plain(space.sample())


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    # A float32 as the double that it is.
    return np.asarray(value).tolist()


def _episodes() -> list[dict[str, Any]]:
    observation, action = decode_space(ABOUT["observation_space"]), decode_space(ABOUT["action_space"])
    observation.seed(1)
    action.seed(2)
    random = np.random.default_rng(3)
    episodes = []
    for index, length in enumerate([3, 5, 1, 8]):
        seen = [element(observation) for _ in range(length + 1)]
        # A sensor that overshoots.
        seen[0]["position"][0] = 1.25
        episode = {
            "observations": seen,
            "actions": [element(action) for _ in range(length)],
            "rewards": random.normal(size=length).tolist(),
            "terminations": [False] * (length - 1) + [index % 2 == 0],
            "truncations": [False] * (length - 1) + [index % 2 == 1],
        }
        if index != 1:
            episode["seed"] = 40 + index
        if index > 1:
            episode["infos"] = [
                {"at": n, "words": f'é "{n}"\n', "nested": {"x": [0.5, None]}} for n in range(length + 1)
            ]
        episodes.append(episode)
    return episodes


EPISODES = _episodes()


def same(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Whether an episode came back as it was sent: element by element, what was left out as nothing."""
    keys = ("observations", "actions", "rewards", "terminations", "truncations")
    return (
        all(_same(ours[key], theirs[key]) for key in keys)
        and ours["seed"] == theirs.get("seed")
        and ours.get("infos", []) == theirs.get("infos", [])
    )


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(_same(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(theirs, float) and ours != theirs:
        return np.float32(ours) == np.float32(theirs) == theirs
    return bool(ours == theirs) and isinstance(ours, bool) == isinstance(theirs, bool)


def rounded(value: Any) -> Any:
    """The same with every number a float32: however it was written."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(np.float32(value)) if isinstance(value, float) else value


def as_tensors(episodes: list[dict[str, Any]]) -> bytes:
    """The same as a safetensors file."""

    def gathered(key: str, *way: Any, dtype: Any) -> Any:
        rows = []
        for episode in episodes:
            for row in episode[key]:
                for part in way:
                    row = row[part]
                rows.append(row)
        return np.asarray(rows, dtype)

    infos = "".join(json.dumps(episode.get("infos", [])) + "\n" for episode in episodes)
    return safetensors.dump(
        {
            "observations.position": gathered("observations", "position", dtype=np.float32),
            "observations.image": gathered("observations", "image", dtype=np.uint8),
            "observations.kind": gathered("observations", "kind", dtype=np.int64),
            "observations.deep.0": gathered("observations", "deep", 0, dtype=np.int8),
            "actions.0": gathered("actions", 0, dtype=np.int64),
            "actions.1": gathered("actions", 1, dtype=np.float64),
            "rewards": gathered("rewards", dtype=np.float64),
            "terminations": gathered("terminations", dtype=bool),
            "truncations": gathered("truncations", dtype=bool),
            "episode_lengths": np.array([len(episode["rewards"]) for episode in episodes]),
            "seeds": np.array([episode.get("seed", -1) for episode in episodes]),
            "infos": np.frombuffer(infos.encode(), np.uint8),
        }
    )


def send(daemon, method, path, body=None, headers=None):
    """A reply's status and its JSON."""
    if isinstance(body, (dict, list)):
        body, headers = json.dumps(body), {"Content-Type": "application/json"}
    response = daemon.request(method, path, body, headers or {})
    return response.status, json.loads(response.body)


def made(daemon, method, path, body=None, headers=None):
    """The JSON of a reply that must be a success."""
    status, reply = send(daemon, method, path, body, headers)
    assert status < 300, reply
    return reply


def episodes_of(daemon, demonstration_id, limit=1000):
    """All episodes with their data, page by page."""
    items, cursor = [], ""
    while cursor is not None:
        page = made(daemon, "GET", f"{ROOT}{demonstration_id}/episodes?include=data&limit={limit}{cursor}")
        items += page["items"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert [item["index"] for item in items] == list(range(len(items)))
    return items


def upload(daemon, name, episodes=EPISODES, **about):
    return made(daemon, "POST", ROOT, {"name": name, "episodes": episodes, **(about or ABOUT)})


def lines(episodes):
    return "".join(json.dumps(episode) + "\n" for episode in episodes)


def compared(episode):
    """An episode without infos that say nothing, and without what only a list tells."""
    infos = episode.get("infos") or []
    keys = ("seed", "observations", "actions", "rewards", "terminations", "truncations")
    return rounded({**{key: episode[key] for key in keys}, "infos": infos if any(infos) else []})
