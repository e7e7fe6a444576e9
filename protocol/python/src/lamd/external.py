"""Episodes of an environment that lives in the client: a game, a robot, a simulator."""

from __future__ import annotations

import uuid
from types import TracebackType
from typing import Any, Optional

from .client import Client
from .spaces import plain


class External:
    """Plays episodes with an agent that learns from them. The server explores; what a lost reply has sent again is
    learned once. Several of these, in any number of processes, may teach one agent at a time.

    >>> with lamd.External(client, agent_id) as episodes:
    ...     action = episodes.start(game.reset())
    ...     while action is not None:
    ...         observation, reward, done = game.play(action)
    ...         action = episodes.step(reward, observation, terminated=done)

    `explore=False` plays what the agent thinks best; `learn=False` has it remember without updates. `every` steps are
    handed over at once, when the one after them is there or the episode ends: whether it went on is known only then.
    """

    def __init__(
        self, client: Client, agent_id: str, *, explore: bool = True, learn: bool = True, every: int = 1
    ) -> None:
        if every < 1:
            raise ValueError(f"every is {every}, expected at least 1")
        self.client, self.agent_id = client, agent_id
        self.explore, self.learn, self.every = explore, learn, every
        self.returns: list[float] = []
        """The returns of all episodes that ended, in order."""
        self._episode: Optional[str] = None
        self._transitions: list[dict[str, Any]] = []
        self._state: dict[str, Any] = {}
        self._action: Any = None
        self._step, self._return = 0, 0.0

    def start(self, observation: Any, *, action_mask: Any = None) -> Any:
        """Begins an episode, and what ran before ends as truncated. The first action."""
        self.close()
        self._episode, self._step, self._return = uuid.uuid4().hex, 0, 0.0
        return self._act(observation, action_mask)

    def step(
        self,
        reward: float,
        observation: Any,
        *,
        terminated: bool = False,
        truncated: bool = False,
        action_mask: Any = None,
        took: Any = None,
    ) -> Any:
        """Says what came of the latest action, or of `took`, which was done in its place. The next action; None where
        the episode has ended."""
        if self._episode is None:
            raise RuntimeError("no episode runs: start one first")
        if len(self._transitions) >= self.every:
            self._hand_over()
        transition = {
            **self._state,
            "action": plain(self._action if took is None else took),
            "reward": float(reward),
            "next_observation": plain(observation),
            "terminated": bool(terminated),
            "truncated": bool(truncated),
            "episode_id": self._episode,
            "step": self._step,
        }
        if action_mask is not None and "action_mask" in self._state:
            transition["next_action_mask"] = plain(action_mask)
        self._transitions.append(transition)
        self._step += 1
        self._return += float(reward)
        if terminated or truncated:
            self._end()
            return None
        return self._act(observation, action_mask)

    def close(self) -> None:
        """Hands over what is left; an episode that runs ends as truncated."""
        if self._episode is None:
            return
        if self._transitions:
            self._transitions[-1]["truncated"] = True
        self._end()

    def __enter__(self) -> External:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def _act(self, observation: Any, action_mask: Any) -> Any:
        # As it is now: games write the next one in its place.
        self._state = {"observation": plain(observation)}
        if action_mask is not None:
            self._state["action_mask"] = plain(action_mask)
        reply = self.client.act(
            self.agent_id, self._state["observation"], action_mask=action_mask, deterministic=not self.explore
        )
        self._action = reply["action"]
        return self._action

    def _end(self) -> None:
        self._hand_over()
        if self._step > 0:
            self.returns.append(self._return)
        self._episode = None

    def _hand_over(self) -> None:
        if self._transitions:
            self.client.observe(self.agent_id, self._transitions, learn=self.learn)
            self._transitions = []

