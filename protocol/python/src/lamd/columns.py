"""Infos as Minari has them, arrays of one row a step, to and from the infos of each step in JSON, with their dtypes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .caller import JSON
from .spaces import plain


def spread(infos: Mapping[str, Any], rows: list[JSON]) -> tuple[JSON, JSON]:
    """Spreads arrays of one row a step over the steps' infos.

    Returns:
        The arrays' forms, and what has no row for each step, tagged.
    """
    forms: JSON = {}
    others: JSON = {}
    for key, value in infos.items():
        if isinstance(value, Mapping):
            parts: list[JSON] = [{} for _ in rows]
            forms[key], rest = spread(value, parts)
            others.update({key: rest} if rest else {})
            values: list[Any] = parts
        elif np.ndim(value) and len(value) == len(rows):
            forms[key], values = form_of(value), _values(value)
        else:
            others[key] = tagged(value)
            continue
        for row, item in zip(rows, values):
            row[key] = item
    return forms, others


def form_of(array: NDArray[Any]) -> str:
    """The dtype and the shape of a row: `float32[2,3]`."""
    kind = "str" if array.dtype.kind in "OSU" else str(array.dtype)
    return f"{kind}{list(array.shape[1:])}".replace(" ", "")


def tagged(value: Any) -> Any:
    """A value with its dtype and shape, in a list; objects stay objects."""
    if isinstance(value, Mapping):
        return {key: tagged(item) for key, item in value.items()}
    array = np.asarray(value)
    return [form_of(array[np.newaxis]), _values(array)]


def _values(array: NDArray[Any]) -> Any:
    """Nested lists of what JSON has; integers that JSON readers find too large, and bytes, as strings."""
    if array.dtype.kind in "OS":
        return np.vectorize(lambda item: item.decode() if isinstance(item, bytes) else str(item), "O")(array).tolist()
    return plain(array.astype(str) if array.dtype == np.uint64 else array)


def gathered(rows: list[JSON], forms: JSON, others: JSON) -> JSON:
    """Arrays of the forms that they had, and what had no row for each step."""
    columns = dict(others)
    for key, form in forms.items():
        values: list[Any] = [row[key] for row in rows]
        if isinstance(form, dict):
            columns[key] = gathered(values, form, others.get(key, {}))
        else:
            columns[key] = unpictured(formed(values, form, len(rows)))
    return columns


def guessed(rows: list[JSON]) -> JSON:
    """Arrays of what is in every row, of the dtypes that numpy finds; masks are int8 like Gymnasium's."""
    columns: JSON = {}
    lost = []
    for key in {key: None for row in rows for key in row}:
        values = [row[key] for row in rows if key in row]
        if len(values) == len(rows) and all(isinstance(value, dict) for value in values):
            columns[key] = guessed(values)
            continue
        try:
            array = np.array(values, np.int8 if key == "action_mask" else None)
        except ValueError:  # Rows of different shapes.
            array = np.array(None)
        if len(values) < len(rows) or array.dtype.kind not in "biufU":
            lost.append(key)
        else:
            columns[key] = values if array.dtype.kind == "U" else unpictured(array)
    if lost:
        warnings.warn(f"left out, because Minari wants the same infos in every step: {', '.join(lost)}", stacklevel=2)
    return columns


def formed(values: Any, form: str, *rows: int) -> Any:
    """An array of `rows` rows of a form, or without `rows` one value; strings stay the lists that they are."""
    dtype, _, shape = form.partition("[")
    if dtype == "str":
        return values
    array = np.asarray(values, dtype).reshape((*rows, *json.loads("[" + shape)))
    return array if array.ndim else array[()]


def untagged(value: Any) -> Any:
    """What `tagged` was given."""
    if isinstance(value, dict):
        return {key: untagged(item) for key, item in value.items()}
    return unpictured(formed(value[1], value[0]))


def unpictured(array: Any) -> Any:
    """The array, so that Minari does not take small numbers without a sign for a picture."""
    return _Plain(array) if getattr(array, "dtype", None) == np.uint8 and array.ndim else array


class _Plain:
    """An array that Minari stores as the numbers that they are."""

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return self._array.astype(dtype or self._array.dtype, copy=bool(copy))

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._array)

    def __getitem__(self, index: int) -> Any:
        return self._array[index]
