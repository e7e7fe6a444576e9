"""Small HTTP servers that stand in for the daemon: one records requests, one drives real Gymnasium environments."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Optional
from urllib.parse import parse_qsl, urlsplit

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from lamd import safetensors
from lamd.spaces import encode_space, from_tensors, plain, to_tensors


class Request(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    status: int
    media_type: str
    body: bytes


def as_json(value: Any, status: int = 200) -> Answer:
    return Answer(status, "application/json", json.dumps(value).encode())


def as_tensors(tensors: dict[str, Any]) -> Answer:
    return Answer(200, safetensors.MEDIA_TYPE, safetensors.dump(tensors))


def problem(status: int, code: str, detail: str, pointer: Optional[str] = None) -> Answer:
    body = {"type": f"urn:lamd:problem:{code}", "title": code, "status": status, "detail": detail, "message": detail}
    if pointer is not None:
        body["pointer"] = pointer
    return Answer(status, "application/problem+json", json.dumps(body).encode())


class Server:
    """Answers with `answer(request)`; an answer of None cuts the connection instead."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.connections = 0

    def answer(self, request: Request) -> Optional[Answer]:
        if safetensors.MEDIA_TYPE in request.headers.get("Accept", ""):
            return as_tensors({"frame": np.zeros((2, 3, 3), np.uint8)})
        return as_json({})

    @contextmanager
    def running(self) -> Iterator[str]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                fake.connections += 1

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = urlsplit(self.path)
                query = dict(parse_qsl(parts.query, keep_blank_values=True))
                request = Request(self.command, parts.path, query, dict(self.headers.items()), body)
                fake.requests.append(request)
                answer = fake.answer(request)
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.media_type)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                server.shutdown()
                thread.join()


class Worlds(Server):
    """The environment routes over Gymnasium's own environments, one or several of them together."""

    def __init__(self) -> None:
        super().__init__()
        self.envs: dict[str, Any] = {}
        self.created: dict[str, dict[str, Any]] = {}
        self.steps_taken = 0
        self._replay: dict[str, tuple[int, Answer]] = {}

    def answer(self, request: Request) -> Optional[Answer]:
        parts = [part for part in request.path.split("/") if part]
        tensors = request.headers.get("Content-Type") == safetensors.MEDIA_TYPE
        body = {} if tensors or not request.body else json.loads(request.body)
        if request.method == "POST" and parts == ["v1", "envs"]:
            return self._create(body)
        instance_id, verb = parts[2], parts[3] if len(parts) > 3 else request.method
        if instance_id not in self.envs:
            return problem(404, "not_found", "no such instance")
        env = self.envs[instance_id]
        if verb == "GET":
            return as_json(self._describe(instance_id))
        if verb == "DELETE":
            del self.envs[instance_id]
            return as_json({})
        if verb == "reset":
            options = body.get("options")
            if options and "reset_mask" in options:
                options["reset_mask"] = np.array(options["reset_mask"])
            observation, info = env.reset(seed=body.get("seed"), options=options)
            self._replay.pop(instance_id, None)
            return (
                self._tensors(env, {}, observation, info)
                if self._vector(env)
                else as_json(plain({"observation": observation, "info": info}))
            )
        if verb == "step":
            number = int(request.query["step"]) if tensors else body["step"]
            if instance_id in self._replay and self._replay[instance_id][0] == number:
                return self._replay[instance_id][1]
            self.steps_taken += 1
            answer = self._step(env, request.body if tensors else body["action"])
            self._replay[instance_id] = (number, answer)
            return answer
        if verb == "render":
            frame = np.full((4, 5, 3), int(request.query.get("env_index", 0)), np.uint8)
            if request.query["mode"] == "rgb_array":
                return as_tensors({"frame": frame})
            return Answer(200, "text/plain", request.query["mode"].encode())
        return problem(404, "not_found", request.path)

    @staticmethod
    def _vector(env: Any) -> bool:
        return isinstance(env, SyncVectorEnv)

    def _create(self, body: dict[str, Any]) -> Answer:
        kwargs = dict(body.get("kwargs", {}), max_episode_steps=body.get("max_episode_steps"))
        modes = {mode.name.lower(): mode for mode in AutoresetMode}

        def one() -> Any:
            return gymnasium.make(body["env_id"], **kwargs)

        try:
            if "num_envs" in body:
                mode = modes[body["autoreset_mode"]]
                env: Any = SyncVectorEnv([one for _ in range(body["num_envs"])], autoreset_mode=mode)
            else:
                env = one()
        except gymnasium.error.Error as error:
            return problem(400, "unknown_environment", str(error), "/env_id")
        instance_id = f"{len(self.created):08x}"
        self.envs[instance_id], self.created[instance_id] = env, body
        return as_json({"instance_id": instance_id})

    def _describe(self, instance_id: str) -> dict[str, Any]:
        env = self.envs[instance_id]
        single = env.envs[0] if self._vector(env) else env
        spec = {"reward_threshold": single.spec.reward_threshold, "max_episode_steps": single.spec.max_episode_steps}
        modes = ["svg", "png", "rgb_array"] + ["ansi"] * ("ansi" in single.metadata["render_modes"])
        return {
            "spec": {**spec, "render_modes": modes, "render_fps": single.metadata["render_fps"]},
            "observation_space": encode_space(single.observation_space),
            "action_space": encode_space(single.action_space),
        }

    def _step(self, env: Any, action: Any) -> Answer:
        if not self._vector(env):
            space = env.action_space
            value = np.array(action, space.dtype) if space.shape else action
            observation, reward, terminated, truncated, info = env.step(value)
            flags = {"reward": float(reward), "terminated": terminated, "truncated": truncated}
            return as_json(plain({"observation": observation, **flags, "info": info}))
        actions = from_tensors("action", env.single_action_space, safetensors.load(action))
        observation, reward, terminated, truncated, infos = env.step(actions)
        return self._tensors(
            env, {"reward": reward, "terminated": terminated, "truncated": truncated}, observation, infos
        )

    @staticmethod
    def _tensors(env: SyncVectorEnv, tensors: dict[str, Any], observation: Any, infos: dict[str, Any]) -> Answer:
        space = env.single_observation_space
        tensors.update(to_tensors("observation", space, observation))
        final = infos.pop("final_obs", None)
        if final is not None:
            rows = {name: np.zeros_like(array) for name, array in to_tensors("final_obs", space, observation).items()}
            for index, item in enumerate(final):
                for name, value in to_tensors("final_obs", space, item).items() if item is not None else ():
                    rows[name][index] = value
            tensors.update(rows)

        def add(prefix: str, values: dict[str, Any]) -> None:
            for key, value in values.items():
                if isinstance(value, dict):
                    add(f"{prefix}.{key}", value)
                else:
                    tensors[f"{prefix}.{key}"] = value

        add("info", infos)
        return as_tensors(tensors)
