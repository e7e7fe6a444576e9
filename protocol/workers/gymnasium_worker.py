"""Hosts Gymnasium's environments for lamd, which starts this with `lamd serve --gymnasium PYTHON`.

It speaks the protocol of README.md, in this folder of the project, over the socket at descriptor 3. It needs numpy and
gymnasium, and no other file: the daemon carries a copy, which runs without a place on the disk.
"""

import contextlib
import ctypes.util
import faulthandler
import functools
import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import math
import os
import re
import signal
import socket
import struct
import sys
import traceback

import numpy as np

LONGEST_FRAME = 256 << 20
CODES = {"bool": "BOOL", "float32": "F32", "float64": "F64"}
CODES.update({f"{kind}{bits}": f"{kind[0].upper()}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)})
SHOWN = ("rgb_array", "ansi")
# Environments that can be told at any time how to draw themselves. Until then they save the work: a LunarLander that may
# be drawn simulates its flames, and takes twice the time.
DRAWN_LATE = tuple(f"gymnasium.envs.{group}." for group in ("classic_control", "box2d", "toy_text", "mujoco"))
DTYPES = {code: np.dtype(name).newbyteorder("<") for name, code in CODES.items()}


class Refusal(Exception):
    """An answer with `error`; the other arguments are the words that go with it."""

    def __init__(self, kind, sentence, **words):
        super().__init__(sentence)
        self.words = {"error": plain(sentence), "kind": kind, **words}


class Misfit(Exception):
    """What an environment has, or gives, that its space or lamd does not; begins with the name of the part."""


@contextlib.contextmanager
def blaming(id, kind="failed"):
    """Tells the client what an environment's own code raised. SystemExit too: other sessions live in this process."""
    try:
        yield
    except Refusal:
        raise
    except Misfit as misfit:
        raise Refusal("failed", f"{id}: {misfit}") from None
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        raise Refusal(kind, f"{id} raised {type(error).__name__}: {error}") from None


# Frames.


class Requests:
    """The frames that come in. Each is read into the same memory, so its tensors live until the next one is read."""

    def __init__(self, connection):
        self.connection = connection
        self.memory = memoryview(bytearray(1 << 16))

    def __iter__(self):
        while (prefix := self.read(8)) is not None:
            (length,) = struct.unpack("<Q", prefix)
            if length > LONGEST_FRAME:
                sys.exit(f"a frame of {length} bytes is longer than any may be")
            frame = self.read(length)
            if frame is None:
                return
            yield parse(frame)

    def read(self, size):
        """The next bytes, or None where the socket ends before."""
        if size > len(self.memory):
            self.memory = memoryview(bytearray(size))
        place, filled = self.memory[:size], 0
        while filled < size:
            count = self.connection.recv_into(place[filled:])
            if not count:
                return None
            filled += count
        return place


def parse(frame):
    """The metadata and the tensors of a frame."""
    start = 8 + struct.unpack_from("<Q", frame)[0]
    metadata, entries = read_header(str(frame[8:start], "utf-8"))
    tensors = {}
    for name, dtype, begin, shape in entries:
        tensors[name] = np.frombuffer(frame, dtype, math.prod(shape), start + begin).reshape(shape)
    return metadata, tensors


@functools.lru_cache(maxsize=64)
def read_header(text):
    """What one step of a batch sends ahead of its numbers, the next one sends again."""
    header = json.loads(text)
    metadata = header.pop("__metadata__", {})
    entries = []
    for name, entry in header.items():
        entries.append((name, DTYPES[entry["dtype"]], entry["data_offsets"][0], tuple(entry["shape"])))
    return metadata, entries


class Answer:
    """A frame for tensors that go out again and again: the part of its header that describes them is written once."""

    def __init__(self, tensors):
        # The widest first, so that all of them are aligned.
        ordered = sorted(tensors.items(), key=lambda item: -item[1].itemsize)
        self.arrays = [array for _, array in ordered]
        entries, self.size = {}, 0
        for name, array in ordered:
            offsets = [self.size, self.size + array.nbytes]
            entries[name] = {"dtype": CODES[array.dtype.name], "shape": array.shape, "data_offsets": offsets}
            self.size += array.nbytes
        self.entries = json.dumps(entries)[1:-1]
        self.usual = self.head({})

    def head(self, metadata):
        described = '"__metadata__":' + json.dumps(metadata) if metadata else ""
        text = ("{" + ",".join(filter(None, [described, self.entries])) + "}").encode()
        text += b" " * (-len(text) % 8)
        if 8 + len(text) + self.size > LONGEST_FRAME:
            raise Refusal("failed", f"the answer is longer than a frame may be, {LONGEST_FRAME >> 20} MiB")
        return struct.pack("<QQ", 8 + len(text) + self.size, len(text)) + text

    def frame(self, metadata=None):
        return b"".join([self.head(metadata) if metadata else self.usual, *self.arrays])


UNSAID = object()


def plain(value):
    """The value as lamd's JSON has it; UNSAID where there is no way to say it, as for bytes and most objects."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        # The daemon's JSON has integers of 64 bits.
        return value if -(2**63) <= value < 2**63 else float(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, str):
        # Lone surrogates, as in names of files that are not UTF-8, and zeros are no JSON for the daemon.
        return value.encode("utf-8", "replace").decode().replace("\0", "")
    if isinstance(value, dict):
        said = {plain(str(key)): plain(item) for key, item in value.items()}
        return {key: item for key, item in said.items() if item is not UNSAID}
    if isinstance(value, (list, tuple)):
        items = [plain(item) for item in value]
        # Without one of its items a list would say something else.
        return UNSAID if any(item is UNSAID for item in items) else items
    return UNSAID


# Spaces.


def describe(space, name):
    """A space in Minari's JSON."""
    from gymnasium import spaces

    kind = next((kind for kind in DESCRIPTIONS if isinstance(space, getattr(spaces, kind, ()))), None)
    if kind is None:
        raise Misfit(f"{name} is in a {type(space).__name__}, a kind of space that lamd does not have")
    return {"type": kind, **DESCRIPTIONS[kind](space, name)}


def dtype_of(space, name):
    dtype = np.dtype(space.dtype).name
    if dtype not in CODES:
        raise Misfit(f"{name} has the dtype {dtype}, which lamd does not have; there are {', '.join(CODES)}")
    return dtype


def bound(array):
    """Bounds of pictures are many times the same number, which is then said once."""
    return plain(array.flat[0] if array.size and (array == array.flat[0]).all() else array)


def members(space, name):
    """The parts of a Dict or a Tuple: the key of each, its space and its name on the wire."""
    parts = space.spaces.items() if hasattr(space.spaces, "items") else enumerate(space.spaces)
    return [(key, part, f"{name}.{key}") for key, part in parts]


DESCRIPTIONS = {
    "Box": lambda space, name: {
        "dtype": dtype_of(space, name),
        "shape": plain(space.shape),
        "low": bound(space.low),
        "high": bound(space.high),
    },
    "Discrete": lambda space, name: {
        "dtype": dtype_of(space, name),
        "n": int(space.n),
        "start": int(space.start),
    },
    "MultiDiscrete": lambda space, name: {
        "dtype": dtype_of(space, name),
        "nvec": plain(space.nvec),
        "start": plain(space.start),
    },
    "MultiBinary": lambda space, name: {"n": space.shape[0] if len(space.shape) == 1 else plain(space.shape)},
    "Text": lambda space, name: {
        "min_length": int(space.min_length),
        "max_length": int(space.max_length),
        "charset": "".join(space.character_list),
    },
    "Dict": lambda space, name: {"subspaces": {key: describe(*part) for key, *part in members(space, name)}},
    "Tuple": lambda space, name: {"subspaces": [describe(*part) for _, *part in members(space, name)]},
    "OneOf": lambda space, name: {"subspaces": [describe(*part) for _, *part in members(space, name)]},
    "Sequence": lambda space, name: {
        "feature_space": describe(space.feature_space, name),
        "stack": bool(space.stack),
    },
    "Graph": lambda space, name: {
        "node_space": describe(space.node_space, name),
        "edge_space": None if space.edge_space is None else describe(space.edge_space, name),
    },
}


def writer(space, name, count, tensors):
    """Adds the arrays for `count` observations to `tensors`; returns what writes one into its row."""
    from gymnasium import spaces

    if isinstance(space, (spaces.Dict, spaces.Tuple)):
        parts = [(key, path, writer(part, path, count, tensors)) for key, part, path in members(space, name)]

        def write_parts(row, value):
            for key, path, write in parts:
                try:
                    part = value[key]
                except (KeyError, IndexError, TypeError):
                    raise Misfit(f"{path} is missing in {type(value).__name__} {value!r}"[:300]) from None
                write(row, part)

        return write_parts

    if not isinstance(space, (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)):
        return lambda row, value: without_tensor(space, name)
    shape = space.shape
    dtype = "int64" if isinstance(space, spaces.Discrete) else dtype_of(space, name)
    array = tensors[name] = np.zeros((count, *shape), dtype)

    def write(row, value):
        value = np.asarray(value)
        # Assignment alone would stretch it.
        if value.shape != shape:
            raise Misfit(f"{name} has the shape {value.shape}, not {shape} as its space says")
        array[row] = value

    return write


def reader(space, name, count):
    """What makes actions, elements of the space, of the tensors of a request."""
    from gymnasium import spaces

    if isinstance(space, (spaces.Dict, spaces.Tuple)):
        parts = members(space, name)
        keys, readers = [key for key, _, _ in parts], [reader(part, path, count) for _, part, path in parts]

        def read_parts(tensors):
            rows = zip(*[read(tensors) for read in readers])
            return [dict(zip(keys, row)) for row in rows] if isinstance(space, spaces.Dict) else list(rows)

        return read_parts

    if not isinstance(space, (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)):
        return lambda tensors: without_tensor(space, name)
    dtype, shape = np.dtype(dtype_of(space, name)), (count, *space.shape)

    def read(tensors):
        # A copy: an environment may keep its action, but the memory of requests is used again.
        array = tensors[name].astype(dtype).reshape(shape)
        return list(array) if isinstance(space, spaces.Discrete) else [array[row, ...] for row in range(count)]

    return read


def without_tensor(space, name):
    raise Misfit(f"{name} is in a {type(space).__name__}, which has no form as a tensor")


# The registry.


def registration():
    try:
        return importlib.import_module("gymnasium.envs.registration")
    except ImportError as error:
        raise Refusal("failed", f"{sys.executable} cannot import gymnasium: {error}") from None


def find(id):
    """The spec of an environment; `module:Id-v0` imports the module."""
    # Gymnasium has no public way to it: spec() knows neither modules nor ids without a version, as make() does.
    lookup, unknown = registration()._find_spec, registration().error.Error
    try:
        with contextlib.suppress(unknown):
            return lookup(id)
        load_plugins()
        return lookup(id)
    except (unknown, ImportError) as error:
        raise Refusal("unknown_environment", str(error)) from None
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        raise Refusal("unknown_environment", f"{id}: {type(error).__name__}: {error}") from None


@functools.lru_cache(maxsize=None)
def load_plugins():
    """Registers what installed packages declare as Gymnasium's plugins, which Gymnasium 1.0 ceased to do by itself."""
    found = importlib.metadata.entry_points()
    for group in ("gymnasium.envs", "gymnasium.envs.__root__"):
        for plugin in found.select(group=group) if hasattr(found, "select") else found.get(group, ()):
            has_namespace = group == "gymnasium.envs" and not plugin.name.startswith("__")
            try:
                with registration().namespace(plugin.name) if has_namespace else contextlib.nullcontext():
                    register = plugin.load()
                    if callable(register):
                        register()
            except Exception as error:
                print(f"{plugin.value} does not register its environments: {error}", file=sys.stderr)


def creator(spec, load=False):
    """What makes the environment; None where that would have to be imported first."""
    module, colon, name = spec.entry_point.partition(":") if isinstance(spec.entry_point, str) else ("", "", "")
    if not colon:
        return spec.entry_point
    if load:
        importlib.import_module(module)
    return getattr(sys.modules.get(module), name, None)


def parameters(creator):
    try:
        return inspect.signature(creator).parameters
    except (TypeError, ValueError):
        return {}


def drawings(maker):
    """The render modes that an environment could be made with, of those that lamd shows."""
    metadata = getattr(maker, "metadata", None)
    modes = metadata.get("render_modes") or () if isinstance(metadata, dict) else ()
    takes = any(each.name == "render_mode" or each.kind == each.VAR_KEYWORD for each in parameters(maker).values())
    return [mode for mode in SHOWN if takes and mode in modes]


def is_drawn_late(maker):
    return f"{getattr(maker, '__module__', '')}.".startswith(DRAWN_LATE)


def modes_of(env):
    """How an environment that has been made can be drawn."""
    maker = type(env.unwrapped)
    mode = mode_of(env)
    if mode is None and is_drawn_late(maker):
        return drawings(maker)
    return [mode] if mode in SHOWN else []


def description(id, spec, env=None):
    """What is known of an environment without an import; more where one has been made."""
    maker = creator(spec)
    defaults = {each.name: each.default for each in parameters(maker).values() if each.default is not each.empty}
    known = {"id": id, "max_episode_steps": spec.max_episode_steps, "reward_threshold": spec.reward_threshold}
    known["kwargs"] = {key: item for key, item in {**defaults, **spec.kwargs}.items() if key != "render_mode"}
    if maker is not None:
        modes = drawings(maker)
        known["render_modes"] = modes_of(env) if env is not None else modes if is_drawn_late(maker) else modes[:1]
    metadata = getattr(maker if env is None else env, "metadata", None)
    fps = metadata.get("render_fps") if isinstance(metadata, dict) else None
    if isinstance(fps, (int, float)) and 1 <= fps < math.inf:
        known["render_fps"] = round(fps)
    return plain(known)


def mode_of(env):
    """The render mode that an environment was made with; one that collects its frames shows the latest."""
    mode = getattr(env, "render_mode", None) or env.unwrapped.spec.kwargs.get("render_mode")
    return mode[: -len("_list")] if mode and mode.endswith("_list") else mode


def is_listed(spec):
    """Whether there is an environment behind an id, as far as one can see without making it."""
    if callable(spec.entry_point):
        # Gymnasium keeps some ids only to say where their environments have gone.
        return not getattr(spec.entry_point, "__name__", "").startswith("_raise")
    needs_jax = str(spec.entry_point).startswith(("gymnasium.envs.phys2d", "gymnasium.envs.tabular"))
    return spec.entry_point is not None and not (needs_jax and importlib.util.find_spec("jax") is None)


def construct(spec, kwargs):
    """One environment, without the time limit and the checks that are the daemon's."""
    try:
        maker = creator(spec, load=True)
        is_said = "render_mode" in {**spec.kwargs, **kwargs} or is_drawn_late(maker)
        drawn = {} if is_said else {"render_mode": mode for mode in drawings(maker)[:1]}
        return registration().make(spec, max_episode_steps=-1, disable_env_checker=True, **drawn, **kwargs)
    except (ImportError, registration().error.DependencyNotInstalled) as error:
        raise Refusal("unknown_environment", f"{spec.id} cannot be made: {error}") from None
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        # For a TypeError Gymnasium raises another one, which repeats all keywords.
        cause = error.__cause__ or error
        sentence = f"{spec.id} cannot be made: {type(cause).__name__}: {cause}"
        if not kwargs:
            raise Refusal("failed", sentence) from None
        named = re.search(r"keyword argument '(\w+)'", str(cause))
        words = {"name": named[1]} if named and named[1] in kwargs else {}
        raise Refusal("invalid_kwarg", sentence, **words) from None


# Batches.


class Batch:
    """Environments that step together, and the arrays that their observations go into."""

    def __init__(self, id, envs):
        self.id, self.envs, self.modes, count = id, envs, modes_of(envs[0]), len(envs)
        self.infos = None
        tensors = {}
        self.write = writer(envs[0].observation_space, "observation", count, tensors)
        self.actions = reader(envs[0].action_space, "action", count)
        self.action_mask = self.find_mask()
        if self.action_mask is not None:
            tensors["action_mask"] = self.action_mask
        self.has_reset = Answer(tensors)
        self.reward = tensors["reward"] = np.zeros(count)
        self.terminated = tensors["terminated"] = np.zeros(count, bool)
        self.truncated = tensors["truncated"] = np.zeros(count, bool)
        self.has_stepped = Answer(tensors)

    def find_mask(self):
        """Only an episode shows whether infos have masks."""
        from gymnasium import spaces

        space = self.envs[0].action_space
        if not isinstance(space, spaces.Discrete):
            return None
        _, info = self.envs[0].reset()
        is_mask = np.shape(info.get("action_mask")) == (space.n,)
        return np.ones((len(self.envs), int(space.n)), bool) if is_mask else None

    def rows(self, tensors):
        mask = tensors.get("mask")
        return range(len(self.envs)) if mask is None else np.flatnonzero(mask).tolist()

    def reset(self, tensors, options):
        self.infos = None
        options = None if options is None else json.loads(options)
        seeds = tensors.get("seed")
        for row in self.rows(tensors):
            seed = None if seeds is None else int(seeds[row])
            with blaming(self.id, "failed" if options is None else "invalid_option"):
                observation, info = self.envs[row].reset(seed=seed, options=options)
            with blaming(self.id):
                self.record(row, observation, info)
        return self.has_reset.frame(self.metadata())

    def step(self, tensors):
        self.infos = None
        reward, terminated, truncated = self.reward, self.terminated, self.truncated
        with blaming(self.id):
            actions = self.actions(tensors)
            for row in self.rows(tensors):
                observation, reward[row], terminated[row], truncated[row], info = self.envs[row].step(actions[row])
                self.record(row, observation, info)
        return self.has_stepped.frame(self.metadata())

    def record(self, row, observation, info):
        self.write(row, observation)
        if self.action_mask is not None:
            self.action_mask[row] = info.get("action_mask", True)
        if info:
            if self.infos is None:
                self.infos = [{} for _ in self.envs]
            self.infos[row] = plain(dict(info))

    def metadata(self):
        return {"infos": json.dumps(self.infos)} if self.infos else None

    def render(self, index, mode):
        if mode not in self.modes:
            modes = " and ".join(self.modes) or "none that lamd shows"
            raise Refusal("failed", f"{self.id} cannot be drawn as {mode}: as it was made it has {modes}")
        with blaming(self.id):
            if is_drawn_late(type(self.envs[index].unwrapped)):
                self.envs[index].unwrapped.render_mode = mode
            drawn = self.envs[index].render()
            if mode == "ansi":
                return Answer({}).frame({"text": plain(drawn if isinstance(drawn, str) else drawn.getvalue())})
            if isinstance(drawn, list):
                drawn = drawn[-1] if drawn else None
            if np.ndim(drawn) != 3 or np.shape(drawn)[2] != 3:
                raise Misfit(f"its picture has the shape {np.shape(drawn)}, not (height, width, 3)")
            return Answer({"frame": np.ascontiguousarray(drawn, np.uint8)}).frame()


# Requests.


class Worker:
    """The batches, and what is done with them for each `op`."""

    def __init__(self):
        self.batches = {}
        self.operations = {
            "list": self.describe,
            "make": self.make,
            "reset": lambda request, tensors: self.batch(request).reset(tensors, request.get("options")),
            "step": lambda request, tensors: self.batch(request).step(tensors),
            "render": lambda request, tensors: self.batch(request).render(int(request["index"]), request["mode"]),
            "close": self.close,
        }

    def answer(self, request, tensors):
        try:
            operation = self.operations.get(request.get("op"))
            if operation is None:
                raise Refusal("failed", f"there is no op {request.get('op')}, only {', '.join(self.operations)}")
            return operation(request, tensors)
        except Refusal as refusal:
            return Answer({}).frame(refusal.words)
        except Exception as error:
            traceback.print_exc()
            refusal = Refusal("failed", f"the request cannot be answered: {type(error).__name__}: {error}")
            return Answer({}).frame(refusal.words)

    def describe(self, request, tensors):
        if "id" in request:
            found = [description(request["id"], find(request["id"]))]
        else:
            registry = registration().registry
            load_plugins()
            found = [description(id, spec) for id, spec in sorted(registry.items()) if is_listed(spec)]
        return Answer({}).frame({"environments": json.dumps(found)})

    def make(self, request, tensors):
        id, kwargs = request["id"], json.loads(request.get("kwargs", "{}"))
        if kwargs.get("render_mode") == "human":
            sentence = "the render_mode human opens a window, which nobody would see here; use rgb_array or ansi"
            raise Refusal("invalid_kwarg", sentence, name="render_mode")
        spec = find(id)
        envs = []
        try:
            for _ in range(int(request["count"])):
                envs.append(construct(spec, kwargs))
            with blaming(id):
                return self.keep(request["handle"], Batch(id, envs), description(id, spec, envs[0]))
        except BaseException:
            close(envs)
            raise

    def keep(self, handle, batch, known):
        env = batch.envs[0]
        answer = {
            "observation_space": describe(env.observation_space, "observation"),
            "action_space": describe(env.action_space, "action"),
            "action_mask": batch.action_mask is not None,
            "description": known,
        }
        frame = Answer({}).frame({name: json.dumps(value) for name, value in answer.items()})
        self.batches[handle] = batch
        return frame

    def batch(self, request):
        handle = request.get("handle")
        if handle not in self.batches:
            raise Refusal("failed", f"there is no batch {handle}")
        return self.batches[handle]

    def close(self, request, tensors):
        batch = self.batches.pop(request.get("handle"), None)
        close(batch.envs if batch else [])
        return Answer({}).frame()


def close(envs):
    for env in envs:
        try:
            env.close()
        except (Exception, SystemExit):
            traceback.print_exc()


def prepare():
    """The process as environments find it."""
    # Ctrl-C in the daemon's terminal reaches this process too, but it is the daemon that ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The daemon quotes the last lines of a worker that dies, so none may be held back.
    faulthandler.enable()
    sys.stdout.reconfigure(line_buffering=True)
    sys.path.insert(0, os.getcwd())
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    if "DISPLAY" in os.environ:
        return
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    if "MUJOCO_GL" not in os.environ:
        for library in ("EGL", "OSMesa"):
            if ctypes.util.find_library(library):
                os.environ["MUJOCO_GL"] = library.lower()
                break


def main():
    prepare()
    connection = socket.socket(fileno=int(os.environ.get("LAMD_WORKER_FD", 3)))
    # A process that an environment starts must not hold the socket open.
    connection.set_inheritable(False)
    connection.setblocking(True)
    worker = Worker()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for request, tensors in Requests(connection):
            connection.sendall(worker.answer(request, tensors))
    for batch in worker.batches.values():
        close(batch.envs)


if __name__ == "__main__":
    main()
