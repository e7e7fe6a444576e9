"""The client's methods for demonstrations and for those who give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional, Union

from . import safetensors
from .caller import JSON, Caller, compact, decoded, present, segment
from .spaces import Tensors

Episodes = Union[Iterable[Mapping[str, Any]], Tensors]


class Demonstrations:
    """A part of `Client`.

    `episodes` are a list of objects with Minari's names, sent as JSON; an iterator of them, sent as NDJSON; or a dict of
    arrays by tensor names, in which the episodes follow one another and `episode_lengths` says where they end.
    """

    _caller: Caller

    def create_demonstrations(
        self,
        episodes: Optional[Episodes] = None,
        *,
        name: Optional[str] = None,
        env_id: Optional[str] = None,
        kwargs: Optional[Mapping[str, Any]] = None,
        observation_space: Any = None,
        action_space: Any = None,
        metadata: Optional[Mapping[str, Any]] = None,
        expert: Optional[str] = None,
        num_episodes: Optional[int] = None,
        seed: Optional[int] = None,
        exploration: Optional[float] = None,
    ) -> JSON:
        """Makes a set of demonstrations from `episodes`, or has an `expert` play `num_episodes` of them.

        Args:
            episodes: In one of the three forms.
            name: What people call it.
            env_id: The world; without one both spaces are needed.
            kwargs: The world's own parameters.
            observation_space: Gymnasium's, or its JSON; of a wrapped world, where there is an `env_id`.
            action_space: Likewise.
            metadata: What the caller wants to find again, an object of 64 KiB at most.
            expert: A scripted expert, or an agent's id.
            num_episodes: How many it plays.
            seed: What the first is reset with.
            exploration: The share of its actions that are random instead.
        """
        about: JSON = {"name": name, "env_id": env_id, "kwargs": kwargs, "metadata": metadata}
        about.update(observation_space=observation_space, action_space=action_space)
        if episodes is not None and not isinstance(episodes, Sequence):
            return self._send_episodes("/v1/demonstrations/", episodes, about)
        body = {**about, "episodes": episodes, "expert": expert, "num_episodes": num_episodes, "seed": seed}
        return self._caller.json("POST", "/v1/demonstrations/", {**body, "exploration": exploration}, wait=True)

    def list_demonstrations(self, *, limit: Optional[int] = None, cursor: Optional[str] = None) -> JSON:
        """The sets of demonstrations, oldest first."""
        return self._caller.json("GET", "/v1/demonstrations/", query={"limit": limit, "cursor": cursor})

    def get_demonstrations(self, demonstration_id: str) -> JSON:
        """One set: what it is of, and how much it holds."""
        return self._caller.json("GET", f"/v1/demonstrations/{segment(demonstration_id)}")

    def delete_demonstrations(self, demonstration_id: str) -> JSON:
        """Erases a set for good."""
        return self._caller.json("DELETE", f"/v1/demonstrations/{segment(demonstration_id)}", wait=True)

    def add_episodes(self, demonstration_id: str, episodes: Episodes) -> JSON:
        """Adds episodes to a set, in one of the three forms."""
        path = f"/v1/demonstrations/{segment(demonstration_id)}/episodes"
        if not isinstance(episodes, Sequence):
            return self._send_episodes(path, episodes, {})
        return self._caller.json("POST", path, {"episodes": episodes}, wait=True)

    def list_episodes(
        self,
        demonstration_id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        include: Optional[str] = None,
    ) -> JSON:
        """The episodes of a set; `include="data"` adds what was observed and done."""
        query = {"limit": limit, "cursor": cursor, "include": include}
        return self._caller.json("GET", f"/v1/demonstrations/{segment(demonstration_id)}/episodes", query=query)

    def get_demonstration_file(self, demonstration_id: str, *, format: Optional[str] = None) -> bytes:
        """The whole set as a file: `safetensors`, which `lamd.safetensors.load` decodes, or `ndjson`."""
        path = f"/v1/demonstrations/{segment(demonstration_id)}/file"
        return self._caller.send("GET", path, query={"format": format}, wait=True).body

    def get_demonstration_quality(self, demonstration_id: str) -> JSON:
        """What a set is worth, with a sentence for each finding."""
        return self._caller.json("GET", f"/v1/demonstrations/{segment(demonstration_id)}/quality")

    def list_experts(self, *, limit: Optional[int] = None, cursor: Optional[str] = None) -> JSON:
        """The scripted experts and the worlds that they know."""
        return self._caller.json("GET", "/v1/experts", query={"limit": limit, "cursor": cursor})

    def _send_episodes(self, path: str, episodes: Episodes, about: JSON) -> JSON:
        """Sends episodes in bulk; what is said about them goes into the tensors' file, or else into the query."""
        said = {key: value if isinstance(value, str) else compact(value) for key, value in present(about).items()}
        query: JSON = {}
        if isinstance(episodes, Mapping):
            content, media_type = safetensors.dump(episodes, said), safetensors.MEDIA_TYPE
        else:
            content = "".join(compact(episode) + "\n" for episode in episodes).encode()
            media_type, query = "application/x-ndjson", said
        headers = {"Content-Type": media_type, "Accept": "application/json"}
        return decoded(self._caller.send("POST", path, content, query=query, headers=headers, wait=True))
