"""Every write, fsync, rename and open for writing of each scenario fails in turn: once, and from then on."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "EndToEnd"))

import pytest
from faults import Control, run, scenarios

ALL = list(scenarios())


@pytest.mark.parametrize("forever", [False, True], ids=["once", "for ever"])
@pytest.mark.parametrize("scenario", ALL, ids=lambda each: each.name)
def test_no_reply_is_false(tmp_path, scenario, forever, measured):
    # A job that cannot be kept tries for a while before it gives up.
    stride = 5 if forever and scenario.name == "train" else 1
    calls = run(scenario, tmp_path, Control(tmp_path), forever=forever, stride=stride)
    measured(f"{calls} calls that failed")
    assert calls > 1


def test_there_are_a_dozen_scenarios():
    assert len({scenario.name for scenario in ALL}) >= 12
