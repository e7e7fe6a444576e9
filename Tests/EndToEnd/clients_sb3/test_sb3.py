"""stable-baselines3 on the daemon's environments. Needs torch, so it is run by `make test-clients`."""

import warnings

import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor
from worlds import CASES, IDS, gymnasiums_own

import lamd

COUNT = 8


@pytest.mark.parametrize(("env_id", "kwargs"), CASES, ids=IDS)
def test_passes_the_checker(daemon, env_id, kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(symmetric and normalized|Tuple, this is currently not).*")
        check_env(lamd.make(env_id, url=daemon.url, **kwargs))


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Pendulum-v1", "FrozenLake-v1", "Taxi-v4"])
def test_steps_like_stable_baselines3s_own(daemon, env_id):
    own = DummyVecEnv([lambda: gymnasiums_own(env_id) for _ in range(COUNT)])
    ours = lamd.sb3.make_vec(env_id, COUNT, seed=3, url=daemon.url)
    own.seed(3)
    np.testing.assert_array_equal(ours.reset(), own.reset())
    own.action_space.seed(1)
    for _ in range(600):
        actions = np.array([own.action_space.sample() for _ in range(COUNT)])
        *arrays, infos = ours.step(actions)
        *expected, own_infos = own.step(actions)
        for first, second in zip(arrays, expected):
            np.testing.assert_array_equal(first, second)
        for first, second in zip(infos, own_infos):
            assert first.keys() == second.keys()
            for key, value in second.items():
                # A reset's `prob` is the integer 1 here, which makes integers of all in Gymnasium's vector infos.
                if (env_id, key) != ("FrozenLake-v1", "prob"):
                    np.testing.assert_array_equal(first[key], value)
    ours.close()


def test_ppo_learns_cartpole(daemon):
    """With RL-Zoo's hyperparameters."""
    envs = VecMonitor(lamd.sb3.make_vec("CartPole-v1", COUNT, seed=1, url=daemon.url))
    model = PPO(
        "MlpPolicy",
        envs,
        n_steps=32,
        batch_size=256,
        gae_lambda=0.8,
        gamma=0.98,
        n_epochs=20,
        ent_coef=0.0,
        learning_rate=lambda left: left * 1e-3,
        clip_range=lambda left: left * 0.2,
        seed=1,
        device="cpu",
    )
    model.learn(100_000)
    judge = VecMonitor(lamd.sb3.make_vec("CartPole-v1", COUNT, seed=10_000, url=daemon.url))
    mean, _ = evaluate_policy(model, judge, n_eval_episodes=100)
    print(f"PPO on lamd's CartPole-v1 after 100,000 steps: {mean:.1f}")
    assert mean >= 475
