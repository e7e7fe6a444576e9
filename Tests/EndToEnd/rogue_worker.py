"""A worker that speaks nonsense, in the way that the environment's id says; action 0 is always answered well."""

from __future__ import annotations

import json
import math
import os
import socket
import struct
import sys
import time
from typing import Any, Callable

Tensor = tuple[str, list[int], bytes]

DISCRETE = {"type": "Discrete", "n": 3}
ACTIONS = {"type": "Discrete", "n": 2}
HUGE = 1 << 40


def frame(header: dict[str, Any], data: bytes = b"") -> bytes:
    """A frame of a header and what stands behind it, right or not."""
    text = json.dumps(header).encode()
    return struct.pack("<QQ", 8 + len(text) + len(data), len(text)) + text + data


def answer(tensors: dict[str, Tensor] | None = None, **metadata: Any) -> bytes:
    """A frame as it ought to be."""
    header: dict[str, Any] = {"__metadata__": {key: said(value) for key, value in metadata.items()}}
    data = b""
    for name, (dtype, shape, content) in (tensors or {}).items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    return frame(header, data)


def said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def usual(count: int, **changes: Tensor | None) -> dict[str, Tensor]:
    """The tensors of a step, some of them changed, or left out where the change is None."""
    tensors: dict[str, Tensor | None] = {
        "observation": ("I64", [count], bytes(8 * count)),
        "reward": ("F64", [count], struct.pack("<d", 1) * count),
        "terminated": ("BOOL", [count], bytes(count)),
        "truncated": ("BOOL", [count], bytes(count)),
    }
    return {name: tensor for name, tensor in {**tensors, **changes}.items() if tensor is not None}


def step(count: int, infos: Any = None, **changes: Tensor | None) -> bytes:
    return answer(usual(count, **changes), **({} if infos is None else {"infos": infos}))


def observed(number: int) -> Callable[[int], bytes]:
    return lambda count: step(count, observation=("I64", [count], struct.pack("<q", number) * count))


def cut_off(count: int) -> bytes:
    print("cut off in the middle", flush=True)
    connection.sendall(step(count)[:-5])
    sys.exit(3)


def closed(count: int) -> bytes:
    """The socket ends, the process does not."""
    print("closed the socket", flush=True)
    connection.shutdown(socket.SHUT_RDWR)
    time.sleep(1000)
    return b""


def grandchild(count: int) -> bytes:
    """Leaves a process behind that holds the socket and the output open."""
    if os.fork() == 0:
        time.sleep(1000)
    print("left a child behind", flush=True)
    os._exit(4)


def runaway(count: int) -> bytes:
    """The same, where the child has left the group of processes too."""
    if os.fork() == 0:
        os.setsid()
        time.sleep(20)
        os._exit(0)
    print("a child ran away", flush=True)
    os._exit(5)


#: What a step with action 1 is answered with.
STEPS: dict[str, Callable[[int], bytes]] = {
    "noise": lambda count: bytes(range(256)),
    "long frame": lambda count: struct.pack("<Q", 1 << 62),
    "empty frame": lambda count: struct.pack("<Q", 0),
    "long header": lambda count: struct.pack("<QQ", 16, 1 << 62) + bytes(8),
    "header that is no JSON": lambda count: struct.pack("<QQ", 12, 4) + b"{{{{",
    "header that is an array": lambda count: struct.pack("<QQ", 10, 2) + b"[]",
    "overlap": lambda count: frame(
        dict.fromkeys(("reward", "observation"), {"dtype": "F64", "shape": [count], "data_offsets": [0, 8 * count]}),
        bytes(8 * count),
    ),
    "overflow": lambda count: frame(
        {"reward": {"dtype": "F64", "shape": [HUGE, HUGE], "data_offsets": [0, 8]}}, bytes(8)
    ),
    "no tensors": lambda count: answer(),
    "no observation": lambda count: step(count, observation=None),
    "no reward": lambda count: step(count, reward=None),
    "float observation": lambda count: step(count, observation=("F64", [count], bytes(8 * count))),
    "deep observation": lambda count: step(count, observation=("I64", [count, 1], bytes(8 * count))),
    "long observation": lambda count: step(count, observation=("I64", [count + 1], bytes(8 * count + 8))),
    "float32 reward": lambda count: step(count, reward=("F32", [count], bytes(4 * count))),
    "two rewards": lambda count: step(count, reward=("F64", [2 * count], bytes(16 * count))),
    "integer end": lambda count: step(count, terminated=("I8", [count], bytes(count))),
    "element 3 of 3": observed(3),
    "element -1": observed(-1),
    "element 2**62": observed(1 << 62),
    "infos that are no JSON": lambda count: step(count, infos="{"),
    "infos that are NaN": lambda count: step(count, infos='[{"x": NaN}]'),
    "infos that are numbers": lambda count: step(count, infos=[1] * count),
    "too many infos": lambda count: step(count, infos=[{}] * (count + 1)),
    "deep infos": lambda count: step(count, infos="[" * 100_000 + "]" * 100_000),
    "an answer too many": lambda count: step(count) + observed(2)(count),
    "metadata that are numbers": lambda count: frame({"__metadata__": {"infos": 1}}),
    "cut off": cut_off,
    "closed": closed,
    "grandchild": grandchild,
    "runaway": runaway,
}

#: What `make` says of spaces.
SPACES: dict[str, tuple[Any, Any]] = {
    "no object": (3, ACTIONS),
    "no such space": ({"type": "Cube"}, ACTIONS),
    "nothing in it": ({"type": "Discrete", "n": 0}, ACTIONS),
    "end beyond integers": ({"type": "Discrete", "n": (1 << 63) - 1, "start": 5}, ACTIONS),
    "huge box": ({"type": "Box", "dtype": "float32", "shape": [HUGE], "low": 0, "high": 1}, ACTIONS),
    "overflowing box": ({"type": "Box", "dtype": "float32", "shape": [HUGE, HUGE], "low": 0, "high": 1}, ACTIONS),
    "large pictures": ({"type": "Box", "dtype": "float64", "shape": [1000, 1000], "low": 0, "high": 1}, ACTIONS),
    "many actions": (DISCRETE, {"type": "Discrete", "n": (1 << 31) - 1}),
    "words": ({"type": "Text", "max_length": 5}, ACTIONS),
}


def picture(*shape: int, dtype: str = "U8", **metadata: Any) -> bytes:
    return answer({"frame": (dtype, list(shape), bytes(math.prod(shape)))}, **metadata)


#: What `render` is answered with.
RENDERS: dict[str, Callable[[], bytes]] = {
    "no picture": answer,
    "a text": lambda: answer(text="a text"),
    "without height": lambda: picture(0, 4, 3),
    "without width": lambda: picture(4, 0, 3),
    "of enormous emptiness": lambda: picture(HUGE, 0, 3),
    "of four colours": lambda: picture(4, 4, 4),
    "of two dimensions": lambda: picture(4, 12),
    "of signed bytes": lambda: picture(4, 4, 3, dtype="I8"),
    "very wide": lambda: picture(1, 1_000_000, 3),
    "very large": lambda: picture(1500, 1500, 3),
}

#: Descriptions that are none, or not quite.
STRANGE: list[Any] = [
    None,
    3,
    {},
    {"id": 3},
    {"id": ""},
    {"id": "x" * 1000},
    {"id": "number kwargs", "kwargs": 3},
    {"id": 'a "quoted" \n/../é', "description": 7, "reward_threshold": "high"},
    {"id": "endless", "max_episode_steps": 1 << 62, "render_fps": 1e300},
    {"id": "never", "max_episode_steps": -1, "render_fps": -(1 << 63), "render_modes": 3},
    {"id": "deep", "kwargs": {"a": [[[[[[[[[[]]]]]]]]]]}},
]

connection = socket.socket(fileno=int(os.environ["LAMD_WORKER_FD"]) if __name__ == "__main__" else None)


def read(size: int) -> bytes:
    content = b""
    while len(content) < size:
        more = connection.recv(size - len(content))
        if not more:
            time.sleep(1000 if "--deaf" in sys.argv else 0)
            sys.exit(0)
        content += more
    return content


def requests():
    while True:
        body = read(*struct.unpack("<Q", read(8)))
        start = 8 + struct.unpack_from("<Q", body)[0]
        header = json.loads(body[8:start])
        metadata = header.pop("__metadata__")
        yield metadata, {name: body[start:][slice(*entry["data_offsets"])] for name, entry in header.items()}


def main() -> None:
    batches: dict[str, tuple[str, int]] = {}
    for request, tensors in requests():
        op, handle = request["op"], request.get("handle", "")
        name, count = batches.get(handle, ("", 1))
        if op == "list":
            ids = [request["id"]] if "id" in request else [*STEPS, *SPACES, *RENDERS]
            said_of = [{"id": id, "render_modes": ["rgb_array"]} for id in ids]
            connection.sendall(answer(environments=said_of + ([] if "id" in request else STRANGE)))
        elif op == "make":
            batches[handle] = request["id"], int(request["count"])
            observation, action = SPACES.get(request["id"], (DISCRETE, ACTIONS))
            mask = request["id"] == "many actions"
            known = {"id": request["id"], "render_modes": ["rgb_array"]}
            spaces = {"observation_space": observation, "action_space": action}
            connection.sendall(answer(**spaces, action_mask=mask, description=known))
        elif op == "render":
            connection.sendall(RENDERS[name]())
        elif op == "step" and tensors["action"][0] == 1:
            connection.sendall(STEPS[name](count))
        elif op in ("reset", "step"):
            connection.sendall(step(count))
        else:
            connection.sendall(answer())


if __name__ == "__main__":
    main()
