"""How far a job is: a bar on a terminal, plain lines in a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from typing import Any, Optional, Protocol, TextIO


class _Event(Protocol):
    @property
    def event(self) -> str: ...
    @property
    def data(self) -> dict[str, Any]: ...


def follow(events: Iterable[_Event], out: Optional[TextIO] = None) -> Optional[dict[str, Any]]:
    """Shows a job's events until it is over and returns the finished job."""
    out = out or sys.stderr
    terminal = out.isatty()
    shown = -1
    line, drawn = "", ""
    try:
        for event in events:
            if event.event == "done":
                line = _last(event.data)
                return event.data
            if event.event == "progress":
                line = _line(event.data)
                percent = int(100 * float(event.data["progress"]))
                if terminal:
                    drawn = _draw(_bar(event.data) + " " + line, out)
                elif percent // 10 > shown // 10:
                    print(f"{percent:3d} % {line}", file=out, flush=True)
                    shown = percent
                line = ""
    finally:
        if drawn:
            print(file=out)
        if line:
            print(line, file=out, flush=True)
    return None


def _draw(text: str, out: TextIO) -> str:
    width = max(shutil.get_terminal_size().columns - 1, 20)
    out.write("\r" + text[:width].ljust(width))
    out.flush()
    return text


def _bar(data: dict[str, Any]) -> str:
    share = float(data["progress"])
    filled = round(share * 24)
    return f"{int(share * 100):3d} % [{'#' * filled}{'.' * (24 - filled)}]"


def _line(data: dict[str, Any]) -> str:
    metrics = data["metrics"]
    parts = [f"{metrics['steps']:,} steps"]
    for key, name in (("mean_return", "return"), ("evaluation_return", "evaluation"), ("best_return", "best")):
        if metrics.get(key) is not None:
            parts.append(f"{name} {metrics[key]:.4g}")
    if metrics.get("steps_per_s"):
        parts.append(f"{metrics['steps_per_s']:,.0f} steps/s")
    if data.get("eta_s") is not None:
        parts.append(f"eta {data['eta_s']:.0f} s")
    return ", ".join(parts)


def _last(job: dict[str, Any]) -> str:
    if job["state"] == "failed":
        return f"failed: {(job.get('error') or {}).get('detail', 'no reason given')}"
    result = job.get("result")
    if not result:
        return str(job["state"])
    parts = [f"{job['state']} after {result['steps']:,} steps in {result['seconds']:.1f} s"]
    if result.get("evaluation"):
        parts.append(f"mean return {result['evaluation']['mean_return']:.4g}")
    if result.get("target_return") is not None:
        parts.append(f"target {result['target_return']:g} {'' if result['target_reached'] else 'not '}reached")
    return ", ".join(parts)
