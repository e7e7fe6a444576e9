"""`make demo`."""

import re
import subprocess
import sys

from daemon import BINARY, ROOT


def test_learns_to_balance_the_pole_and_shows_it():
    command = [sys.executable, ROOT / "docs/demo.py", BINARY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    before = re.search(r"before it learned anything: return (\S+) of 500", done.stdout)
    after = re.findall(r"each action asked of the agent: return (\S+)", done.stdout)
    assert float(before[1]) < 200
    assert len(after) == 5
    assert sum(map(float, after)) / 5 >= 475
    assert len(re.findall(r"steps  return", done.stdout)) >= 3


def test_says_so_where_no_daemon_starts(tmp_path):
    program = tmp_path / "lamd"
    program.write_text("#!/bin/sh\necho it cannot be >&2\nexit 1\n")
    program.chmod(0o755)
    done = subprocess.run([sys.executable, ROOT / "docs/demo.py", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "it cannot be" in done.stderr
    assert "the daemon did not start" in done.stderr
