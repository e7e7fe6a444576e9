"""safetensors, the one binary form of the API: an 8-byte length, a JSON header, the numbers.

The format is https://github.com/huggingface/safetensors; header offsets count from the end of the header, follow one
another without holes and cover the file exactly.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
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
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    chunks: list[bytes] = []
    end = 0
    for name in sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name)):
        array = tensors[name].astype(tensors[name].dtype.newbyteorder("<"), copy=False)
        if array.dtype not in _NAMES:
            raise TypeError(f"safetensors has no dtype {array.dtype} (tensor {name!r})")
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": _NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [begin, end]}
        chunks.append(array.tobytes())
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(chunks)


def load(content: bytes) -> dict[str, NDArray[Any]]:
    """Decodes a file into arrays of their own; raises ValueError where it is malformed."""
    header, start = _header(content)
    header.pop("__metadata__", None)
    tensors, expected = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        if entry["dtype"] not in _DTYPES:
            raise ValueError(f"tensor {name!r} has an unknown dtype {entry['dtype']}")
        dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), tuple(entry["shape"])
        if begin != expected or end - begin != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"tensor {name!r} does not fill its place")
        if start + end > len(content):
            raise ValueError("the file is cut short")
        tensors[name] = np.frombuffer(content, dtype, math.prod(shape), start + begin).reshape(shape).copy()
        expected = end
    if start + expected != len(content):
        raise ValueError("bytes are left over")
    return tensors


def metadata(content: bytes) -> dict[str, str]:
    """The strings that a file says about itself."""
    return dict(_header(content)[0].get("__metadata__", {}))


def _header(content: bytes) -> tuple[dict[str, Any], int]:
    start = 8 + int.from_bytes(content[:8], "little")
    if len(content) < 8 or start > len(content):
        raise ValueError("the file is cut short")
    header = json.loads(content[8:start])
    if not isinstance(header, dict):
        raise ValueError("the header is no object")
    return header, start
