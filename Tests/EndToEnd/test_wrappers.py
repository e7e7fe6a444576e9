"""Wrappers asked for over the wire, beside Gymnasium's own."""

import gymnasium
import numpy as np
import pytest
from worlds import gymnasiums_own, gymnasiums_vector, same_bits

import lamd

WRAPPERS = [
    ("CartPole-v1", {"wrapper": "FrameStackObservation", "stack_size": 3}),
    ("CartPole-v1", {"wrapper": "FrameStackObservation", "stack_size": 4, "padding_type": "zero"}),
    ("Pendulum-v1", {"wrapper": "DiscretizeAction", "bins": 5}),
    ("Pendulum-v1", {"wrapper": "DiscretizeAction", "bins": [7], "multidiscrete": True}),
    ("CartPole-v1", {"wrapper": "RecordEpisodeStatistics"}),
]


@pytest.mark.parametrize(("env_id", "wrapper"), WRAPPERS, ids=[str(wrapper) for _, wrapper in WRAPPERS])
def test_wrappers_are_gymnasiums(daemon, env_id, wrapper):
    arguments = {key: value for key, value in wrapper.items() if key != "wrapper"}
    if isinstance(arguments.get("bins"), list):
        arguments["bins"] = tuple(arguments["bins"])
    own = getattr(gymnasium.wrappers, wrapper["wrapper"])(gymnasiums_own(env_id), **arguments)
    ours = lamd.make(env_id, url=daemon.url, wrappers=[wrapper])
    assert ours.observation_space == own.observation_space
    assert ours.action_space == own.action_space
    own.action_space.seed(2)
    for seed in range(10):
        assert same_bits(ours.reset(seed=seed)[0], own.reset(seed=seed)[0])
        over = False
        while not over:
            action = own.action_space.sample()
            observation, reward, terminated, truncated, info = own.step(action)
            found = ours.step(action)
            assert same_bits(found[0], observation)
            assert found[1:4] == (float(reward), terminated, truncated)
            over = terminated or truncated
        if "episode" in info:
            statistics = found[4]["episode"]
            assert (statistics["r"], statistics["l"]) == (info["episode"]["r"], info["episode"]["l"])
            assert statistics["t"] >= 0
    ours.close()


@pytest.mark.parametrize("name", ["NormalizeObservation", "NormalizeReward", "RecordEpisodeStatistics"])
def test_wrappers_of_vectors_are_gymnasiums(daemon, name):
    own = gymnasiums_vector("Pendulum-v1", 4, gymnasium.vector.AutoresetMode.NEXT_STEP, max_episode_steps=30)
    own = getattr(gymnasium.wrappers.vector, name)(own)
    ours = lamd.make_vec("Pendulum-v1", 4, url=daemon.url, wrappers=[{"wrapper": name}], max_episode_steps=30)
    own.action_space.seed(2)
    np.testing.assert_allclose(ours.reset(seed=1)[0], own.reset(seed=1)[0], rtol=1e-5)
    for _ in range(100):
        actions = own.action_space.sample()
        *arrays, infos = own.step(actions)
        *found, our_infos = ours.step(actions)
        for first, second in zip(found, arrays):
            np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)
        assert ("episode" in our_infos) == ("episode" in infos)
        if "episode" in infos:
            for key in ("r", "l"):
                np.testing.assert_allclose(our_infos["episode"][key], infos["episode"][key], rtol=1e-6)
    ours.close()
