"""Agents that need not have learned anything to be guarded."""

from __future__ import annotations

import pytest

SMALL = {"hidden_sizes": [16]}


@pytest.fixture
def actor(client):
    """Makes agents for spaces: Box actions of two numbers from -2 to 2, or five choices."""

    def make(discrete=False, **keywords):
        box = {"type": "Box", "shape": [2], "low": -2, "high": 2, "dtype": "float32"}
        made = client.create_agent(
            observation_space={"type": "Box", "shape": [4], "low": -10, "high": 10, "dtype": "float32"},
            action_space={"type": "Discrete", "n": 5} if discrete else box,
            hyperparameters=SMALL,
            **{"seed": 7, **keywords},
        )
        return made["agent_id"]

    return make
