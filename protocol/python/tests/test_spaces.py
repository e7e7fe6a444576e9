import json
from pathlib import Path

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import data_equivalence

from lamd.spaces import (
    decode,
    decode_info,
    decode_space,
    encode,
    encode_space,
    from_tensors,
    info_from_tensors,
    row,
    to_tensors,
)

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "spaces").glob("*.json"))

SPACES = [
    spaces.Box(-1, 1, (2, 3)),
    spaces.Box(np.array([-np.inf, 0], "f8"), np.array([np.inf, 5], "f8"), dtype=np.float64),
    spaces.Box(0, 255, (2, 2, 3), np.uint8),
    spaces.Box(-3, 3, (), np.int32),
    spaces.Discrete(7, start=-2),
    spaces.MultiDiscrete([3, 2], start=[1, -1]),
    spaces.MultiDiscrete(np.array([[2, 3], [4, 5]])),
    spaces.MultiBinary(4),
    spaces.MultiBinary([2, 3]),
    spaces.Text(5, min_length=0, charset='aé "\\'),
    spaces.Dict(b=spaces.Discrete(2), a=spaces.Dict(x=spaces.Box(0, 1, (1,)))),
    spaces.Tuple([spaces.Discrete(3), spaces.Tuple([]), spaces.MultiBinary(2)]),
    spaces.Sequence(spaces.Box(0, 1, (2,))),
    spaces.Sequence(spaces.Discrete(4), stack=True),
    spaces.Sequence(spaces.Dict(a=spaces.Discrete(2))),
    spaces.OneOf([spaces.Discrete(2), spaces.Box(0, 1, (2,))]),
    spaces.Graph(spaces.Box(0, 1, (2,)), spaces.Discrete(3)),
    spaces.Graph(spaces.Discrete(3), None),
]


def over_the_wire(value):
    return json.loads(json.dumps(value, allow_nan=False))


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_a_space_comes_back_as_it_went(space):
    assert decode_space(over_the_wire(encode_space(space))) == space


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_members_come_back_as_they_went(space):
    space.seed(3)
    for _ in range(20):
        member = space.sample()
        back = decode(space, over_the_wire(encode(space, member)))
        assert back in space
        assert encode(space, back) == encode(space, member)


def test_members_have_the_types_that_gymnasium_gives_them():
    flat = spaces.Box(-1, 1, (2,)).sample()
    for space, member in [
        (spaces.Box(-1, 1, (2,)), flat),
        (spaces.Discrete(3), 2),
        (spaces.Tuple([spaces.Discrete(3), spaces.Box(-1, 1, (2,))]), (1, flat)),
        (spaces.Dict(a=spaces.MultiBinary(2)), {"a": np.array([0, 1], np.int8)}),
        (spaces.Sequence(spaces.Discrete(4), stack=True), np.array([1, 3])),
        (spaces.Sequence(spaces.Discrete(4)), (1, 3)),
        (spaces.Text(3), "abc"),
    ]:
        assert data_equivalence(decode(space, over_the_wire(encode(space, member))), member, exact=True)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_golden_examples(path):
    example = json.loads(path.read_text())
    space = decode_space(example["space"])
    assert encode_space(decode_space(over_the_wire(encode_space(space)))) == encode_space(space)
    for member in example["members"]:
        assert decode(space, member) in space
        assert decode(space, over_the_wire(encode(space, decode(space, member)))) in space
    assert len(example["members"]) == 2
    assert len(example["non_members"]) >= 2


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_strangers_among_the_golden_examples(path):
    example = json.loads(path.read_text())
    space = decode_space(example["space"])
    for stranger in example["non_members"]:
        try:
            value = decode(space, stranger["value"])
        except (ValueError, KeyError, IndexError, TypeError, OverflowError):
            continue
        faithful = over_the_wire(encode(space, value)) == stranger["value"]
        assert not faithful or value not in space


def test_scalar_bounds_and_defaults():
    assert decode_space({"type": "Box", "shape": [2], "low": "-Infinity", "high": 1}) == spaces.Box(-np.inf, 1, (2,))
    assert decode_space({"type": "Discrete", "n": 3}) == spaces.Discrete(3)
    assert decode_space({"type": "MultiDiscrete", "nvec": [2, 2]}) == spaces.MultiDiscrete([2, 2])
    assert decode_space({"type": "Text", "max_length": 3}) == spaces.Text(3)


@pytest.mark.parametrize("form", [{"type": "Ball"}, {"n": 3}, {"type": "Tuple"}])
def test_what_is_no_space_is_refused(form):
    with pytest.raises(ValueError, match="not a space"):
        decode_space(form)


def test_batches_as_tensors():
    space = spaces.Dict(pose=spaces.Tuple([spaces.Box(0, 1, (2,)), spaces.Discrete(4)]), flag=spaces.MultiBinary(2))
    batch = {"pose": (np.ones((3, 2), "f4"), np.array([0, 3, 1])), "flag": np.zeros((3, 2), "i1")}
    tensors = to_tensors("observation", space, batch)
    assert tensors.keys() == {"observation.pose.0", "observation.pose.1", "observation.flag"}
    assert data_equivalence(from_tensors("observation", space, tensors), batch, exact=True)
    assert row(space, batch, 1)["pose"][1] == 3
    with pytest.raises(TypeError, match="Text has no tensor form"):
        to_tensors("action", spaces.Text(3), ["a"])


def test_infos():
    info = decode_info({"prob": 1, "action_mask": [1, 0], "deep": {"x": [0.5]}, "words": ["a"]})
    assert info["prob"] == 1 and info["words"] == ["a"]
    assert info["action_mask"].dtype == np.int8
    assert info["deep"]["x"].dtype == np.float64


def test_infos_from_tensors():
    space = spaces.Discrete(5)
    tensors = {
        "observation": np.array([1, 2]),
        "info.prob": np.array([0.5, 1.0]),
        "info._prob": np.array([True, True]),
        "final_obs": np.array([0, 4]),
        "info._final_obs": np.array([False, True]),
        "info.final_info.prob": np.array([0.0, 0.25]),
        "info.final_info._prob": np.array([False, True]),
        "info._final_info": np.array([False, True]),
    }
    infos = info_from_tensors(tensors, space)
    assert infos["final_obs"].tolist() == [None, 4]
    assert infos["final_info"]["prob"][1] == 0.25
    assert set(infos) == {"prob", "_prob", "final_obs", "_final_obs", "final_info", "_final_info"}
