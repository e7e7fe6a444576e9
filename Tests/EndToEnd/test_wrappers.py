"""Wrappers asked for over the wire, beside Gymnasium's own."""

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import DiscretizeAction, FrameStackObservation, RecordEpisodeStatistics

WRAPPERS = {
    "stack": (
        "CartPole-v1",
        lambda env: FrameStackObservation(env, 3),
        {"wrapper": "FrameStackObservation", "stack_size": 3},
    ),
    "bins": ("Pendulum-v1", lambda env: DiscretizeAction(env, 5), {"wrapper": "DiscretizeAction", "bins": 5}),
    "statistics": ("CartPole-v1", RecordEpisodeStatistics, {"wrapper": "RecordEpisodeStatistics"}),
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapper_does_what_gymnasiums_does(client, name):
    env_id, wrap, wrapper = WRAPPERS[name]
    own = wrap(gymnasium.make(env_id))
    instance = client.create_env(env_id, wrappers=[wrapper])["instance_id"]
    own.action_space.seed(5)
    expected, _ = own.reset(seed=9)
    np.testing.assert_array_equal(np.float32(client.reset(instance, seed=9)["observation"]), np.float32(expected))
    over = False
    while not over:
        action = own.action_space.sample()
        expected, reward, terminated, truncated, info = own.step(action)
        reply = client.step(instance, action)
        np.testing.assert_array_equal(np.float32(reply["observation"]), np.float32(expected))
        assert (reply["reward"], reply["terminated"], reply["truncated"]) == (reward, terminated, truncated)
        over = terminated or truncated
    if name == "statistics":
        assert reply["info"]["episode"]["r"] == info["episode"]["r"]
        assert reply["info"]["episode"]["l"] == info["episode"]["l"]
        assert reply["info"]["episode"]["t"] >= 0
    client.delete_env(instance)
