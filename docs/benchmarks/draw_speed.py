"""The picture of lamd's speed beside others', from what `make bench-speed-peers` found in each round."""

from __future__ import annotations

import statistics
from typing import Any

import matplotlib.pyplot as plt

BLUE, GREY = "#1f4fb0", "#9aa3b2"
SHADES = ["#1f4fb0", "#7d9fe3", "#c8553d", "#9aa3b2", "#5c6470"]


def figure(runs: dict[str, Any]) -> Any:
    """A panel for each part that was measured, but for `act`."""
    panels = [(PANELS[name], runs[name]) for name in PANELS if runs.get(name)]
    plt.rcParams.update({"svg.hashsalt": "lamd", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    rows = -(-len(panels) // 2)
    found, axes = plt.subplots(rows, 2, figsize=(9, 3 * rows), squeeze=False)
    for axis, (draw, measured) in zip(axes.flat, panels):
        draw(axis, measured)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    return found


def step(axis: Any, measured: dict[str, list[Any]]) -> None:
    """Servers by their rate, the fastest on top."""
    rates = {
        name: statistics.median(one["rate"] if isinstance(one, dict) else one for one in own)
        for name, own in measured.items()
    }
    names = sorted(rates, key=lambda name: rates[name])
    axis.barh(names, [rates[name] for name in names], color=[BLUE if "lamd" in name else GREY for name in names])
    axis.set_xscale("log")
    axis.set_xlim(left=100)
    axis.set_title("HTTP step, one core: steps/s")


def batches(axis: Any, measured: dict[str, dict[str, list[float]]]) -> None:
    """Ways by world."""
    titles = {"wire": "lamd, HTTP", "client": "lamd, client", "envpool": "EnvPool", "sync": "SyncVectorEnv"}
    titles["vector"] = "numpy vector"
    height = 0.8 / len(titles)
    for place, (way, title) in enumerate(titles.items()):
        worlds = [index for index, own in enumerate(measured.values()) if own.get(way)]
        rates = [statistics.median(own[way]) for own in measured.values() if own.get(way)]
        axis.barh([-world - place * height for world in worlds], rates, height, label=title, color=SHADES[place])
    axis.set_yticks([-world - 0.4 + height / 2 for world in range(len(measured))], list(measured))
    axis.set_xscale("log")
    axis.set_xlim(left=3_000)
    axis.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    axis.set_title("1,024 environments: steps/s")


def solve(axis: Any, measured: dict[str, list[dict[str, float]]]) -> None:
    """A point for each seed, a line at the median; the fastest on top."""
    names = sorted(measured, key=lambda name: statistics.median(one["seconds"] for one in measured[name]))
    for place, name in enumerate(names):
        own = measured[name]
        color = BLUE if name == "lamd" else GREY
        seconds = [one["seconds"] for one in own]
        axis.plot(seconds, [-place] * len(own), "o", color=color, markersize=4)
        axis.plot([statistics.median(seconds)], [-place], "|", color=color, markersize=14, markeredgewidth=2)
    axis.set_yticks([-place for place in range(len(names))], names)
    axis.set_xscale("log")
    axis.set_title("CartPole-v1 to a return of 475: seconds")


def updates(axis: Any, measured: dict[str, dict[str, list[float]]]) -> None:
    """A line for each library over the shapes, `hidden×hidden batch`."""
    sizes = sorted(tuple(map(int, shape.split("×")[1].split())) for shape in measured)
    shapes = [measured[f"{hidden}×{hidden} {batch}"] for hidden, batch in sizes]
    for place, name in enumerate(dict.fromkeys(name for own in shapes for name in own)):
        ours = name.startswith("lamd")
        known = [index for index, own in enumerate(shapes) if own.get(name)]
        rates = [statistics.median(shapes[index][name]) for index in known]
        color = {"lamd bare": "#7d9fe3", "lamd from replay": BLUE}.get(name, plt.get_cmap("tab10")(place))
        axis.plot(known, rates, "-" if ours else "--", color=color, marker=".", linewidth=1.2, label=name)
    axis.set_yscale("log")
    axis.set_xticks(range(len(shapes)), [f"{hidden}²\n{batch}" for hidden, batch in sizes], fontsize=7)
    axis.set_xlabel("hidden units, batch", fontsize=8)
    axis.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    axis.set_title("Learner, one core: updates/s")


PANELS = {"step": step, "batches": batches, "solve": solve, "updates": updates}
