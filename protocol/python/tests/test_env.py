import json
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.utils.env_match import check_environments_match
from gymnasium.wrappers import TransformReward

import lamd

IDS = ["CartPole-v1", "Pendulum-v1", "FrozenLake-v1", "Taxi-v4", "Blackjack-v1"]


@pytest.fixture(autouse=True)
def at(worlds, monkeypatch):
    monkeypatch.setenv("LAMD_URL", worlds.url)
    lamd.env.shared_client.cache_clear()
    yield
    lamd.env.shared_client(None).close()


@pytest.mark.parametrize("env_id", IDS)
def test_passes_gymnasiums_checker(env_id):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(infinity|normalized space).*")
        check_env(lamd.make(env_id))


@pytest.mark.parametrize("env_id", IDS)
def test_matches_gymnasiums_own(env_id):
    # Some of Gymnasium's environments reward with int or numpy's float64; on the wire rewards are floats.
    own = TransformReward(gymnasium.make(env_id), float)
    check_environments_match(lamd.make(env_id), own, num_steps=300)


def test_describes_itself():
    env = lamd.make("Taxi-v4", render_mode="ansi", max_episode_steps=7, is_rainy=True)
    assert env.spec.id == "lamd/Taxi-v4"
    assert env.spec.reward_threshold == 8
    assert env.spec.max_episode_steps == 7
    assert env.spec.kwargs == {"env_id": "Taxi-v4", "max_episode_steps": 7, "is_rainy": True}
    assert env.metadata["render_modes"] == ["rgb_array", "ansi", "svg", "png"]


def test_records_where_it_is_asked_to(worlds):
    lamd.make("Taxi-v4", record="mine")
    lamd.make_vec("Taxi-v4", 2, record="ours")
    made = [json.loads(request.body) for request in worlds.requests if request.method == "POST"]
    assert [body["record"] for body in made] == ["mine", "ours"]


def test_renders_what_its_mode_says():
    for mode, kind in [("rgb_array", np.ndarray), ("ansi", str), ("svg", str), ("png", bytes)]:
        env = lamd.make("Taxi-v4", render_mode=mode)
        env.reset()
        assert isinstance(env.render(), kind)
    with pytest.raises(ValueError, match="render_mode 'ansi' is none of"):
        lamd.make("CartPole-v1", render_mode="ansi")


def test_human_rendering_opens_a_window():
    env = lamd.make("CartPole-v1", render_mode="human")
    assert isinstance(env, gymnasium.wrappers.HumanRendering)
    assert env.unwrapped.render_mode == "rgb_array"


def test_closing_twice_gives_the_instance_back_once(worlds):
    env = lamd.make("CartPole-v1")
    env.close()
    env.close()
    assert worlds.envs == {}
    assert [request.method for request in worlds.requests].count("DELETE") == 1


def test_a_step_that_was_cut_off_is_taken_once(worlds):
    env = lamd.make("CartPole-v1")
    env.reset(seed=1)
    env.step(0)
    cut = iter([None])
    answer = worlds.answer
    worlds.answer = lambda request: next(cut, answer(request))  # It acts, but the reply is lost.
    observation, *_ = env.step(1)
    assert worlds.steps_taken == 2
    assert worlds.requests[-1].body == worlds.requests[-2].body
    own = gymnasium.make("CartPole-v1")
    own.reset(seed=1)
    own.step(0)
    assert data_equivalence(observation, own.step(1)[0], exact=True)


def test_an_unknown_world():
    with pytest.raises(lamd.Problem, match="unknown_environment"):
        lamd.make("Nowhere-v0")


MODES = list(gymnasium.vector.AutoresetMode)


def step_both(env_id, count, steps, mode):
    own = gymnasium.vector.SyncVectorEnv([lambda: gymnasium.make(env_id) for _ in range(count)], autoreset_mode=mode)
    ours = lamd.make_vec(env_id, count, autoreset_mode=mode)
    assert ours.single_observation_space == own.single_observation_space
    assert ours.observation_space == own.observation_space
    assert ours.action_space == own.action_space
    assert ours.metadata["autoreset_mode"] is mode
    own.action_space.seed(1)
    yield ours.reset(seed=5), own.reset(seed=5)
    ended = np.zeros(count, bool)
    for _ in range(steps):
        if mode is gymnasium.vector.AutoresetMode.DISABLED and ended.any():
            yield ours.reset(options={"reset_mask": ended}), own.reset(options={"reset_mask": ended.copy()})
        actions = own.action_space.sample()
        result = own.step(actions)
        yield ours.step(actions), result
        ended = result[2] | result[3]
    ours.close()


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("env_id", IDS)
def test_a_vector_equals_gymnasiums_own(env_id, count, mode):
    for ours, own in step_both(env_id, count, 150, mode):
        assert data_equivalence(ours, own, exact=True)


def test_a_vectors_step_that_was_cut_off_is_taken_once(worlds):
    envs = lamd.make_vec("CartPole-v1", 2)
    envs.reset(seed=1)
    cut = iter([None])
    answer = worlds.answer
    worlds.answer = lambda request: next(cut, answer(request))
    envs.step(np.array([0, 1]))
    assert worlds.steps_taken == 1


def test_a_vector_renders_each_environment():
    envs = lamd.make_vec("CartPole-v1", 3, render_mode="rgb_array")
    envs.reset()
    assert [frame[0, 0, 0] for frame in envs.render()] == [0, 1, 2]
    assert lamd.make_vec("CartPole-v1", 1).render() is None


def test_a_vector_takes_its_arguments_on(worlds):
    envs = lamd.make_vec("FrozenLake-v1", 2, autoreset_mode="same_step", is_slippery=False, max_episode_steps=5)
    sent = json.loads(worlds.requests[0].body)
    assert sent == {
        "env_id": "FrozenLake-v1",
        "num_envs": 2,
        "kwargs": {"is_slippery": False},
        "max_episode_steps": 5,
        "autoreset_mode": "same_step",
    }
    assert envs.spec.max_episode_steps == 5
    with pytest.raises(ValueError, match="autoreset_mode 'never' is none of"):
        lamd.make_vec("CartPole-v1", 2, autoreset_mode="never")
