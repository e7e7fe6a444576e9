"""Writes docs/benchmarks.md and docs/images/learning-curves.svg from the figures beside this file.

`make bench`, `make bench-learning`, `make bench-actions` and `make bench-peers` measure; `make bench-docs` brings their JSON here and runs this.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
DOCS = HERE.parent
PICTURE = DOCS / "images" / "learning-curves.svg"
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
    return text + (f"; the machine was busy (load {where['load']})" if where["load"] > 0.5 else "")


def page(
    speed: dict[str, Any],
    learning: dict[str, Any],
    imitation: dict[str, Any] | None,
    peers: dict[str, Any] | None,
    many: list[dict[str, Any]],
) -> str:
    parts = [
        "# Benchmarks",
        f"<!-- {FRESH} -->",
        "Machines are noisy: trust the ratios, which are taken in pairs in one run, more than the rates.",
        "## Speed",
        f"`make bench` ({machine(speed)}).",
        *(markdown(table, "###") for table in speed["tables"]),
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
        parts += ["## Peers", f"`make bench-peers` ({machine(peers)})."]
        parts += [markdown(table, "###") for table in peers["tables"]]
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
        curves = [run["curve"] for run in learning["runs"] if run["world"] == world]
        steps = [point["steps"] for point in max(curves, key=len)]
        returns = [[point["mean"] for point in curve] for curve in curves]
        for line in returns:
            axis.plot(steps[: len(line)], line, color="#3f6fd0", alpha=0.3, linewidth=0.8)
        means = [sum(points) / len(points) for points in zip(*returns)]
        axis.plot(steps[: len(means)], means, color="#1f4fb0", linewidth=1.8)
        axis.axhline(references[world], color="#888888", linestyle="--", linewidth=0.8)
        axis.set_title(world)
        axis.set_xlim(0, steps[-1])
        if min(min(line) for line in returns) > 0:
            axis.set_ylim(bottom=0)
        axis.xaxis.set_major_formatter(lambda step, _: f"{step / 1000:.0f}k")
    for axis in list(axes.flat)[len(worlds) :]:
        axis.set_visible(False)
    figure.supxlabel("steps in the environment; dashed: the best return that is known", fontsize=9)
    figure.supylabel("mean return of 100 episodes", fontsize=9)
    figure.tight_layout()
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, metadata={"Date": None})


def main() -> None:
    speed, learning = read("all"), read("learning")
    later = [read(name) if (HERE / f"{name}.json").exists() else None for name in ("imitation", "peers")]
    many = [read(name) for name in ("actions", "outside", "scale") if (HERE / f"{name}.json").exists()]
    (DOCS / "benchmarks.md").write_text(page(speed, learning, *later, many))
    draw(learning)


if __name__ == "__main__":
    main()
