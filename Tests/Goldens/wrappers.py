"""Writes Tests/EnvironmentsTests/GymnasiumWrappers.swift from Gymnasium 1.4.0. Run it from the package's root.

Each figure is a checksum over the bits of what a wrapper changes. Actions come from `numpy.random.default_rng(9)`.
"""

import struct
import warnings

import gymnasium as gym
import numpy as np
from gymnasium import wrappers
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import vector

warnings.simplefilter("ignore")
gym.logger.min_level = gym.logger.ERROR
STEPS = 700
total = 0


def add(values):
    global total
    for value in np.asarray(values).reshape(-1):
        if value.dtype == np.float32:
            word = int(value.view(np.uint32))
        elif value.dtype == np.float64:
            word = struct.unpack("<Q", struct.pack("<d", value))[0]
        else:
            word = int(value)
        total = (total * 6364136223846793005 + word % 2**64 + 1) % 2**64


def act(rng, space):
    if isinstance(space, gym.spaces.Discrete):
        return rng.integers(0, space.n)
    if isinstance(space, gym.spaces.MultiDiscrete):
        return np.array([rng.integers(0, n) for n in space.nvec])
    return np.array([rng.uniform(low, high) for low, high in zip(space.low, space.high)], np.float32)


def single(make, freeze=None):
    """One environment, reset by hand where an episode ends."""
    global total
    total, env, rng = 0, make(), np.random.default_rng(9)
    add(env.reset(seed=3)[0])
    for step in range(STEPS):
        if step == freeze:
            env.update_running_mean = False
        observation, reward, terminated, truncated, _ = env.step(act(rng, env.action_space))
        add(observation)
        add(float(reward))
        if terminated or truncated:
            add(env.reset()[0])
    return total


def several(id, wrap, mode, freeze=None):
    """Four environments with autoreset."""
    global total
    total, rng = 0, np.random.default_rng(9)
    env = wrap(SyncVectorEnv([lambda: gym.make(id)] * 4, autoreset_mode=mode))
    add(env.reset(seed=3)[0])
    for step in range(STEPS):
        if step == freeze:
            env.update_running_mean = False
        actions = np.array([act(rng, env.single_action_space) for _ in range(4)])
        observations, rewards, _, _, _ = env.step(actions)
        add(observations)
        add(np.asarray(rewards, np.float64))
    return total


def stack(id, **options):
    return lambda: wrappers.FrameStackObservation(gym.make(id), **options)


class Plane(gym.Env):
    action_space = gym.spaces.Box(np.array([-1, -3], np.float32), np.array([2, 0.7], np.float32))
    observation_space = gym.spaces.Box(-10, 10, (2,), np.float32)

    def reset(self, seed=None, options=None):
        return np.zeros(2, np.float32), {}

    def step(self, action):
        return np.asarray(action), 0.0, False, False, {}


NEXT, SAME = AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP
FIGURES = {
    "normalizedObservation": single(lambda: wrappers.NormalizeObservation(gym.make("CartPole-v1"))),
    "normalizedObservations": several("CartPole-v1", vector.NormalizeObservation, NEXT),
    "normalizedObservationsFrozen": several("Pendulum-v1", vector.NormalizeObservation, NEXT, freeze=300),
    "normalizedRewards": several("Pendulum-v1", vector.NormalizeReward, NEXT),
    "normalizedRewardsCartPole": several("CartPole-v1", vector.NormalizeReward, NEXT),
    "normalizedRewardsSameStep": several(
        "CartPole-v1", lambda env: vector.NormalizeReward(env, gamma=0.9, epsilon=1e-3), SAME, freeze=400
    ),
    "stackedBox": single(stack("CartPole-v1", stack_size=4)),
    "stackedZero": single(stack("CartPole-v1", stack_size=3, padding_type="zero")),
    "stackedTuple": single(stack("Blackjack-v1", stack_size=3)),
    "stackedDiscrete": single(stack("FrozenLake-v1", stack_size=2, padding_type="zero")),
    "discretized": single(lambda: wrappers.DiscretizeAction(gym.make("Pendulum-v1"), 11)),
    "discretizedPlane": single(lambda: wrappers.DiscretizeAction(Plane(), (3, 7))),
    "multiDiscretizedPlane": single(lambda: wrappers.DiscretizeAction(Plane(), (3, 7), multidiscrete=True)),
}

with open("Tests/EnvironmentsTests/GymnasiumWrappers.swift", "w") as file:
    file.write("/// Written by Tests/Goldens/wrappers.py.\nlet gymnasiumWrappers: [String: UInt64] = [\n")
    for name, figure in FIGURES.items():
        file.write(f'    "{name}": {figure:#018x},\n')
    file.write("]\n")
