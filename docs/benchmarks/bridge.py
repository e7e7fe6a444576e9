"""Gymnasium's environments through lamd: whether they are the same there, and what the way costs.

Every id that Gymnasium registers is made as `gymnasium/<id>`, reset, stepped and drawn over HTTP, beside a copy in this
process. Then sixteen environments are stepped in this process, through lamd and through FastAPI, in turn, with the same
seeds and actions. `make bench-bridge` installs all that this needs and runs it.
"""

from __future__ import annotations

import argparse
import ctypes.util
import http.client
import json
import os
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Optional
from urllib.parse import urlsplit

import gymnasium
import numpy as np
from gymnasium.spaces import Space
from harness import daemon, machine, publish

import lamd

HERE = Path(__file__).parent
COSTS = ["CartPole-v1", "LunarLander-v3", "HalfCheetah-v5"]
ENVS = 16
SEED = 1

IDS_NOTE = """\
Each id of Gymnasium's registry, made over HTTP as `gymnasium/<id>` and stepped {steps:,} times with sampled actions;
where an episode ends the environment is reset with the next seed. Equal: observations bit for bit, rewards, ends, and
the last frame are those of the same environment in the benchmark's own process, with the same seeds and actions. One
environment by JSON; and a batch of two by safetensors, half as many steps, beside Gymnasium's `SyncVectorEnv`. Steps/s:
one environment through lamd, by JSON, with the Python client. Where only the frame differs, it is by flames and sparks,
which are there from the first picture on. {absent}"""

COST_NOTE = """\
{envs} environments, steps/s of all together; medians of {rounds} rounds, in each of which all ways take turns with the
same seeds and actions, restarting episodes in the step after their end; ratios are medians of those of the rounds. In
process: Gymnasium's `SyncVectorEnv`; {envs} processes: its `AsyncVectorEnv`. Lamd: `lamd.make_vec`, two worker
processes, safetensors; single: one environment, by JSON over a connection that is kept.
FastAPI under uvicorn hosts one environment a request, as OpenEnv and gym-http-api do, and a `SyncVectorEnv` in one
request, both by JSON with the client that lamd's single steps have. A vector in process or of FastAPI has one core,
lamd's workers have two."""


class Played(NamedTuple):
    """What an environment showed, from its first reset on."""

    shown: list[Any]
    episodes: int
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lamd", default=".build/release/lamd", help="the program")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--steps", type=int, default=1_000, help="in each environment of the registry")
    parser.add_argument("--rounds", type=int, default=7, help="in which the ways take turns")
    parser.add_argument("--seconds", type=float, default=2, help="about what one way takes in a round")
    parser.add_argument("--parts", default="ids,cost", help="some of them")
    parser.add_argument("--only", default="", help="ids that have this in them")
    given = parser.parse_args()
    prepare()
    report: dict[str, Any] = {"command": "bridge.py", "machine": machine(), "tables": []}
    if given.json and given.json.exists():
        # Keeps what an earlier report says of the part that is not tried again.
        before = json.loads(given.json.read_text())
        report = {**before, "machine": report["machine"]}
    os.environ["LAMD_GYMNASIUM"] = sys.executable
    tables = {table["name"]: table for table in report["tables"]}
    with tempfile.TemporaryDirectory() as folder, daemon(given.lamd, Path(folder)) as url:
        # Before jax is here, with whose threads no process can be copied for AsyncVectorEnv.
        if "cost" in given.parts.split(","):
            tables["bridge-cost"], report["rounds"] = cost(url, given)
        if "ids" in given.parts.split(","):
            tables["bridge-ids"] = ids(url, given)
    report["tables"] = [tables[name] for name in ("bridge-cost", "bridge-ids") if name in tables]
    publish(report, given.json)


def prepare() -> None:
    """Has environments draw here as they do in the daemon's workers, and old ids keep their warnings to themselves."""
    warnings.simplefilter("ignore")
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    for library in ("EGL", "OSMesa"):
        if ctypes.util.find_library(library):
            os.environ.setdefault("MUJOCO_GL", library.lower())


# Every id


def ids(url: str, given: argparse.Namespace) -> dict[str, Any]:
    rows, absent = [], {}
    for env_id in gymnasium.registry:
        if given.only not in env_id:
            continue
        try:
            made(env_id).close()
        except Exception as error:
            absent[env_id] = str(error)
            refused(url, env_id)
            continue
        rows.append(beside(url, env_id, given.steps))
        print(*rows[-1], sep="  ", file=sys.stderr, flush=True)
    return {
        "name": "bridge-ids",
        "title": "Every id of Gymnasium, through lamd",
        "columns": [
            {"title": "id"},
            *({"title": title, "digits": 0} for title in ("steps", "episodes")),
            *({"title": title} for title in ("equal", "equal as a batch", "drawn as")),
            {"title": "steps/s", "digits": 0},
        ],
        "rows": rows,
        "note": IDS_NOTE.format(steps=given.steps, absent=said_of(absent)).replace("\n", " "),
        "absent": absent,
    }


def refused(url: str, env_id: str) -> None:
    try:
        lamd.make(f"gymnasium/{env_id}", url=url)
    except lamd.Problem:
        return
    sys.exit(f"lamd makes {env_id}, which Gymnasium does not")


def said_of(absent: dict[str, str]) -> str:
    """Which ids of the registry Gymnasium itself does not make, and why."""
    reasons: dict[str, list[str]] = {}
    for env_id, error in absent.items():
        reason = re.split(r"\. |\n|, for more", error)[0].replace(f"`{env_id}`", "it").rstrip(".")
        reasons.setdefault(reason, []).append(env_id)
    if not reasons:
        return ""
    parts = [f"{', '.join(named)} (“{reason}”)" for reason, named in reasons.items()]
    return f"Not made by Gymnasium itself, and refused by lamd: {'; '.join(parts)}."


@contextmanager
def quietly() -> Iterator[None]:
    """Without the warnings that MuJoCo's C prints whenever it reads some of Gymnasium's models."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def made(env_id: str, mode: Optional[str] = None) -> gymnasium.Env[Any, Any]:
    with quietly():
        return gymnasium.make(env_id, render_mode=mode)


def beside(url: str, env_id: str, steps: int) -> list[Any]:
    """A row: an environment through lamd, and a copy here."""
    ours = lamd.make(f"gymnasium/{env_id}", url=url)
    modes = ours.metadata["render_modes"]
    # Drawing belongs to the environment: what draws may have more in its world.
    mode = next((mode for mode in ("rgb_array", "ansi") if mode in modes), None)
    here, twin = (made(env_id, mode) for _ in range(2))
    space = here.observation_space
    actions = sampled(here.action_space, steps)
    through, local = play(ours, space, actions), play(here, space, actions)
    found = difference(through.shown, local.shown)
    if found is not None and difference(play(twin, space, actions).shown, local.shown) is not None:
        found += ", as between two copies here"
    drawn, frame = draw(ours, mode)
    if found is None and mode is not None and not np.array_equal(frame, here.render()):
        found = "but for the frame"
    for env in (ours, here, twin):
        env.close()
    batch = beside_batch(url, env_id, mode, max(steps // 2, 1))
    return [env_id, steps, through.episodes, found or "yes", batch or "yes", drawn, steps / through.seconds]


def sampled(space: Space[Any], steps: int) -> list[Any]:
    space.seed(SEED)
    return [space.sample() for _ in range(steps)]


def play(env: gymnasium.Env[Any, Any], space: Space[Any], actions: list[Any]) -> Played:
    """Steps through episodes with seeds 0, 1, ..."""
    shown = [flat(space, env.reset(seed=0)[0])]
    episodes, seconds = 0, 0.0
    for action in actions:
        started = time.perf_counter()
        observation, reward, terminated, truncated, _ = env.step(action)
        seconds += time.perf_counter() - started
        shown.append((flat(space, observation), float(reward), bool(terminated), bool(truncated)))
        if terminated or truncated:
            episodes += 1
            shown.append(flat(space, env.reset(seed=episodes)[0]))
    return Played(shown, episodes, seconds)


def beside_batch(url: str, env_id: str, mode: Optional[str], steps: int) -> Optional[str]:
    """Two environments at once: what first differs from Gymnasium's vector, if anything does."""
    count = 2
    ours = lamd.make_vec(f"gymnasium/{env_id}", count, url=url)
    here, twin = (gymnasium.vector.SyncVectorEnv([lambda: made(env_id, mode)] * count) for _ in range(2))
    actions = sampled(here.action_space, steps)
    through, local = play_batch(ours, here, actions), play_batch(here, here, actions)
    found = difference(through, local)
    if found is not None and difference(play_batch(twin, here, actions), local) is not None:
        found += ", as between two copies here"
    for env in (ours, here, twin):
        env.close()
    return found


def play_batch(env: Any, like: Any, actions: list[Any]) -> list[Any]:
    space = like.observation_space
    shown: list[Any] = [flat(space, env.reset(seed=0)[0])]
    for action in actions:
        observation, *others, _ = env.step(action)
        shown.append((flat(space, observation), *(np.array(other).tobytes() for other in others)))
    return shown


def flat(space: Space[Any], value: Any) -> bytes:
    """The bits of an observation, in the dtypes of its space."""
    if isinstance(space, gymnasium.spaces.Dict):
        return b"".join(flat(part, value[key]) for key, part in space.spaces.items())
    if isinstance(space, gymnasium.spaces.Tuple):
        return b"".join(flat(part, item) for part, item in zip(space.spaces, value))
    return np.asarray(value, space.dtype).tobytes()


def difference(one: list[Any], other: list[Any]) -> Optional[str]:
    """Where two trajectories part."""
    place = next((index for index, (a, b) in enumerate(zip(one, other)) if a != b), None)
    if place is None:
        return None if len(one) == len(other) else "other lengths"
    return f"not from {place}"


def draw(env: lamd.Environment, mode: Optional[str]) -> tuple[str, Any]:
    """How it is drawn, in words, and the frame itself."""
    if mode is None:
        return "–", None
    frame = env.client.render(env.instance_id, mode=mode)
    if mode == "ansi":
        return f"text, {len(frame.splitlines())} lines", frame
    width, height = struct.unpack_from(">II", env.client.render(env.instance_id, mode="png"), 16)
    if frame.shape != (height, width, 3):
        return f"rgb_array {frame.shape}, but png {width}×{height}", frame
    return f"{width}×{height}", frame


# What the way costs


class Wire:
    """JSON over a connection that is kept, with as little of a client as can be."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def renew(self) -> None:
        """The next request opens a new connection: servers end one that is idle while others have their turn."""
        self.connection.close()

    def post(self, path: str, body: Any) -> Any:
        self.connection.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        text = response.read()
        if response.status >= 300:
            sys.exit(f"{path}: {response.status} {text.decode()}")
        return json.loads(text)


class Course(NamedTuple):
    """What all ways are asked to do: actions for a vector, and for one environment the first of each."""

    env_id: str
    actions: Any
    vector_steps: int
    single_steps: int


Way = Callable[[Course], float]


def cost(url: str, given: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    rows, rounds = [], {}
    with ExitStack() as stack:
        rival = stack.enter_context(fastapi())
        for env_id in COSTS:
            if given.only in env_id:
                rounds[env_id] = compare(url, rival, env_id, given)
                rows.append(summary(env_id, rounds[env_id]))
                print(*rows[-1], sep="  ", file=sys.stderr, flush=True)
    return {
        "name": "bridge-cost",
        "title": f"{ENVS} hosted environments: steps/s",
        "columns": [
            {"title": "environment"},
            *({"title": title, "digits": 0} for title in WAYS.values()),
            *({"title": f"{WAYS[one]} / {WAYS[other]}", "digits": 2} for one, other in RATIOS),
        ],
        "rows": rows,
        "note": COST_NOTE.format(envs=ENVS, rounds=given.rounds).replace("\n", " "),
    }, rounds


# What each way is called in the table.
WAYS = {
    "sync": "in process",
    "async": f"{ENVS} processes",
    "lamd": "lamd",
    "fastapi": "FastAPI vector",
    "lamd_single": "lamd single",
    "fastapi_single": "FastAPI single",
}
RATIOS = [
    *(("lamd", "sync"), ("lamd", "async")),
    *(("lamd", "fastapi"), ("lamd", "fastapi_single"), ("lamd_single", "fastapi_single")),
]


def summary(env_id: str, rounds: dict[str, list[float]]) -> list[Any]:
    medians = [statistics.median(rounds[way]) for way in WAYS]
    pairs = [zip(rounds[one], rounds[other]) for one, other in RATIOS]
    return [env_id, *medians, *(statistics.median(a / b for a, b in pair) for pair in pairs)]


def compare(url: str, rival: str, env_id: str, given: argparse.Namespace) -> dict[str, list[float]]:
    """Steps/s of each way in each round."""
    with ExitStack() as stack:
        ways = {
            **in_process(stack, env_id),
            **through_lamd(stack, url, env_id),
            **through_fastapi(rival, env_id),
        }
        with closing(lamd.make_vec(f"gymnasium/{env_id}", ENVS, url=url)) as like:
            space = like.action_space
        course = Course(env_id, sampled(space, 500), 500, 200)
        for way in ways.values():
            way(course)
        # As many steps for all vectors, and for all single environments: what a step costs depends on where it is.
        vector_steps = int(given.seconds * ways["sync"](course) / ENVS)
        single_steps = int(given.seconds * ways["fastapi_single"](course))
        course = Course(env_id, sampled(space, max(vector_steps, single_steps)), vector_steps, single_steps)
        rounds: dict[str, list[float]] = {name: [] for name in WAYS}
        for _ in range(given.rounds):
            for name in WAYS:
                rounds[name].append(ways[name](course))
    return rounds


def step_vector(env: Any) -> Way:
    def run(course: Course) -> float:
        env.reset(seed=SEED)
        started = time.perf_counter()
        for action in course.actions[: course.vector_steps]:
            env.step(action)
        return course.vector_steps * ENVS / (time.perf_counter() - started)

    return run


def in_process(stack: ExitStack, env_id: str) -> dict[str, Way]:
    with quietly():
        vectors = {
            "sync": gymnasium.make_vec(env_id, ENVS, "sync"),
            "async": gymnasium.make_vec(env_id, ENVS, "async"),
        }
    for vector in vectors.values():
        stack.callback(vector.close)
    return {name: step_vector(vector) for name, vector in vectors.items()}


def through_lamd(stack: ExitStack, url: str, env_id: str) -> dict[str, Way]:
    vector = lamd.make_vec(f"gymnasium/{env_id}", ENVS, url=url)
    stack.callback(vector.close)
    wire = Wire(url)
    instance = f"/v1/envs/{wire.post('/v1/envs/', {'env_id': f'gymnasium/{env_id}'})['instance_id']}"
    single = step_single(
        wire,
        lambda seed: wire.post(f"{instance}/reset/", {"seed": seed}),
        lambda action: wire.post(f"{instance}/step/", {"action": action}),
    )
    return {"lamd": step_vector(vector), "lamd_single": single}


def through_fastapi(url: str, env_id: str) -> dict[str, Way]:
    wire = Wire(url)
    one = wire.post("/envs", {"env_id": env_id})
    all_of_them = wire.post("/envs", {"env_id": env_id, "num_envs": ENVS})

    def run(course: Course) -> float:
        wire.renew()
        wire.post(f"/envs/{all_of_them}/reset", {"seed": SEED})
        started = time.perf_counter()
        for action in course.actions[: course.vector_steps]:
            wire.post(f"/envs/{all_of_them}/step_all", {"action": action.tolist()})
        return course.vector_steps * ENVS / (time.perf_counter() - started)

    single = step_single(
        wire,
        lambda seed: wire.post(f"/envs/{one}/reset", {"seed": seed}),
        lambda action: wire.post(f"/envs/{one}/step", {"action": action}),
    )
    return {"fastapi": run, "fastapi_single": single}


def step_single(wire: Wire, reset: Callable[[int], Any], step: Callable[[Any], dict[str, Any]]) -> Way:
    """One environment, whose episodes have seeds of their own; the resets count as steps, as in the vectors."""

    def run(course: Course) -> float:
        seed = SEED
        wire.renew()
        reset(seed)
        started, ended = time.perf_counter(), False
        for action in course.actions[: course.single_steps]:
            if ended:
                seed += 1
                reset(seed)
                ended = False
                continue
            found = step(action[0].tolist())
            ended = found["terminated"] or found["truncated"]
        return course.single_steps / (time.perf_counter() - started)

    return run


@contextmanager
def fastapi() -> Iterator[str]:
    """Starts the rival on a free port, and gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        command = [sys.executable, str(HERE / "bridge_fastapi.py"), str(number)]
        with subprocess.Popen(command, pass_fds=[number], stderr=subprocess.DEVNULL) as process:
            try:
                # The port takes connections before the server does: the first request waits for it.
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                process.terminate()


if __name__ == "__main__":
    main()
