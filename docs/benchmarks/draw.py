"""Writes docs/benchmarks.md and its pictures from the figures beside this file.

`make bench` (also with BENCH=allocations, BENCH=growth and BENCH=trust), `make bench-size`, `make bench-learning`,
`make bench-actions`, `make bench-peers` (which is `bench-learning-peers` and `bench-speed-peers`) and
`make bench-bridge` measure; `make bench-docs` brings their JSON here and runs this.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import draw_growth
import draw_speed
import matplotlib.pyplot as plt
import numpy as np

HERE = Path(__file__).parent
DOCS = HERE.parent
PICTURE = DOCS / "images" / "learning-curves.svg"
LANDER = DOCS / "images" / "lunar-lander.svg"
SPEED = DOCS / "images" / "speed.svg"
GROWTH = DOCS / "images" / "growth.svg"
PICTURED = ["CartPole-v1", "Acrobot-v1", "Pendulum-v1", "FrozenLake-v1", "Taxi-v4", "CliffWalking-v1"]
FRESH = 'Written by `make bench-docs`: change `docs/benchmarks/draw.py`, not this page.'


def read(name: str) -> dict[str, Any]:
    return json.loads((HERE / f"{name}.json").read_text())


def cell(value: Any, digits: int | None) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:,.{digits or 0}f}"


def markdown(table: dict[str, Any], level: str) -> str:
    columns = table["columns"]
    rows = [
        [column["title"] for column in columns],
        ["---" if column.get("digits") is None else "--:" for column in columns],
        *([cell(value, column.get("digits")) for value, column in zip(row, columns)] for row in table["rows"]),
    ]
    lines = [f"{level} {table['title']}", "", *(f"| {' | '.join(row)} |" for row in rows), ""]
    return "\n".join(lines + textwrap.wrap(table["note"], 120))


def machine(report: dict[str, Any]) -> str:
    where = report["machine"]
    text = f"{where['processor']}, {where['cores']} cores, {where['system']}"
    if "blas" in where:
        text += f", OpenBLAS's kernels for {where['blas']}"
    return text + (f"; the machine was busy (load {where['load']})" if where["load"] > 0.5 else "")


def page(
    speed: dict[str, Any],
    counts: list[dict[str, Any]],
    growth: dict[str, Any] | None,
    rivals: dict[str, Any] | None,
    learning: dict[str, Any],
    imitation: dict[str, Any] | None,
    peers: dict[str, Any] | None,
    hosted: list[dict[str, Any]],
    many: list[dict[str, Any]],
) -> str:
    parts = [
        "# Benchmarks",
        f"<!-- {FRESH} -->",
        "Machines are noisy: trust the ratios, which are taken in pairs in one run, more than the rates.",
        "## Speed",
        f"`make bench` ({machine(speed)}).",
        *(markdown(table, "###") for report in [speed, *counts] for table in report["tables"]),
    ]
    if growth is not None:
        summary, points = growth["tables"]
        parts += ["## How cost grows", f"`make bench BENCH=growth` ({machine(growth)}).", markdown(summary, "###")]
        parts += ["![How cost grows](images/growth.svg)", f"<details><summary>{points['title']}</summary>"]
        parts += [markdown(points, "###"), "</details>"]
    if rivals is not None:
        parts += ["## Speed beside others", f"`make bench-speed-peers` ({machine(rivals)})."]
        parts += ["![Lamd beside others](images/speed.svg)", "Medians of the rounds; a point in the third for each seed."]
        parts += [markdown(table, "###") for table in rivals["tables"]]
        parts += [f"Not measured: {name} ({error})." for name, error in rivals["failed"].items()]
    parts += [
        "## Learning",
        f"`make bench-learning` ({machine(learning)}).",
        *(markdown(table, "###") for table in learning["tables"]),
        "![Learning curves of the default agent](images/learning-curves.svg)",
        "Each thin line is a training seed, the thick one their mean: evaluations of 100 episodes on seeds of their own, by"
        "\nthe greedy policy of the moment. The policy that is kept is the best of them, chosen by 300 more episodes.",
    ]
    if imitation is not None:
        parts += ["## Imitation", f"`make bench-learning` ({machine(imitation)}); [imitation.md](imitation.md) has the ways."]
        parts += [markdown(table, "###") for table in imitation["tables"]]
    if many:
        parts += ["## Many actions", f"`make bench-actions` ({machine(many[0])}); [learning.md](learning.md) has the ways."]
        parts += [markdown(table, "###") for report in many for table in report["tables"]]
    if peers is not None:
        parts += ["## Peers", f"`make bench-learning-peers` ({machine(peers)})."]
        parts += [markdown(table, "###") for table in peers["tables"]]
    if hosted:
        parts += ["## Hosted environments", f"`make bench-bridge` ({machine(hosted[0])}); `lamd serve --gymnasium` hosts them."]
        parts += [markdown(table, "###") for report in hosted for table in report["tables"]]
        parts += ["![LunarLander's learning curves](images/lunar-lander.svg)"]
    return "\n\n".join(parts) + "\n"


def draw(learning: dict[str, Any]) -> None:
    table = learning["tables"][0]
    best = [column["title"] for column in table["columns"]].index("best known")
    references = {row[0]: row[best] for row in table["rows"]}
    worlds = [world for world in PICTURED if world in references]
    plt.rcParams.update({"svg.hashsalt": "lamd", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    columns = min(3, len(worlds))
    figure, axes = plt.subplots(
        -(-len(worlds) // columns), columns, figsize=(9, 5 if len(worlds) > 3 else 2.6), squeeze=False
    )
    for axis, world in zip(axes.flat, worlds):
        plot(axis, world, [run["curve"] for run in learning["runs"] if run["world"] == world], references[world])
    for axis in list(axes.flat)[len(worlds) :]:
        axis.set_visible(False)
    figure.supxlabel("steps in the environment; dashed: the best return that is known", fontsize=9)
    figure.supylabel("mean return of 100 episodes", fontsize=9)
    save(figure, PICTURE)


def draw_lander(lander: dict[str, Any]) -> None:
    figure, axis = plt.subplots(figsize=(6, 3))
    plot(axis, "LunarLander-v3", [run["curve"] for run in lander["runs"]], 200)
    axis.set_xlabel("steps; dashed: Gymnasium's threshold")
    axis.set_ylabel("mean return of 20 episodes")
    save(figure, LANDER)


def plot(axis: Any, world: str, curves: list[list[dict[str, float]]], reference: float) -> None:
    """A thin line for each seed, a thick one for their mean as far as all of them go, between whose points are lines."""
    places = [[point["steps"] for point in curve] for curve in curves]
    returns = [[point["mean"] for point in curve] for curve in curves]
    for steps, line in zip(places, returns):
        axis.plot(steps, line, color="#3f6fd0", alpha=0.3, linewidth=0.8)
    first, last = max(steps[0] for steps in places), min(steps[-1] for steps in places)
    shared = sorted({step for steps in places for step in steps if first <= step <= last})
    means = np.mean([np.interp(shared, steps, line) for steps, line in zip(places, returns)], axis=0)
    axis.plot(shared, means, color="#1f4fb0", linewidth=1.8)
    axis.axhline(reference, color="#888888", linestyle="--", linewidth=0.8)
    axis.set_title(world)
    axis.set_xlim(0, max(curve[-1]["steps"] for curve in curves))
    if min(min(line) for line in returns) > 0:
        axis.set_ylim(bottom=0)
    axis.xaxis.set_major_formatter(lambda step, _: f"{step / 1000:.0f}k")


def save(figure: Any, picture: Path) -> None:
    figure.tight_layout()
    picture.parent.mkdir(exist_ok=True)
    figure.savefig(picture, metadata={"Date": None})


def main() -> None:
    speed, learning = read("all"), read("learning")
    counts = [read(name) for name in ("allocations", "trust", "sizes") if (HERE / f"{name}.json").exists()]
    growth = read("growth") if (HERE / "growth.json").exists() else None
    rivals = read("speed") if (HERE / "speed.json").exists() else None
    later = [read(name) if (HERE / f"{name}.json").exists() else None for name in ("imitation", "peers")]
    hosted = [read(name) for name in ("lander", "bridge") if (HERE / f"{name}.json").exists()]
    many = [read(name) for name in ("actions", "outside", "scale") if (HERE / f"{name}.json").exists()]
    (DOCS / "benchmarks.md").write_text(page(speed, counts, growth, rivals, learning, *later, hosted, many))
    draw(learning)
    if growth is not None:
        save(draw_growth.figure(growth["tables"][1]), GROWTH)
    if rivals is not None:
        save(draw_speed.figure(rivals["runs"]), SPEED)
    if (HERE / "lander.json").exists():
        draw_lander(read("lander"))


if __name__ == "__main__":
    main()
