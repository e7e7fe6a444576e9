"""Measurements that take turns, so that what disturbs one disturbs all."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any, Optional, TypeVar

Found = TypeVar("Found")


class Failures(dict[str, str]):
    """What could not be measured, and why."""

    def add(self, name: str, error: BaseException) -> None:
        self[name] = f"{type(error).__name__}: {error}"
        print(f"{name} failed: {self[name]}", file=sys.stderr, flush=True)

    def said(self) -> str:
        """A sentence for the note of a table."""
        if not self:
            return ""
        lasts = {name: error.strip().splitlines()[-1][:200] for name, error in self.items()}
        return " Not measured: " + "; ".join(f"{name} ({last})" for name, last in lasts.items()) + "."


def rounds(
    ways: dict[str, Callable[[], Found]], runs: int, failures: Failures, warm_up: bool = True
) -> dict[str, list[Found]]:
    """Measures each way once a round; the first round warms up. A way that fails twice is left out from then on."""
    found: dict[str, list[Found]] = {name: [] for name in ways}
    for turn in range(-1 if warm_up else 0, runs):
        for name, measure in ways.items():
            if name in failures:
                continue
            try:
                one = twice(measure)
            except Exception as error:
                failures.add(name, error)
                continue
            if turn >= 0:
                found[name].append(one)
                print(f"  {name}: {shown(one)}", file=sys.stderr, flush=True)
    return {name: own for name, own in found.items() if name not in failures}


def twice(measure: Callable[[], Found]) -> Found:
    """Tries once more where it fails."""
    try:
        return measure()
    except Exception as error:
        print(f"  once more, after {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return measure()


def shown(value: Any) -> str:
    values = value if isinstance(value, tuple) else (value,)
    return " ".join(f"{item:,.1f}" for item in values)


def median(values: Optional[Sequence[float]]) -> Optional[float]:
    return statistics.median(values) if values else None


def ratio(ours: Optional[Sequence[float]], theirs: Optional[Sequence[float]]) -> Optional[float]:
    """The median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(ours, theirs)) if ours and theirs else None


def verdict(value: Optional[float], asked: Optional[float], at_most: bool = False) -> str:
    """What was asked of a figure, and whether it holds."""
    if asked is None:
        return "–"
    sign = "≤" if at_most else "≥"
    if value is None:
        return f"{sign} {asked:g}"
    holds = value <= asked if at_most else value >= asked
    return f"{sign} {asked:g}: {'yes' if holds else 'no'}"
