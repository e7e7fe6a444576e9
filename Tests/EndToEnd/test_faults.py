"""Every write that a scenario makes fails in turn; the other scenarios are in Tests/Soak/test_faults.py."""

import pytest
from faults import Control, run, scenarios

SHORT = ["upload a policy", "step a durable instance", "append demonstrations"]


@pytest.mark.parametrize("forever", [False, True], ids=["once", "for ever"])
@pytest.mark.parametrize("scenario", [each for each in scenarios() if each.name in SHORT], ids=lambda each: each.name)
def test_no_reply_is_false(tmp_path, scenario, forever):
    calls = run(scenario, tmp_path, Control(tmp_path), forever=forever, stride=3)
    assert calls > 1
