"""Several environments in the daemon as a stable-baselines3 `VecEnv`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import numpy as np
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvObs, VecEnvStepReturn

from .vector import VectorEnvironment


def make_vec(
    env_id: str, n_envs: int = 1, *, seed: Optional[int] = None, render_mode: Optional[str] = None, **kwargs: Any
) -> Sb3Environment:
    """Makes `n_envs` instances of a world for stable-baselines3.

    Args:
        env_id: The world, for example `CartPole-v1`.
        n_envs: How many.
        seed: Environment i is seeded with `seed` + i at the first reset.
        render_mode: See `lamd.make`.
        kwargs: `url`, `max_episode_steps`, `wrappers`, `ttl_s`, and the world's own parameters.

    Wrap it in stable-baselines3's `VecMonitor` for episode statistics.
    """
    envs = Sb3Environment(
        VectorEnvironment(env_id, n_envs, autoreset_mode="same_step", render_mode=render_mode, **kwargs)
    )
    if seed is not None:
        envs.seed(seed)
    return envs


class Sb3Environment(VecEnv):  # type: ignore[misc, unused-ignore]
    """A vector environment under stable-baselines3's names. Episodes begin anew in the step that ends them."""

    def __init__(self, envs: VectorEnvironment) -> None:
        self.envs = envs
        self._actions: Any = None
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def reset(self) -> VecEnvObs:
        """Begins new episodes with the seeds and options set before."""
        options = next((option for option in self._options if option), None)
        observations, infos = self.envs.reset(seed=self._seeds[0], options=options)
        self.reset_infos = [_info(infos, index) for index in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: Any) -> None:
        """Keeps the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Takes the actions."""
        observations, rewards, terminated, truncated, infos = self.envs.step(self._actions)
        final_obs, final_info = infos.pop("final_obs", None), infos.pop("final_info", {})
        done, listed = terminated | truncated, []
        for index in range(self.num_envs):
            info = _info(infos, index)
            if done[index]:
                self.reset_infos[index] = info
                info = {**_info(final_info, index), "terminal_observation": final_obs[index]}
            info["TimeLimit.truncated"] = bool(truncated[index] and not terminated[index])
            listed.append(info)
        return observations, rewards.astype(np.float32), done, listed

    def close(self) -> None:
        """Gives the instance back to the daemon."""
        self.envs.close()

    def get_images(self) -> Sequence[Optional[np.ndarray]]:
        """One frame for each environment."""
        return self.envs.render() or [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The attribute of the batch, once for each environment."""
        return [getattr(self.envs, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Not possible: the environments live in the daemon."""
        raise NotImplementedError("environments in the daemon have no attributes to set")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Not possible: the environments live in the daemon."""
        raise NotImplementedError("environments in the daemon have no methods to call")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """No environment is wrapped in a class of Python's."""
        return [False for _ in self._get_indices(indices)]


def _info(infos: dict[str, Any], index: int) -> dict[str, Any]:
    """One environment's part of a vector's infos."""
    return {
        key: _info(value, index) if isinstance(value, dict) else value[index]
        for key, value in infos.items()
        if not key.startswith("_") and infos[f"_{key}"][index]
    }
