"""safetensors, the one binary form of the API: an 8-byte length, a JSON header, the numbers.

The format is https://github.com/huggingface/safetensors; header offsets count from the end of the header, follow one
another without holes and cover the file exactly.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

MEDIA_TYPE = "application/vnd.safetensors"

_DTYPES = {
    **{"BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "F16": "<f2"},
    **{"U32": "<u4", "I32": "<i4", "F32": "<f4", "U64": "<u8", "I64": "<i8", "F64": "<f8"},
}
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items()}


def dump(tensors: Mapping[str, NDArray[Any]], metadata: Optional[Mapping[str, str]] = None) -> bytes:
    """Encodes tensors, the widest numbers first so that all of them are aligned."""
    names = sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name))
    arrays = [tensors[name].astype(tensors[name].dtype.newbyteorder("<"), copy=False) for name in names]
    shown = tuple((name, array.dtype, array.shape) for name, array in zip(names, arrays))
    return _described(shown, tuple((metadata or {}).items())) + b"".join(array.tobytes() for array in arrays)


@lru_cache(maxsize=64)
def _described(shown: tuple[tuple[str, Any, tuple[int, ...]], ...], metadata: tuple[tuple[str, str], ...]) -> bytes:
    """The header for such tensors, with its length: what goes ahead of one step's goes ahead of the next one's."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name, dtype, shape in shown:
        if dtype not in _NAMES:
            raise TypeError(f"safetensors has no dtype {dtype} (tensor {name!r})")
        begin, end = end, end + math.prod(shape) * dtype.itemsize
        header[name] = {"dtype": _NAMES[dtype], "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def load(content: bytes) -> dict[str, NDArray[Any]]:
    """Decodes a file into arrays of their own; raises ValueError where it is malformed."""
    start = _start(content)
    # Only short ones are remembered: those of steps, not of policies.
    entries, size = (_entries if start < 1 << 14 else _entries.__wrapped__)(content[8:start])
    if start + size != len(content):
        raise ValueError("the file is cut short" if start + size > len(content) else "bytes are left over")
    return {
        name: np.frombuffer(content, dtype, math.prod(shape), start + begin).reshape(shape).copy()
        for name, dtype, shape, begin in entries
    }


@lru_cache(maxsize=64)
def _entries(text: bytes) -> tuple[list[tuple[str, Any, tuple[int, ...], int]], int]:
    """What a header describes, checked, and how many bytes follow it; one step's header is the next one's."""
    header = _parsed(text)
    header.pop("__metadata__", None)
    entries, expected = [], 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        if entry["dtype"] not in _DTYPES:
            raise ValueError(f"tensor {name!r} has an unknown dtype {entry['dtype']}")
        dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
        if begin != expected or end - begin != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"tensor {name!r} does not fill its place")
        entries.append((name, dtype, shape, begin))
        expected = end
    return entries, expected


def metadata(content: bytes) -> dict[str, str]:
    """The strings that a file says about itself."""
    start = _start(content)
    return dict(_parsed(content[8:start]).get("__metadata__", {}))


def _start(content: bytes) -> int:
    """Where the header ends."""
    start = 8 + int.from_bytes(content[:8], "little")
    if len(content) < 8 or start > len(content):
        raise ValueError("the file is cut short")
    return start


def _parsed(text: bytes) -> dict[str, Any]:
    header = json.loads(text)
    if not isinstance(header, dict):
        raise ValueError("the header is no object")
    return header
