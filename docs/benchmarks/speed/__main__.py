"""Lamd's speed beside its peers': HTTP steps, batches, `act`, CartPole from nothing, updates of the learner.

All ratios come from one run, in which lamd and its peers take turns. `make bench-speed-peers` installs the peers and
runs this; a peer that cannot be installed or run is left out, and named.
"""

from __future__ import annotations

import argparse
import importlib
import json
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from harness import machine, publish, write

# A module each, with `tables`, which gives the part's tables, named `speed-` and the part's name, and what each round
# found.
PARTS = {"step": "http_step", "batches": "batches", "act": "http_act", "solve": "solve", "updates": "updates"}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="speed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lamd", default=".build/release/lamd", help="the program")
    parser.add_argument("--lamd-bench", default=".build/release/lamd-bench", help="the program that times its learner")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--parts", default=",".join(PARTS), help="some of them: %(default)s")
    parser.add_argument("--runs", type=int, default=5, help="in which all take turns; medians count")
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement, whole ones by wrk")
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each learner")
    parser.add_argument("--episodes", type=int, default=1_000, help="fresh ones to judge a policy by")
    given = parser.parse_args()
    # Whoever ends this also ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    report: dict[str, Any] = {"command": "speed", "tables": [], "runs": {}, "failed": {}}
    if given.json and given.json.exists():
        # Keeps what an earlier report says of the parts that are not tried again.
        report = {**report, **json.loads(given.json.read_text())}
    report["machine"] = machine()
    tables = {name: [one for one in report["tables"] if one["name"].startswith(f"speed-{name}")] for name in PARTS}
    for name in given.parts.split(","):
        print(f"{name}:", file=sys.stderr, flush=True)
        report["failed"].pop(name, None)
        try:
            tables[name], report["runs"][name] = importlib.import_module(f"speed.{PARTS[name]}").tables(given)
        except Exception as error:
            traceback.print_exc()
            report["failed"][name] = f"{type(error).__name__}: {error}"
        # What is measured is kept, whatever becomes of the next part.
        publish({**report, "tables": tables[name]}, None)
        report["tables"] = [table for own in tables.values() for table in own]
        write(report, given.json)
    if report["failed"]:
        sys.exit(f"failed: {report['failed']}")


if __name__ == "__main__":
    main()
