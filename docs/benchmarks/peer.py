"""One training by imitation or stable-baselines3, as JSON: what peers.py asks for, on a line of its own.

    python peer.py '{"method": "cross_entropy", "env_id": "CartPole-v1", "seed": 1, "demonstrations": "shown.npz",
                     "updates": 1000, "learning_rate": 0.001, "batch_size": 64, "num_episodes": 100}'

Runs under the older gymnasium that imitation needs, so it knows nothing of lamd but the file of demonstrations.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import time
import warnings
from typing import Any

import numpy as np
import torch
from imitation.algorithms import bc, dagger, sqil
from imitation.algorithms.adversarial import airl, gail
from imitation.data import rollout
from imitation.data.types import Trajectory
from imitation.data.wrappers import RolloutInfoWrapper
from imitation.policies.base import NonTrainablePolicy
from imitation.rewards.reward_nets import BasicRewardNet, BasicShapedRewardNet
from imitation.util.networks import RunningNorm
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

NETWORK = {"net_arch": [128, 128], "activation_fn": torch.nn.ReLU}
DAGGER_ROUNDS = 10

#: The settings of RL Zoo, tuned for each environment, but for the network.
PPO_SETTINGS: dict[str, dict[str, Any]] = {
    "CartPole-v1": {
        **{"n_envs": 8, "n_steps": 32, "batch_size": 256, "gae_lambda": 0.8, "gamma": 0.98, "n_epochs": 20},
        **{"learning_rate": lambda left: left * 1e-3, "clip_range": lambda left: left * 0.2},
    },
    "Pendulum-v1": {
        **{"n_envs": 4, "n_steps": 1024, "gae_lambda": 0.95, "gamma": 0.9, "n_epochs": 10, "learning_rate": 1e-3},
        **{"use_sde": True, "sde_sample_freq": 4},
    },
    "Acrobot-v1": {"normalize": True, "n_envs": 16, "n_steps": 256, "gae_lambda": 0.94, "n_epochs": 4},
}
DQN_SETTINGS = {
    **{"learning_rate": 2.5e-4, "batch_size": 512, "buffer_size": 100_000, "learning_starts": 0, "train_freq": 16},
    **{
        "gradient_steps": 4,
        "target_update_interval": 5000,
        "exploration_fraction": 0.06,
        "exploration_final_eps": 0.11,
    },
}


def cartpole_linear(o: Any) -> Any:
    return (np.float32(0.05) * o[:, 0] + np.float32(0.1) * o[:, 1] + o[:, 2] + np.float32(0.3) * o[:, 3] > 0).astype(
        int
    )


def acrobot_energy(o: Any) -> Any:
    return 2 * (o[:, 5] - np.float32(0.5) * o[:, 4] + np.float32(2.5) * o[:, 1] > 0).astype(int)


def pendulum_energy(o: Any) -> Any:
    cosine, sine, velocity = o.T
    caught = np.clip(-12 * np.arctan2(sine, cosine) - 3 * velocity, -2, 2)
    pumped = np.where((velocity**2 / 6 + 5 * (cosine - 1) < 0) == (velocity >= 0), 2, -2)
    return np.where(cosine > 0.9, caught, pumped).astype(np.float32)[:, np.newaxis]


#: Lamd's scripted experts by their ids: a batch of observations to a batch of actions.
EXPERTS = {"cartpole-linear": cartpole_linear, "acrobot-energy": acrobot_energy, "pendulum-energy": pendulum_energy}


class Expert(NonTrainablePolicy):
    """A scripted expert as a policy that labels."""

    def __init__(self, name: str, env: VecEnv) -> None:
        super().__init__(observation_space=env.observation_space, action_space=env.action_space)
        self._decide = EXPERTS[name]

    def _choose_action(self, obs: Any) -> Any:
        return self._decide(obs[np.newaxis])[0]

    def check(self, shown: list[Trajectory]) -> None:
        """Makes sure that it is the one who showed the demonstrations."""
        wanted = np.concatenate([episode.acts for episode in shown])
        found = self._decide(np.concatenate([episode.obs[:-1] for episode in shown]))
        agreed = np.isclose(wanted.reshape(len(wanted), -1), found.reshape(len(wanted), -1), atol=1e-3).all(1)
        if agreed.mean() < 0.999:
            sys.exit(f"this expert agrees with lamd's in {agreed.mean():.2%} of the demonstrations")


def trajectories(path: str) -> list[Trajectory]:
    """The demonstrations that peers.py wrote down."""
    shown = np.load(path)
    found, row, step = [], 0, 0
    for length in shown["episode_lengths"]:
        found.append(
            Trajectory(
                obs=shown["observations"][row : row + length + 1],
                acts=shown["actions"][step : step + length],
                infos=None,
                terminal=bool(shown["terminations"][step + length - 1]),
            )
        )
        row, step = row + length + 1, step + length
    return found


def cloner(asked: dict[str, Any], env: VecEnv, shown: list[Trajectory] | None) -> bc.BC:
    """Behaviour cloning with lamd's learning rate and batches."""
    policy = ActorCriticPolicy(env.observation_space, env.action_space, lambda _: asked["learning_rate"], **NETWORK)
    return bc.BC(
        observation_space=env.observation_space,
        action_space=env.action_space,
        rng=np.random.default_rng(asked["seed"]),
        policy=policy,
        demonstrations=shown and rollout.flatten_trajectories(shown),
        batch_size=asked["batch_size"],
        optimizer_kwargs={"lr": asked["learning_rate"]},
    )


def cross_entropy(asked: dict[str, Any]) -> Any:
    trainer = cloner(asked, make_vec_env(asked["env_id"]), trajectories(asked["demonstrations"]))
    trainer.train(n_batches=asked["updates"], progress_bar=False)
    return trainer.policy


def aggregate(asked: dict[str, Any]) -> Any:
    """As many labelled episodes as lamd's, in rounds, and as many updates."""
    env = make_vec_env(asked["env_id"], seed=asked["seed"], wrapper_class=RolloutInfoWrapper)
    expert, rng = Expert(asked["expert"], env), np.random.default_rng(asked["seed"])
    expert.check(trajectories(asked["demonstrations"]))
    rounds = min(DAGGER_ROUNDS, asked["episodes"])
    with tempfile.TemporaryDirectory() as scratch:
        trainer = dagger.SimpleDAggerTrainer(
            venv=env, scratch_dir=scratch, expert_policy=expert, bc_trainer=cloner(asked, env, None), rng=rng
        )
        for _ in range(rounds):
            rollout.generate_trajectories(
                policy=expert,
                venv=trainer.create_trajectory_collector(),
                sample_until=rollout.make_min_episodes(asked["episodes"] // rounds),
                deterministic_policy=True,
                rng=rng,
            )
            trainer.extend_and_update({"n_batches": asked["updates"] // rounds, "progress_bar": False})
        return trainer.policy


def adversary(asked: dict[str, Any]) -> Any:
    """With the settings of imitation's documentation, but for the network and rounds of 2,048 steps."""
    env = make_vec_env(asked["env_id"], n_envs=8, seed=asked["seed"])
    learner = PPO(
        "MlpPolicy", env, n_steps=256, batch_size=64, ent_coef=0.0, learning_rate=4e-4, gamma=0.95, n_epochs=5,
        policy_kwargs=NETWORK, seed=asked["seed"], device="cpu",
    )  # fmt: skip
    kind, net = (gail.GAIL, BasicRewardNet) if asked["method"] == "gail" else (airl.AIRL, BasicShapedRewardNet)
    trainer = kind(
        demonstrations=trajectories(asked["demonstrations"]),
        demo_batch_size=1024,
        gen_replay_buffer_capacity=512,
        n_disc_updates_per_round=8,
        venv=env,
        gen_algo=learner,
        reward_net=net(env.observation_space, env.action_space, normalize_input_layer=RunningNorm),
        allow_variable_horizon=True,
    )
    trainer.train(asked["steps"])
    return learner


def soft_q(asked: dict[str, Any]) -> Any:
    trainer = sqil.SQIL(
        venv=make_vec_env(asked["env_id"], seed=asked["seed"]),
        demonstrations=rollout.flatten_trajectories(trajectories(asked["demonstrations"])),
        policy="MlpPolicy",
        rl_kwargs={**DQN_SETTINGS, "policy_kwargs": NETWORK, "seed": asked["seed"], "device": "cpu"},
    )
    trainer.train(total_timesteps=asked["steps"])
    return trainer.policy


def ppo(asked: dict[str, Any]) -> Any:
    settings = dict(PPO_SETTINGS[asked["env_id"]])
    env: VecEnv = make_vec_env(asked["env_id"], n_envs=settings.pop("n_envs"), seed=asked["seed"])
    if settings.pop("normalize", False):
        env = VecNormalize(env, gamma=settings.get("gamma", 0.99))
    learner = PPO(
        "MlpPolicy", env, **{"ent_coef": 0.0, **settings}, policy_kwargs=NETWORK, seed=asked["seed"], device="cpu"
    )
    return learner.learn(asked["steps"])


METHODS = {
    **{"cross_entropy": cross_entropy, "dagger": aggregate, "gail": adversary, "airl": adversary, "sqil": soft_q},
    **{"ppo": ppo},
}


def returns(policy: Any, asked: dict[str, Any]) -> list[float]:
    """Of fresh episodes, by the most probable actions."""
    env: VecEnv = make_vec_env(asked["env_id"], n_envs=min(50, asked["num_episodes"]), seed=1_000_000 + asked["seed"])
    seen = policy.get_vec_normalize_env() if hasattr(policy, "get_vec_normalize_env") else None
    if seen is not None:
        env = VecNormalize(env, training=False, norm_reward=False)
        env.obs_rms = seen.obs_rms
    found, _ = evaluate_policy(policy, env, asked["num_episodes"], deterministic=True, return_episode_rewards=True)
    return found


def main() -> None:
    asked = json.loads(sys.argv[1])
    torch.set_num_threads(1)
    torch.manual_seed(asked["seed"])
    logging.disable()
    warnings.simplefilter("ignore")
    started = time.perf_counter()
    policy = METHODS[asked["method"]](asked)
    seconds = time.perf_counter() - started
    print("\n" + json.dumps({"seconds": seconds, "mean_return": float(np.mean(returns(policy, asked)))}))


if __name__ == "__main__":
    main()
