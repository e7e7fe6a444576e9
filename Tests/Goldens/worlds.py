"""Writes Tests/EnvironmentsTests/GymnasiumWorlds.swift from Gymnasium 1.4.0. Run it from the package's root.

Each episode is a checksum over everything it showed: observations and rewards bit by bit, flags, infos.
"""

import struct
import warnings

import gymnasium as gym
import numpy as np

warnings.simplefilter("ignore")
gym.logger.min_level = gym.logger.ERROR

# id, kwargs, reset options, policy (how actions are chosen, see `choose`), episodes for each seed
CASES = [
    ("CartPole-v0", {}, None, "sampled", 2),
    ("CartPole-v1", {"sutton_barto_reward": True}, {"low": -0.2, "high": 0.1}, "sampled", 2),
    ("MountainCar-v0", {}, None, "sampled", 1),
    ("MountainCar-v0", {}, None, "swing", 2),
    ("MountainCar-v0", {"goal_velocity": 0.02}, {"low": -1.2, "high": -0.2}, "swing", 1),
    ("MountainCarContinuous-v0", {}, None, "sampled", 1),
    ("MountainCarContinuous-v0", {"goal_velocity": 0.02}, {"low": -1.0}, "swing", 2),
    ("Pendulum-v1", {}, None, "sampled", 2),
    ("Pendulum-v1", {"g": 9.81}, {"x_init": 1.5, "y_init": 8.0}, "swing", 1),
    ("Acrobot-v1", {}, None, "sampled", 1),
    ("Acrobot-v1", {}, {"low": -0.01, "high": 0.02}, "swing", 1),
    ("FrozenLake-v1", {}, None, "sampled", 10),
    ("FrozenLake8x8-v1", {"is_slippery": False}, None, "sampled", 5),
    (
        "FrozenLake-v1",
        {"desc": ["SFSF", "FHFF", "SFFG"], "success_rate": 0.7, "reward_schedule": [5, -2, -0.25]},
        None,
        "sampled",
        10,
    ),
    ("Taxi-v4", {}, None, "sampled", 2),
    ("Taxi-v4", {"is_rainy": True, "rainy_probability": 0.31}, None, "masked", 2),
    ("Taxi-v4", {"fickle_passenger": True, "fickle_probability": 0.9}, None, "masked", 3),
    ("CliffWalking-v1", {}, None, "sampled", 1),
    ("CliffWalkingSlippery-v1", {}, None, "sampled", 1),
    ("Blackjack-v1", {}, None, "sampled", 30),
    ("Blackjack-v1", {"sab": False, "natural": True}, None, "sampled", 30),
]
TABLES = [
    ("FrozenLake-v1", {}),
    ("FrozenLake-v1", {"is_slippery": False}),
    ("FrozenLake-v1", {"desc": ["SFSF", "FHFF", "SFFG"], "success_rate": 0.7, "reward_schedule": [5, -2, -0.25]}),
    ("FrozenLake8x8-v1", {}),
    ("Taxi-v4", {}),
    ("Taxi-v4", {"is_rainy": True, "rainy_probability": 0.31}),
    ("CliffWalking-v1", {}),
    ("CliffWalkingSlippery-v1", {}),
]
SEEDS = (0, 1, 2, 3, 2**32 + 7)
# CliffWalking and Blackjack have no limit of their own.
MOST_STEPS = 1000


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", float(x)))[0]


class Checksum:
    def __init__(self):
        self.total = 0

    def add(self, word):
        self.total = (self.total * 6364136223846793005 + word % 2**64 + 1) % 2**64

    def observation(self, value):
        for lane in np.asarray(value).reshape(-1):
            self.add(int(lane.view(np.uint32)) if lane.dtype == np.float32 else int(lane))

    def info(self, info):
        for key, value in info.items():
            for byte in key.encode():
                self.add(byte)
            for part in np.asarray(value).reshape(-1):
                self.add(bits(part) if part.dtype == np.float64 else int(part))


def choose(policy, space, observation, info):
    if policy == "masked":
        return space.sample(info["action_mask"])
    if policy == "swing":  # push the way it moves, by the last velocity observed
        forward = observation[-1] >= 0
        if isinstance(space, gym.spaces.Discrete):
            return int(space.n) - 1 if forward else 0
        return space.high if forward else space.low
    return space.sample()


def episodes(id, kwargs, options, policy, count):
    env = gym.make(id, **kwargs)
    for seed in SEEDS:
        env.action_space.seed(seed)
        checksum, steps, total = Checksum(), 0, 0.0
        for episode in range(count):
            observation, info = env.reset(seed=None if episode else seed, options=options)
            checksum.observation(observation)
            checksum.info(info)
            for _ in range(MOST_STEPS):
                action = choose(policy, env.action_space, observation, info)
                observation, reward, terminated, truncated, info = env.step(action)
                checksum.observation(observation)
                checksum.add(bits(reward))
                checksum.add(2 * terminated + truncated)
                checksum.info(info)
                steps += 1
                total += float(reward)
                if terminated or truncated:
                    break
        yield seed, steps, total, checksum.total


def table(id, kwargs):
    env, checksum = gym.make(id, **kwargs).unwrapped, Checksum()
    for state in range(len(env.P)):
        for action in range(len(env.P[state])):
            for probability, following, reward, terminated in env.P[state][action]:
                for word in (state, action, bits(probability), int(following), bits(reward), int(terminated)):
                    checksum.add(word)
    for probability in env.initial_state_distrib:
        checksum.add(bits(probability))
    return checksum.total


def swift(x):
    if x is None:
        return "nil"
    if isinstance(x, dict):
        return "[%s]" % (", ".join(f'"{k}": {swift(v)}' for k, v in x.items()) or ":")
    if isinstance(x, (list, tuple, np.ndarray)):
        return "[%s]" % ", ".join(map(swift, x))
    if isinstance(x, bool):
        return "true" if x else "false"
    if isinstance(x, str):
        return '"%s"' % x.replace("\x1b", "\\u{1b}").replace("\n", "\\n")
    if np.isinf(x):
        return ".infinity" if x > 0 else "-.infinity"
    return repr(x.item() if isinstance(x, np.generic) else x)


def space(x):
    if isinstance(x, gym.spaces.Tuple):
        return ".tuple(Tuple([%s]))" % ", ".join(map(space, x.spaces))
    if isinstance(x, gym.spaces.Discrete):
        assert x.start == 0
        return f".discrete(Discrete({x.n}))"
    assert x.dtype == np.float32
    return f".box(Box(low: {swift(x.low)}, high: {swift(x.high)}, shape: {swift(x.shape)}))"


def text(id):
    env = gym.make(id, render_mode="ansi")
    env.reset(seed=1)
    env.action_space.seed(1)
    frames = [env.render()]
    for _ in range(6):
        _, _, terminated, _, _ = env.step(env.action_space.sample())
        frames.append(env.render())
        if terminated:
            break
    return "".join(frames)


with open("Tests/EnvironmentsTests/GymnasiumWorlds.swift", "w") as file:
    file.write("import Gym\n\n// Written by Tests/Goldens/worlds.py.\n\n")
    file.write("let gymnasiumSpecs: [GymnasiumSpec] = [\n")
    for id in dict.fromkeys(case[0] for case in CASES):
        env = gym.make(id)
        file.write(
            f"    GymnasiumSpec(\n        id: {swift(id)}, maxEpisodeSteps: {swift(env.spec.max_episode_steps)},"
            f" rewardThreshold: {swift(env.spec.reward_threshold)}, renderFPS: {env.metadata['render_fps']},\n"
            f"        observationSpace: {space(env.observation_space)},\n"
            f"        actionSpace: {space(env.action_space)}),\n"
        )
    file.write("]\n\nlet gymnasiumEpisodes: [GymnasiumEpisodes] = [\n")
    for id, kwargs, options, policy, count in CASES:
        file.write(
            f"    GymnasiumEpisodes(\n        id: {swift(id)}, kwargs: {swift(kwargs)}, options: {swift(options)},"
            f" policy: .{policy}, count: {count},\n        results: [\n"
        )
        for seed, steps, total, checksum in episodes(id, kwargs, options, policy, count):
            file.write(f"            ({seed}, {steps}, {swift(total)}, {checksum:#018x}),\n")
        file.write("        ]),\n")
    file.write("]\n\nlet gymnasiumTables: [GymnasiumTable] = [\n")
    for id, kwargs in TABLES:
        file.write(
            f"    GymnasiumTable(id: {swift(id)}, kwargs: {swift(kwargs)}, checksum: {table(id, kwargs):#018x}),\n"
        )
    file.write("]\n\n/// The text of a reset with seed 1 and of up to 6 sampled steps.\n")
    file.write("let gymnasiumTexts: [(id: String, text: String)] = [\n")
    for id in ("FrozenLake-v1", "Taxi-v4", "CliffWalking-v1"):
        lines = text(id).replace("\x1b", "\\u{1b}").split("\n")
        file.write(f'    (\n        "{id}",\n        """\n')
        file.writelines(f"        {line}\n" if line else "\n" for line in lines)
        file.write('        """\n    ),\n')
    file.write("]\n")
