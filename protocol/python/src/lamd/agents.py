"""The client's methods for agents and their jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional, Union

import numpy as np

from . import progress as bar
from . import safetensors
from .caller import JSON, Caller, Event, compact, decoded, present, segment
from .spaces import Tensors

_TENSORS = {"Content-Type": safetensors.MEDIA_TYPE, "Accept": "application/json"}


class Agents:
    """A part of `Client`."""

    _caller: Caller

    def create_agent(
        self,
        env_id: Optional[str] = None,
        *,
        kwargs: Optional[Mapping[str, Any]] = None,
        observation_space: Any = None,
        action_space: Any = None,
        name: Optional[str] = None,
        is_masked: Optional[bool] = None,
        seed: Optional[int] = None,
        network: Optional[Mapping[str, Any]] = None,
        hyperparameters: Optional[Mapping[str, Any]] = None,
        action_features: Any = None,
        init_from: Optional[str] = None,
    ) -> JSON:
        """Makes an agent for a world, or for two spaces (Gymnasium's or their JSON).

        `action_features` say what each action is, a row for each: nested lists are sent as JSON, an array as tensors.
        """
        body = {"env_id": env_id, "kwargs": kwargs, "name": name, "seed": seed, "network": network}
        body.update(is_masked=is_masked, observation_space=observation_space, action_space=action_space)
        body.update(hyperparameters=hyperparameters, init_from=init_from)
        if not isinstance(action_features, np.ndarray):
            return self._caller.json("POST", "/v1/agents/", {**body, "action_features": action_features})
        said = {key: value if isinstance(value, str) else compact(value) for key, value in present(body).items()}
        content = safetensors.dump({"action_features": action_features}, said)
        return decoded(self._caller.send("POST", "/v1/agents/", content, headers=_TENSORS, wait=True))

    def list_agents(self, *, limit: Optional[int] = None, cursor: Optional[str] = None) -> JSON:
        """The agents, oldest first."""
        return self._caller.json("GET", "/v1/agents/", query={"limit": limit, "cursor": cursor})

    def get_agent(self, agent_id: str) -> JSON:
        """One agent: its configuration and how far it is."""
        return self._caller.json("GET", f"/v1/agents/{segment(agent_id)}")

    def delete_agent(self, agent_id: str) -> JSON:
        """Deletes an agent with its versions."""
        return self._caller.json("DELETE", f"/v1/agents/{segment(agent_id)}", wait=True)

    def act(
        self,
        agent_id: str,
        observation: Any = None,
        *,
        observations: Any = None,
        action_mask: Any = None,
        deterministic: Optional[bool] = None,
        exact: Optional[bool] = None,
        top_k: Optional[int] = None,
        include: Optional[Sequence[str]] = None,
        version: Optional[int] = None,
        episode_id: Optional[str] = None,
        episode_ids: Any = None,
        tensors: bool = False,
    ) -> Any:
        """Asks the policy what to do, for one observation or for several `observations`.

        A guard that limits changes needs to know the episode, or for several the `episode_ids`. With `tensors`,
        `observations` is an array, or a dict of them by tensor names, and `episode_ids` are integers.
        """
        path = f"/v1/agents/{segment(agent_id)}/act/"
        choice: JSON = {"deterministic": deterministic, "exact": exact, "version": version, "include": include}
        if not tensors:
            body = {**choice, "observation": observation, "observations": observations, "action_mask": action_mask}
            body.update(top_k=top_k, episode_id=episode_id, episode_ids=episode_ids)
            return self._caller.json("POST", path, body, repeatable=True)
        named = dict(observations) if isinstance(observations, Mapping) else {"observations": observations}
        if action_mask is not None:
            named["action_mask"] = action_mask
        if episode_ids is not None:
            named["episode_ids"] = np.asarray(episode_ids, np.int64)
        return self._caller.tensors(path, choice, tensors=named, repeatable=True)

    def train(
        self,
        agent_id: str,
        *,
        env_id: Optional[str] = None,
        kwargs: Optional[Mapping[str, Any]] = None,
        num_envs: Optional[int] = None,
        steps: Optional[int] = None,
        episodes: Optional[int] = None,
        updates: Optional[int] = None,
        seconds: Optional[float] = None,
        target_return: Optional[float] = None,
        evaluate: Optional[Mapping[str, Any]] = None,
        demonstrations: Optional[Sequence[str]] = None,
        expert: Optional[str] = None,
        phases: Optional[Sequence[Mapping[str, Any]]] = None,
        wait: bool = False,
        progress: bool = False,
    ) -> JSON:
        """Trains the agent in the background and returns the job.

        `demonstrations` are the ids of sets to imitate. `expert` labels what the agent comes across: `"scripted"` or the
        id of a scripted expert, an agent's id, or `"client"`, who labels by `get_labels` and `post_labels`. Without
        `phases` these two say what is done.

        With `wait` or `progress` it returns the finished job; `progress` draws a bar on a terminal and writes plain lines
        elsewhere (both on stderr). Interrupted, the job goes on in the daemon; `cancel_job` ends it.
        """
        body: JSON = {"env_id": env_id, "kwargs": kwargs, "num_envs": num_envs, "target_return": target_return}
        body.update(steps=steps, episodes=episodes, updates=updates, seconds=seconds, evaluate=evaluate, phases=phases)
        body.update(demonstrations=demonstrations, expert=expert)
        path = f"/v1/agents/{segment(agent_id)}/train/"
        if not progress:
            return self._caller.json("POST", path, body, query={"wait": wait or None}, wait=wait)
        job = self._caller.json("POST", path, body)
        return bar.follow(self.stream_job(job["job_id"])) or self.get_job(job["job_id"])

    def observe(
        self,
        agent_id: str,
        transitions: Union[Sequence[Mapping[str, Any]], Tensors],
        *,
        learn: Optional[bool] = None,
    ) -> JSON:
        """Hands over experience: a list of transitions, or a dict of arrays by tensor names.

        Transitions that all have a `step` are sent again where the reply was lost: none counts twice.
        """
        path = f"/v1/agents/{segment(agent_id)}/observe/"
        if not isinstance(transitions, Mapping):
            body = {"transitions": transitions, "learn": learn}
            return self._caller.json("POST", path, body, repeatable=all("step" in one for one in transitions))
        content = safetensors.dump(transitions)
        return decoded(self._caller.send("POST", path, content, query={"learn": learn}, headers=_TENSORS))

    def get_labels(self, agent_id: str, *, limit: Optional[int] = None, cursor: Optional[str] = None) -> JSON:
        """The states that wait for an expert in the client, and what the agent would do in them."""
        path = f"/v1/agents/{segment(agent_id)}/labels"
        return self._caller.json("GET", path, query={"limit": limit, "cursor": cursor})

    def post_labels(self, agent_id: str, labels: Sequence[Mapping[str, Any]]) -> JSON:
        """Says what an expert would do: `{"state_id": …, "action": …}` for each of what `get_labels` gave."""
        return self._caller.json("POST", f"/v1/agents/{segment(agent_id)}/labels", {"labels": labels})

    def evaluate(
        self,
        agent_id: str,
        *,
        num_episodes: Optional[int] = None,
        seed: Optional[int] = None,
        env_id: Optional[str] = None,
        kwargs: Optional[Mapping[str, Any]] = None,
        expert: Optional[str] = None,
    ) -> JSON:
        """Plays whole episodes with the policy and reports the returns, beside those of an `expert`."""
        body = {"num_episodes": num_episodes, "seed": seed, "env_id": env_id, "kwargs": kwargs, "expert": expert}
        return self._caller.json("POST", f"/v1/agents/{segment(agent_id)}/evaluate/", body, wait=True)

    def get_policy(self, agent_id: str, *, format: Optional[str] = None, version: Optional[int] = None) -> bytes:
        """The policy's file; `lamd.safetensors.load` decodes it."""
        query = {"format": format, "version": version}
        return self._caller.send("GET", f"/v1/agents/{segment(agent_id)}/policy", query=query).body

    def put_policy(self, agent_id: str, policy: bytes) -> JSON:
        """Uploads a policy as a new version, which becomes the current one."""
        path = f"/v1/agents/{segment(agent_id)}/policy"
        headers = {"Content-Type": safetensors.MEDIA_TYPE}
        return decoded(self._caller.send("PUT", path, policy, headers=headers))

    def get_action_features(self, agent_id: str, *, tensors: bool = False) -> Any:
        """What is known of the agent's actions: how much, or with `tensors` its `action_features` and `withdrawn`."""
        path = f"/v1/agents/{segment(agent_id)}/action_features"
        if not tensors:
            return self._caller.json("GET", path)
        return safetensors.load(self._caller.send("GET", path, headers={"Accept": safetensors.MEDIA_TYPE}).body)

    def put_action_features(self, agent_id: str, action_features: Any, *, withdrawn: Any = None) -> JSON:
        """Replaces what is known of all actions: a row for each, and optionally for each whether it is withdrawn.

        Nested lists are sent as JSON, an array as tensors.
        """
        return self._features("PUT", agent_id, {"action_features": action_features, "withdrawn": withdrawn}, bool)

    def patch_action_features(
        self,
        agent_id: str,
        ids: Optional[Sequence[int]] = None,
        action_features: Any = None,
        *,
        withdraw: Optional[Sequence[int]] = None,
    ) -> JSON:
        """Gives the actions `ids` other rows, adds actions (the ids after the last), withdraws some."""
        given = {"ids": ids, "action_features": action_features, "withdraw": withdraw}
        return self._features("PATCH", agent_id, given, np.int64)

    def _features(self, method: str, agent_id: str, given: JSON, others: Any) -> JSON:
        path = f"/v1/agents/{segment(agent_id)}/action_features"
        rows = given["action_features"]
        if not isinstance(rows, np.ndarray):
            return self._caller.json(method, path, given, wait=True)
        columns = {key: np.asarray(value, others) for key, value in present(given).items()}
        content = safetensors.dump({**columns, "action_features": rows})
        return decoded(self._caller.send(method, path, content, headers=_TENSORS, wait=True))

    def get_action_index(self, agent_id: str) -> JSON:
        """How the index over the agent's actions stands: its `state`, the recall that was measured, its memory."""
        return self._caller.json("GET", f"/v1/agents/{segment(agent_id)}/action_index")

    def put_action_index(self, agent_id: str, recall: Optional[float] = None) -> JSON:
        """Has the best actions found by an index, once it is laid and where it finds `recall` of the ten best."""
        return self._caller.json("PUT", f"/v1/agents/{segment(agent_id)}/action_index", {"recall": recall})

    def delete_action_index(self, agent_id: str) -> JSON:
        """Has the best actions found exactly again."""
        return self._caller.json("DELETE", f"/v1/agents/{segment(agent_id)}/action_index")

    def get_guard(self, agent_id: str) -> JSON:
        """What the agent may do; raises Problem 404 where nothing keeps it back."""
        return self._caller.json("GET", f"/v1/agents/{segment(agent_id)}/guard")

    def put_guard(
        self,
        agent_id: str,
        *,
        mode: Optional[str] = None,
        bounds: Optional[Mapping[str, Any]] = None,
        max_change: Any = None,
        allow: Any = None,
        deny: Any = None,
        budget: Optional[Mapping[str, Any]] = None,
        confidence_floor: Optional[float] = None,
        fallback: Any = None,
        audit: Optional[bool] = None,
    ) -> JSON:
        """Says what the agent may do, whatever its policy says, in place of the guard that it has."""
        body: JSON = {"mode": mode, "bounds": bounds, "max_change": max_change, "allow": allow, "deny": deny}
        body.update(budget=budget, confidence_floor=confidence_floor, fallback=fallback, audit=audit)
        return self._caller.json("PUT", f"/v1/agents/{segment(agent_id)}/guard", body, repeatable=True)

    def delete_guard(self, agent_id: str) -> JSON:
        """Lets the agent do whatever its policy says."""
        return self._caller.json("DELETE", f"/v1/agents/{segment(agent_id)}/guard")

    def kill_agent(self, agent_id: str, reason: Optional[str] = None) -> JSON:
        """Turns the agent off, at once and until `revive_agent`."""
        path = f"/v1/agents/{segment(agent_id)}/kill"
        return self._caller.json("POST", path, {"reason": reason}, repeatable=True)

    def revive_agent(self, agent_id: str) -> JSON:
        """Has an agent that was turned off act again."""
        return self._caller.json("POST", f"/v1/agents/{segment(agent_id)}/revive", repeatable=True)

    def get_card(self, agent_id: str, version: int) -> str:
        """What is known of a version, as Markdown: what it learned from, how it was judged, its limits, whom it served."""
        return self._caller.send("GET", f"/v1/agents/{segment(agent_id)}/versions/{version}/card").body.decode()

    def list_versions(self, agent_id: str, *, limit: Optional[int] = None, cursor: Optional[str] = None) -> JSON:
        """The versions of the policy, newest first."""
        query = {"limit": limit, "cursor": cursor}
        return self._caller.json("GET", f"/v1/agents/{segment(agent_id)}/versions", query=query)

    def rollback(self, agent_id: str, version: int) -> JSON:
        """Makes an older version the current one."""
        return self._caller.json("POST", f"/v1/agents/{segment(agent_id)}/rollback", {"version": version})

    # Jobs

    def list_jobs(self, *, limit: Optional[int] = None, cursor: Optional[str] = None) -> JSON:
        """The jobs, newest first."""
        return self._caller.json("GET", "/v1/jobs/", query={"limit": limit, "cursor": cursor})

    def get_job(self, job_id: str) -> JSON:
        """One job: its state, progress, metrics and result."""
        return self._caller.json("GET", f"/v1/jobs/{segment(job_id)}")

    def cancel_job(self, job_id: str) -> JSON:
        """Cancels a job; what was learned is kept."""
        return self._caller.json("DELETE", f"/v1/jobs/{segment(job_id)}", wait=True)

    def stream_job(self, job_id: str, *, last_event_id: Optional[int] = None) -> Iterator[Event]:
        """A job's events as they happen, up to `done`. Where the connection is lost it goes on after the last one."""
        return self._caller.events(f"/v1/jobs/{segment(job_id)}/events", last_event_id)

    def get_job_metrics(self, job_id: str, *, format: str = "json") -> Any:
        """The learning curve: JSON, or with `format="csv"` a str."""
        reply = self._caller.send("GET", f"/v1/jobs/{segment(job_id)}/metrics", query={"format": format})
        return reply.body.decode() if format == "csv" else decoded(reply)
