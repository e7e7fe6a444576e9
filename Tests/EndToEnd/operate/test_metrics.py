"""What /metrics tells, against the conventions and against /proc."""

import os
import re
import shutil
import subprocess
import time

import pytest


def value(text, name):
    return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])


def test_the_process_is_told_as_it_is(serve):
    daemon = serve()
    text = daemon.get("/metrics").decode()
    folder = f"/proc/{daemon.process.pid}"
    with open(folder + "/statm") as statm:
        resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    assert resident / 2 < value(text, "process_resident_memory_bytes") < resident * 2
    assert abs(value(text, "process_open_fds") - len(os.listdir(folder + "/fd"))) <= 4
    assert 0 < value(text, "process_cpu_seconds_total") < 60
    assert time.time() - 60 < value(text, "process_start_time_seconds") <= time.time()


@pytest.mark.skipif(not shutil.which("promtool"), reason="there is no promtool (Debian's prometheus)")
def test_promtool_finds_nothing_to_say(serve):
    daemon = serve()
    text = daemon.get("/metrics")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
