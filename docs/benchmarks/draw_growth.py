"""The picture of how cost grows, from what `make bench BENCH=growth` found at each point."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt

SHADES = ["#1f4fb0", "#c8553d", "#3a8f5c", "#8a5fb0", "#5c6470"]
# More than this is explained in the table.
TOLERANCE = 1.2


def figure(points: dict[str, Any]) -> Any:
    """A panel for each axis: each cost beside its least, which would be a flat line if it grew as it should."""
    axes_named: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for axis, name, size, cost, *_ in points["rows"]:
        axes_named.setdefault(axis, {}).setdefault(name, []).append((size, cost))
    plt.rcParams.update({"svg.hashsalt": "lamd", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    rows = -(-len(axes_named) // 3)
    found, axes = plt.subplots(rows, 3, figsize=(9, 2.7 * rows), squeeze=False, sharey=True)
    for axis, (name, costs) in zip(axes.flat, axes_named.items()):
        panel(axis, name, costs)
    for axis in list(axes.flat)[len(axes_named) :]:
        axis.set_visible(False)
    found.supylabel("cost beside its least", fontsize=9)
    return found


def panel(axis: Any, name: str, costs: dict[str, list[tuple[float, float]]]) -> None:
    axis.axhspan(1, TOLERANCE, color="#1f4fb0", alpha=0.08, linewidth=0)
    for color, (what, line) in zip(SHADES, costs.items()):
        least = min(cost for _, cost in line)
        axis.plot(
            [size for size, _ in line], [cost / least for _, cost in line], marker=".", color=color, linewidth=1.2, label=what
        )
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_title(name)
    axis.legend(fontsize=6, frameon=False)
