import json

import numpy as np
import pytest

from lamd.caller import compact
from lamd.columns import gathered, guessed, spread, tagged, untagged

INFOS = {
    "mask": np.int8([[1, 0], [0, 1]]),
    "deep": {"x": np.float32([0.1, np.nan]), "empty": {}, "scale": np.float64(-np.inf)},
    "serial": np.uint64([2**64 - 1, 0]),
    "wide": np.zeros((2, 0, 3), bool),
    "lone": np.arange(3, dtype=np.int16),
}


def same(one, other):
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            same(one[key], other[key])
    else:
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        np.testing.assert_array_equal(one, other)


def test_infos_come_back_through_json():
    rows = [{}, {}]
    forms, others = json.loads(compact(spread(INFOS, rows)))
    rows = json.loads(compact(rows))
    assert rows[0]["mask"] == [1, 0] and rows[1]["deep"] == {"x": "NaN", "empty": {}}
    assert forms["mask"] == "int8[2]" and others["lone"] == ["int16[3]", [0, 1, 2]]
    same(gathered(rows, forms, untagged(others)), INFOS)


def test_words():
    rows = [{}, {}]
    forms, others = spread({"place": np.array(["a".encode(), "ö".encode()], object)}, rows)
    assert rows == [{"place": "a"}, {"place": "ö"}] and forms == {"place": "str[]"} and others == {}
    assert gathered(rows, forms, others) == {"place": ["a", "ö"]}
    assert untagged(tagged("word")) == "word"


def test_infos_that_nobody_described():
    rows = [{"p": 1.0, "action_mask": [1, 0], "word": "a", "in": {"n": 1}}, {"p": 0.5, "action_mask": [0, 1]}]
    rows[1].update(word="b", late=3)
    rows[1]["in"] = {"n": 2}
    with pytest.warns(UserWarning, match="left out, because Minari wants the same infos in every step: late"):
        columns = guessed(rows)
    assert columns.pop("word") == ["a", "b"]
    same(columns, {"p": np.array([1.0, 0.5]), "action_mask": np.int8([[1, 0], [0, 1]]), "in": {"n": np.array([1, 2])}})
