"""One method for each operation of the API, named after its operationId."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional, Union

from . import safetensors
from .agents import Agents
from .caller import JSON, Caller, decoded, present, segment
from .demonstrations import Demonstrations
from .spaces import Tensors, plain


class Client(Agents, Demonstrations):
    """Talks to one daemon. Threads may share it; each has a connection of its own.

    Args:
        url: The daemon's address, `http://host:port` or `unix:/path/to/socket`; by default `$LAMD_URL`, else
            http://127.0.0.1:8808.
        timeout: Seconds to wait for a reply, None for ever. Requests that wait for work to be done have no timeout.
        retries: How often a request is sent again after its connection was lost, where that is safe.
        token: What the daemon asks for, where it asks for one; by default `$LAMD_TOKEN`.

    Methods raise `Problem` where the daemon says no, ConnectionError where it does not answer. Where a method takes
    `tensors`, true sends and receives safetensors: the reply is a dict of numpy arrays by the API's names.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        *,
        timeout: Optional[float] = 60.0,
        retries: int = 2,
        token: Optional[str] = None,
    ) -> None:
        self._caller = Caller(url, timeout, retries, token)

    @property
    def url(self) -> str:
        """The daemon's address."""
        return self._caller.transport.url

    def close(self) -> None:
        """Closes this thread's connection."""
        self._caller.transport.close()

    # Environments

    def list_environments(self, *, limit: Optional[int] = None, cursor: Optional[str] = None) -> JSON:
        """The worlds that the daemon knows."""
        return self._caller.json("GET", "/v1/environments", query={"limit": limit, "cursor": cursor})

    def get_environment(self, env_id: str) -> JSON:
        """One world: its spaces, limits, render modes and kwargs."""
        path = "/".join(segment(part) for part in env_id.split("/"))
        return self._caller.json("GET", f"/v1/environments/{path}")

    def create_env(
        self,
        env_id: str,
        *,
        num_envs: Optional[int] = None,
        seed: Optional[int] = None,
        kwargs: Optional[Mapping[str, Any]] = None,
        max_episode_steps: Optional[int] = None,
        autoreset_mode: Optional[str] = None,
        wrappers: Optional[Sequence[Mapping[str, Any]]] = None,
        record: Optional[str] = None,
        durable: Optional[bool] = None,
        ttl_s: Optional[float] = None,
    ) -> JSON:
        """Makes an instance of a world; `instance_id` in the reply is what the other methods take.

        With `record`, the name of a demonstration set, its episodes are kept there. A `durable` one survives the
        daemon's end with everything that was answered.
        """
        body: JSON = {"env_id": env_id, "num_envs": num_envs, "seed": seed, "kwargs": kwargs, "ttl_s": ttl_s}
        body.update(
            max_episode_steps=max_episode_steps, autoreset_mode=autoreset_mode, wrappers=wrappers, record=record,
            durable=durable,
        )
        return self._caller.json("POST", "/v1/envs/", body)

    def list_envs(self) -> JSON:
        """The instances, with the ids of their worlds."""
        return self._caller.json("GET", "/v1/envs/")

    def get_env(self, instance_id: str, *, include: Optional[str] = None) -> JSON:
        """One instance; `include="transition_table"` adds the table of a finite world."""
        return self._caller.json("GET", f"/v1/envs/{segment(instance_id)}", query={"include": include})

    def delete_env(self, instance_id: str) -> JSON:
        """Closes an instance."""
        return self._caller.json("DELETE", f"/v1/envs/{segment(instance_id)}")

    def reset(
        self,
        instance_id: str,
        *,
        seed: Optional[int] = None,
        options: Optional[Mapping[str, Any]] = None,
        tensors: bool = False,
    ) -> Any:
        """Begins a new episode."""
        path = f"/v1/envs/{segment(instance_id)}/reset/"
        body = present({"seed": seed, "options": options})
        return self._caller.tensors(path, body=body) if tensors else self._caller.json("POST", path, body)

    def step(self, instance_id: str, action: Any, *, step: Optional[int] = None, tensors: bool = False) -> Any:
        """Takes one action. With `step`, its number since the reset, it is sent again after a lost connection.

        With `tensors`, `action` is an array, or a dict of them by tensor names.
        """
        path = f"/v1/envs/{segment(instance_id)}/step/"
        if tensors:
            named: Tensors = dict(action) if isinstance(action, Mapping) else {"action": action}
            return self._caller.tensors(path, {"step": step}, tensors=named, repeatable=step is not None)
        body = {"action": action} if step is None else {"action": action, "step": step}
        return self._caller.json("POST", path, body, repeatable=step is not None)

    def rollout(
        self,
        instance_id: str,
        *,
        steps: Optional[int] = None,
        num_episodes: Optional[int] = None,
        actions: Optional[Sequence[Any]] = None,
        agent_id: Optional[str] = None,
        policy: Optional[str] = None,
        deterministic: Optional[bool] = None,
        seed: Optional[int] = None,
        transitions: Optional[bool] = None,
        tensors: bool = False,
    ) -> Any:
        """Takes many steps in one request, with given actions, an agent or `policy="random"`."""
        path = f"/v1/envs/{segment(instance_id)}/rollout"
        body = {"steps": steps, "num_episodes": num_episodes, "actions": actions, "agent_id": agent_id, "seed": seed}
        body = present({**body, "policy": policy, "deterministic": deterministic, "transitions": transitions})
        return (
            self._caller.tensors(path, body=body, wait=True)
            if tensors
            else self._caller.json("POST", path, body, wait=True)
        )

    def snapshot(self, instance_id: str) -> JSON:
        """The instance's whole state, as `snapshot` in the reply."""
        return self._caller.json("POST", f"/v1/envs/{segment(instance_id)}/snapshot")

    def restore(self, instance_id: str, snapshot: str) -> JSON:
        """Puts the instance into the state of a snapshot."""
        return self._caller.json("POST", f"/v1/envs/{segment(instance_id)}/restore", {"snapshot": snapshot})

    def fork(self, instance_id: str, *, copies: Optional[int] = None) -> JSON:
        """Copies of the instance as it stands; `instance_ids` in the reply."""
        return self._caller.json("POST", f"/v1/envs/{segment(instance_id)}/fork", {"copies": copies})

    def render(self, instance_id: str, *, mode: str = "svg", env_index: Optional[int] = None) -> Any:
        """A frame: str for `svg` and `ansi`, bytes for `png`, an array [height, width, 3] for `rgb_array`."""
        path = f"/v1/envs/{segment(instance_id)}/render"
        accept = safetensors.MEDIA_TYPE if mode == "rgb_array" else "*/*"
        reply = self._caller.send("GET", path, query={"mode": mode, "env_index": env_index}, headers={"Accept": accept})
        if mode == "rgb_array":
            return safetensors.load(reply.body)["frame"]
        return reply.body if mode == "png" else reply.body.decode()

    def get_action_space(self, instance_id: str) -> JSON:
        """The action space in gym-http-api's form; `get_env` has it without loss."""
        return self._caller.json("GET", f"/v1/envs/{segment(instance_id)}/action_space/")

    def sample_action(self, instance_id: str) -> JSON:
        """A random action that can be given to `step`."""
        return self._caller.json("GET", f"/v1/envs/{segment(instance_id)}/action_space/sample")

    def contains_action(self, instance_id: str, x: Any) -> JSON:
        """Whether an action is a member of the action space, and if not, which element is wrong."""
        text = x if isinstance(x, str) else json.dumps(plain(x))
        return self._caller.json("GET", f"/v1/envs/{segment(instance_id)}/action_space/contains/{segment(text)}")

    def get_observation_space(self, instance_id: str) -> JSON:
        """The observation space in gym-http-api's form; `get_env` has it without loss."""
        return self._caller.json("GET", f"/v1/envs/{segment(instance_id)}/observation_space/")

    def contains_observation(self, instance_id: str, properties: Mapping[str, Any]) -> JSON:
        """Whether properties such as `{"name": "Box"}` are the observation space's."""
        return self._caller.json("POST", f"/v1/envs/{segment(instance_id)}/observation_space/contains", properties)

    def start_monitor(self, instance_id: str, directory: str, **fields: Any) -> JSON:
        """Accepted for old clients; records nothing."""
        body = {"directory": directory, **fields}
        return self._caller.json("POST", f"/v1/envs/{segment(instance_id)}/monitor/start/", body)

    def close_monitor(self, instance_id: str) -> JSON:
        """Accepted for old clients; closes nothing."""
        return self._caller.json("POST", f"/v1/envs/{segment(instance_id)}/monitor/close/")

    def close_env(self, instance_id: str) -> JSON:
        """Closes an instance, the old way."""
        return self._caller.json("POST", f"/v1/envs/{segment(instance_id)}/close/")

    def upload(self, **fields: Any) -> JSON:
        """Accepted for old clients; uploads nothing."""
        return self._caller.json("POST", "/v1/upload/", fields)

    def shutdown(self) -> JSON:
        """Stops the daemon gracefully."""
        return self._caller.json("POST", "/v1/shutdown/")

    # Tokens

    def create_token(
        self, name: str, scopes: Sequence[str], *, tenant: Optional[str] = None, ttl_s: Optional[float] = None
    ) -> JSON:
        """Gives a token out: `token` in the reply, which cannot be found out later."""
        body = {"name": name, "scopes": list(scopes), "tenant": tenant, "ttl_s": ttl_s}
        return self._caller.json("POST", "/v1/tokens/", body)

    def list_tokens(self, *, limit: Optional[int] = None, cursor: Optional[str] = None) -> JSON:
        """The tokens, those that count no more too."""
        return self._caller.json("GET", "/v1/tokens/", query={"limit": limit, "cursor": cursor})

    def get_token(self, token_id: str) -> JSON:
        """One token, all but itself."""
        return self._caller.json("GET", f"/v1/tokens/{segment(token_id)}")

    def revoke_token(self, token_id: str) -> JSON:
        """Has a token count no more."""
        return self._caller.json("DELETE", f"/v1/tokens/{segment(token_id)}")

    # The daemon

    def list_audit(
        self,
        *,
        event: Optional[str] = None,
        id: Optional[str] = None,
        since: Optional[str] = None,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
    ) -> JSON:
        """What was done and by whom, oldest first; a page may be empty and have a `next_cursor` all the same."""
        query = {"event": event, "id": id, "since": since, "limit": limit, "cursor": cursor}
        return self._caller.json("GET", "/v1/audit", query=query)

    def get_audit_head(self) -> JSON:
        """The latest audit record's number and chain, to be written down elsewhere."""
        return self._caller.json("GET", "/v1/audit/head")

    def backup(self, path: Union[str, Path]) -> None:
        """Writes a copy of everything that the daemon keeps to a file, which `lamd restore` takes. It is fetched whole or
        not at all."""
        part = Path(f"{path}.part")
        try:
            with part.open("wb") as file:
                self._caller.download("/v1/backup", file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def restore_backup(self, path: Union[str, Path]) -> JSON:
        """Brings everything back to a backup: the daemon begins anew with it, and is not ready until then."""
        headers = {"Content-Type": "application/vnd.sqlite3"}
        return decoded(self._caller.send("PUT", "/v1/backup", Path(path).read_bytes(), headers=headers, wait=True))

    def livez(self) -> JSON:
        """Says that the process answers."""
        return self._caller.json("GET", "/livez")

    def readyz(self) -> JSON:
        """Says that the daemon takes work; raises Problem 503 where it does not."""
        return self._caller.json("GET", "/readyz")

    def metrics(self) -> str:
        """Counters and gauges in Prometheus' text format."""
        return self._caller.send("GET", "/metrics").body.decode()

    def openapi(self) -> JSON:
        """The API's contract."""
        return self._caller.json("GET", "/openapi.json")
