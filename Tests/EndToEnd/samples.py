"""Small things that requests may be about."""

from __future__ import annotations

SMALL = {"hidden_sizes": [8]}
#: One of CartPole.
EPISODE = {
    "observations": [[0.0] * 4] * 3,
    "actions": [0, 1],
    "rewards": [1.0, 1.0],
    "terminations": [False, True],
    "truncations": [False, False],
}
#: Of two actions.
FEATURES = [[0.0, 1.0], [1.0, 0.0]]
