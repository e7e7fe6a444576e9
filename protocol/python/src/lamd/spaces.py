"""Gymnasium's spaces and their members, to and from the JSON and the tensors of the wire."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.spaces import GraphInstance, Space
from numpy.typing import NDArray

Tensors = dict[str, NDArray[Any]]


def plain(value: Any) -> Any:
    """Turns numpy's values into what JSON has, numbers that it lacks into strings."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, GraphInstance):
        return {"nodes": plain(value.nodes), "edges": plain(value.edges), "edge_links": plain(value.edge_links)}
    if isinstance(value, Space):
        return encode_space(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def encode_space(space: Space[Any]) -> dict[str, Any]:
    """A space in Minari's JSON."""
    kind: dict[str, Any] = {"type": type(space).__name__}
    if isinstance(space, spaces.Box):
        shape = list(space.shape)
        return {**kind, "dtype": str(space.dtype), "shape": shape, "low": plain(space.low), "high": plain(space.high)}
    if isinstance(space, spaces.Discrete):
        return {**kind, "n": int(space.n), "start": int(space.start), "dtype": str(space.dtype)}
    if isinstance(space, spaces.MultiDiscrete):
        return {**kind, "dtype": str(space.dtype), "nvec": plain(space.nvec), "start": plain(space.start)}
    if isinstance(space, spaces.MultiBinary):
        return {**kind, "n": plain(space.n)}
    if isinstance(space, spaces.Text):
        charset = "".join(space.character_list)
        return {**kind, "max_length": space.max_length, "min_length": space.min_length, "charset": charset}
    if isinstance(space, spaces.Dict):
        return {**kind, "subspaces": {key: encode_space(item) for key, item in space.spaces.items()}}
    if isinstance(space, (spaces.Tuple, spaces.OneOf)):
        return {**kind, "subspaces": [encode_space(item) for item in space.spaces]}
    if isinstance(space, spaces.Sequence):
        return {**kind, "feature_space": encode_space(space.feature_space), "stack": space.stack}
    if isinstance(space, spaces.Graph):
        edges = None if space.edge_space is None else encode_space(space.edge_space)
        return {**kind, "node_space": encode_space(space.node_space), "edge_space": edges}
    raise TypeError(f"{space} has no form on the wire")


def decode_space(form: Mapping[str, Any]) -> Space[Any]:
    """The space that Minari's JSON describes."""
    try:
        return _DECODERS[form["type"]](form)
    except KeyError as error:
        raise ValueError(f"not a space: {form!r} ({error} is missing or unknown)") from None


def _box(form: Mapping[str, Any]) -> spaces.Box:
    dtype, shape = np.dtype(form.get("dtype", "float32")), tuple(form["shape"])
    low, high = (np.broadcast_to(np.array(form[key], dtype), shape) for key in ("low", "high"))
    return spaces.Box(low, high, shape, dtype.type)


def _discrete(form: Mapping[str, Any]) -> spaces.Discrete:
    dtype = np.dtype(form.get("dtype", "int64"))
    further = {} if dtype == np.int64 else {"dtype": dtype.type}  # Gymnasium 1.1 knows no other.
    return spaces.Discrete(form["n"], start=form.get("start", 0), **further)


def _multi_discrete(form: Mapping[str, Any]) -> spaces.MultiDiscrete:
    dtype = np.dtype(form.get("dtype", "int64"))
    start = np.array(form["start"], dtype) if "start" in form else None
    return spaces.MultiDiscrete(np.array(form["nvec"], dtype), dtype=dtype.type, start=start)


def _text(form: Mapping[str, Any]) -> spaces.Text:
    further = {"charset": form["charset"]} if "charset" in form else {}
    return spaces.Text(form["max_length"], min_length=form.get("min_length", 1), **further)


def _graph(form: Mapping[str, Any]) -> spaces.Graph:
    edges = form.get("edge_space")
    return spaces.Graph(decode_space(form["node_space"]), None if edges is None else decode_space(edges))


_DECODERS: dict[str, Callable[[Mapping[str, Any]], Space[Any]]] = {
    "Box": _box,
    "Discrete": _discrete,
    "MultiDiscrete": _multi_discrete,
    "MultiBinary": lambda form: spaces.MultiBinary(form["n"]),
    "Text": _text,
    "Dict": lambda form: spaces.Dict({key: decode_space(item) for key, item in form["subspaces"].items()}),
    "Tuple": lambda form: spaces.Tuple([decode_space(item) for item in form["subspaces"]]),
    "Sequence": lambda form: spaces.Sequence(decode_space(form["feature_space"]), stack=form.get("stack", False)),
    "OneOf": lambda form: spaces.OneOf([decode_space(item) for item in form["subspaces"]]),
    "Graph": _graph,
}


def encode(space: Space[Any], value: Any) -> Any:
    """A member of a space as JSON."""
    if isinstance(space, spaces.Discrete):
        return int(value)
    if isinstance(space, (spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary)):
        return plain(np.asarray(value, space.dtype))
    return plain(value)


def decode(space: Space[Any], value: Any) -> Any:
    """A member of a space from JSON, as Gymnasium's own environments return it."""
    if isinstance(space, spaces.Discrete):
        return int(value)
    if isinstance(space, spaces.Dict):
        return {key: decode(item, value[key]) for key, item in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(decode(item, part) for item, part in zip(space.spaces, value))
    if isinstance(space, spaces.Sequence):
        return (
            _stacked(space.feature_space, value)
            if space.stack
            else tuple(decode(space.feature_space, item) for item in value)
        )
    if isinstance(space, spaces.OneOf):
        return int(value[0]), decode(space.spaces[value[0]], value[1])
    if isinstance(space, spaces.Graph):
        nodes = _stacked(space.node_space, value["nodes"])
        if value.get("edges") is None or space.edge_space is None:
            return GraphInstance(nodes, None, None)
        links = np.array(value["edge_links"], np.int32).reshape(-1, 2)
        return GraphInstance(nodes, _stacked(space.edge_space, value["edges"]), links)
    if isinstance(space, spaces.Text):
        return value
    return np.array(value, space.dtype).reshape(space.shape or ())


def _stacked(space: Space[Any], values: list[Any]) -> NDArray[Any]:
    return np.array(values, space.dtype).reshape(len(values), *(space.shape or ()))


def to_tensors(name: str, space: Space[Any], batch: Any) -> Tensors:
    """A batch of members as named tensors, the batch first."""
    if isinstance(space, (spaces.Dict, spaces.Tuple)):
        parts = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
        tensors: Tensors = {}
        for key, item in parts:
            tensors.update(to_tensors(f"{name}.{key}", item, batch[key]))
        return tensors
    return {name: np.asarray(batch, _fixed(space).dtype)}


def from_tensors(name: str, space: Space[Any], tensors: Mapping[str, NDArray[Any]]) -> Any:
    """A batch of members from named tensors, in the form of Gymnasium's vector environments."""
    if isinstance(space, spaces.Dict):
        return {key: from_tensors(f"{name}.{key}", item, tensors) for key, item in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(from_tensors(f"{name}.{key}", item, tensors) for key, item in enumerate(space.spaces))
    return tensors[name].astype(_fixed(space).dtype, copy=False)


def row(space: Space[Any], batch: Any, index: int) -> Any:
    """One member of a batch."""
    if isinstance(space, spaces.Dict):
        return {key: row(item, batch[key], index) for key, item in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(row(item, part, index) for item, part in zip(space.spaces, batch))
    return int(batch[index]) if isinstance(space, spaces.Discrete) else batch[index].copy()


def _fixed(space: Space[Any]) -> Space[Any]:
    if not isinstance(space, (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)):
        raise TypeError(f"{type(space).__name__} has no tensor form; use one environment at a time")
    return space


def decode_info(info: Mapping[str, Any]) -> dict[str, Any]:
    """An info from JSON: arrays of numbers as numpy's, masks of actions as int8 like Gymnasium's."""
    return {key: _info_value(key, value) for key, value in info.items()}


def _info_value(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return decode_info(value)
    if isinstance(value, list):
        array = np.array(value, np.int8 if key == "action_mask" else None)
        return value if array.dtype.kind in "OU" else array
    return value


def info_from_tensors(tensors: Mapping[str, NDArray[Any]], space: Space[Any]) -> dict[str, Any]:
    """A vector's infos from a tensor reply: nested by the dots in the names, `final_obs` as an array of objects."""
    infos: dict[str, Any] = {}
    for name, array in tensors.items():
        kind, *path = name.split(".")
        if kind != "info":
            continue
        place = infos
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = array.astype(np.int8) if path[-1] == "action_mask" else array
    ended = infos.get("_final_obs")
    if ended is not None:
        batch = from_tensors("final_obs", space, tensors)
        infos["final_obs"] = np.array([None] * len(ended), dtype=object)
        for index in np.flatnonzero(ended):
            infos["final_obs"][index] = row(space, batch, int(index))
        infos.setdefault("final_info", {})
    return infos
