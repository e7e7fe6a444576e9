"""A world in the daemon as a `gymnasium.Env`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Optional

import gymnasium
from gymnasium.envs.registration import EnvSpec
from gymnasium.spaces import Space

from .caller import present
from .client import Client
from .problem import Problem
from .spaces import decode, decode_info, decode_space, encode

RENDER_MODES = ["rgb_array", "ansi", "svg", "png"]


def make(env_id: str, *, render_mode: Optional[str] = None, **kwargs: Any) -> gymnasium.Env[Any, Any]:
    """Makes an instance of a world: like `gymnasium.make`, in the daemon.

    Args:
        env_id: The world, for example `CartPole-v1`.
        render_mode: What `render` returns: `rgb_array`, `ansi` (where the world has it), `svg` (str) or `png` (bytes);
            or `human` for a window.
        kwargs: `url`, `max_episode_steps`, `wrappers` (the daemon's, as `{"wrapper": "FrameStackObservation",
            "stack_size": 4}`), `record` (the name of a demonstration set that keeps the episodes), `ttl_s`, and the
            world's own parameters.
    """
    if render_mode == "human":
        return gymnasium.wrappers.HumanRendering(Environment(env_id, render_mode="rgb_array", **kwargs))
    return Environment(env_id, render_mode=render_mode, **kwargs)


@cache
def shared_client(url: Optional[str]) -> Client:
    """The client that all environments of one address share."""
    return Client(url)


class Environment(gymnasium.Env[Any, Any]):
    """One environment in the daemon. A step that is cut off is sent again, and never taken twice."""

    metadata: dict[str, Any] = {"render_modes": RENDER_MODES, "render_fps": 30}

    def __init__(
        self,
        env_id: str,
        *,
        render_mode: Optional[str] = None,
        url: Optional[str] = None,
        max_episode_steps: Optional[int] = None,
        wrappers: Optional[Sequence[Mapping[str, Any]]] = None,
        record: Optional[str] = None,
        ttl_s: Optional[float] = None,
        **kwargs: Any,
    ) -> None:
        self.client = shared_client(url)
        given: dict[str, Any] = {"max_episode_steps": max_episode_steps, "wrappers": wrappers, "ttl_s": ttl_s}
        given["record"] = record
        self.instance_id: str = self.client.create_env(env_id, kwargs=kwargs or None, **given)["instance_id"]
        instance = self.client.get_env(self.instance_id)
        spec = instance["spec"]
        self.observation_space: Space[Any] = decode_space(instance["observation_space"])
        self.action_space: Space[Any] = decode_space(instance["action_space"])
        self.metadata = {"render_modes": offered(spec), "render_fps": spec["render_fps"]}
        self.render_mode = supported(render_mode, self.metadata)
        self.spec = EnvSpec(
            id=gymnasium_id(env_id),
            entry_point="lamd.env:Environment",
            reward_threshold=spec["reward_threshold"],
            max_episode_steps=spec["max_episode_steps"],
            kwargs={"env_id": env_id, **present({"url": url, **given}), **kwargs},
        )
        self._step = 0
        self._closed = False

    def reset(
        self, *, seed: Optional[int] = None, options: Optional[dict[str, Any]] = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begins a new episode. Without a seed the daemon's random numbers go on."""
        super().reset(seed=seed)
        reply = self.client.reset(self.instance_id, seed=seed, options=options)
        self._step = 0
        return decode(self.observation_space, reply["observation"]), decode_info(reply["info"])

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Takes one action."""
        reply = self.client.step(self.instance_id, encode(self.action_space, action), step=self._step)
        self._step += 1
        observation = decode(self.observation_space, reply["observation"])
        return observation, reply["reward"], reply["terminated"], reply["truncated"], decode_info(reply["info"])

    def render(self) -> Any:
        """The present state in the form of `render_mode`; None without one."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() was called without a render_mode; give one to lamd.make().")
            return None
        return self.client.render(self.instance_id, mode=self.render_mode)

    def close(self) -> None:
        """Gives the instance back to the daemon."""
        if not self._closed:
            self._closed = True
            release(self.client, self.instance_id)


def gymnasium_id(env_id: str) -> str:
    """The id as Gymnasium allows one: it has no slash but behind the namespace."""
    return "lamd/" + env_id.replace("/", ":")


def offered(spec: dict[str, Any]) -> list[str]:
    """The world's render modes, in the order of Gymnasium's habits."""
    return [mode for mode in RENDER_MODES if mode in spec["render_modes"]]


def supported(render_mode: Optional[str], metadata: dict[str, Any]) -> Optional[str]:
    """The render mode, if the world has it."""
    if render_mode is not None and render_mode not in metadata["render_modes"]:
        raise ValueError(f"render_mode {render_mode!r} is none of {metadata['render_modes']}")
    return render_mode


def release(client: Client, instance_id: str) -> None:
    """Deletes an instance; one that is gone already, or a daemon that is, is no fault at the end."""
    try:
        client.delete_env(instance_id)
    except (Problem, ConnectionError):
        pass
