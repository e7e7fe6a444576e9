"""Several environments in the daemon, stepped together as one `gymnasium.vector.VectorEnv`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional, Union

import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from .env import gymnasium_id, offered, release, shared_client, supported
from .spaces import decode_space, from_tensors, info_from_tensors, to_tensors

_MODES = {
    "next_step": AutoresetMode.NEXT_STEP,
    "same_step": AutoresetMode.SAME_STEP,
    "disabled": AutoresetMode.DISABLED,
}


def make_vec(
    env_id: str,
    num_envs: int = 1,
    *,
    autoreset_mode: Union[str, AutoresetMode] = AutoresetMode.NEXT_STEP,
    render_mode: Optional[str] = None,
    **kwargs: Any,
) -> VectorEnvironment:
    """Makes `num_envs` instances of a world that are stepped together: like `gymnasium.make_vec`, in the daemon.

    Args:
        env_id: The world, for example `CartPole-v1`.
        num_envs: How many.
        autoreset_mode: When an episode that ended begins anew: Gymnasium's enum, or `next_step`, `same_step`, `disabled`.
        render_mode: What `render` returns, one for each environment; see `lamd.make`.
        kwargs: `url`, `max_episode_steps`, `wrappers`, `record`, `ttl_s`, and the world's own parameters.
    """
    return VectorEnvironment(env_id, num_envs, autoreset_mode=autoreset_mode, render_mode=render_mode, **kwargs)


class VectorEnvironment(VectorEnv[Any, Any, NDArray[Any]]):
    """A batch of environments; a step is one request, its arrays travel as safetensors."""

    def __init__(
        self,
        env_id: str,
        num_envs: int = 1,
        *,
        autoreset_mode: Union[str, AutoresetMode] = AutoresetMode.NEXT_STEP,
        render_mode: Optional[str] = None,
        url: Optional[str] = None,
        max_episode_steps: Optional[int] = None,
        wrappers: Optional[Sequence[Mapping[str, Any]]] = None,
        record: Optional[str] = None,
        ttl_s: Optional[float] = None,
        **kwargs: Any,
    ) -> None:
        mode = _MODES.get(autoreset_mode) if isinstance(autoreset_mode, str) else autoreset_mode
        if mode is None:
            raise ValueError(f"autoreset_mode {autoreset_mode!r} is none of {list(_MODES)}")
        self.client = shared_client(url)
        self.instance_id: str = self.client.create_env(
            env_id,
            num_envs=num_envs,
            kwargs=kwargs or None,
            max_episode_steps=max_episode_steps,
            autoreset_mode=next(name for name, value in _MODES.items() if value is mode),
            wrappers=wrappers,
            record=record,
            ttl_s=ttl_s,
        )["instance_id"]
        instance = self.client.get_env(self.instance_id)
        spec = instance["spec"]
        self.num_envs = num_envs
        self.single_observation_space = decode_space(instance["observation_space"])
        self.single_action_space = decode_space(instance["action_space"])
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.metadata = {"render_modes": offered(spec), "render_fps": spec["render_fps"], "autoreset_mode": mode}
        self.render_mode = supported(render_mode, self.metadata)
        self.spec = EnvSpec(
            id=gymnasium_id(env_id),
            reward_threshold=spec["reward_threshold"],
            max_episode_steps=spec["max_episode_steps"],
            kwargs=kwargs,
        )
        self._step = 0

    def reset(
        self, *, seed: Optional[int] = None, options: Optional[dict[str, Any]] = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begins new episodes; environment i is seeded with `seed` + i.

        With `autoreset_mode` disabled, `options["reset_mask"]` says which environments.
        """
        super().reset(seed=seed)
        tensors = self.client.reset(self.instance_id, seed=seed, options=options, tensors=True)
        self._step = 0
        space = self.single_observation_space
        return from_tensors("observation", space, tensors), info_from_tensors(tensors, space)

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Takes one action in each environment."""
        named = to_tensors("action", self.single_action_space, actions)
        tensors = self.client.step(self.instance_id, named, step=self._step, tensors=True)
        self._step += 1
        space = self.single_observation_space
        observation, infos = from_tensors("observation", space, tensors), info_from_tensors(tensors, space)
        return observation, tensors["reward"], tensors["terminated"], tensors["truncated"], infos

    def render(self) -> Optional[tuple[Any, ...]]:
        """One frame for each environment; None without a `render_mode`."""
        if self.render_mode is None:
            return None
        render, mode = self.client.render, self.render_mode
        return tuple(render(self.instance_id, mode=mode, env_index=index) for index in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Gives the instance back to the daemon."""
        release(self.client, self.instance_id)
