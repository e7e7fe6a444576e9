"""What /metrics tells, against the conventions and against /proc."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from urllib.parse import urlsplit

import pytest
from daemon import BINARY
from process import LongRequest, wait_until
from prometheus_client.parser import text_string_to_metric_families


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


def post(daemon, path, body):
    request = urllib.request.Request(daemon.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


def read(daemon):
    """What a scraper makes of it: values by name and labels."""
    families = list(text_string_to_metric_families(daemon.get("/metrics").decode()))
    assert len({family.name for family in families}) == len(families)
    assert all(family.documentation and family.type in ("counter", "gauge", "histogram") for family in families)
    return {(one.name, *sorted(one.labels.items())): one.value for family in families for one in family.samples}


def test_what_is_alive_is_counted(serve):
    daemon = serve()
    version = subprocess.run([BINARY, "--version"], capture_output=True, check=True, text=True).stdout.strip()
    assert read(daemon)["lamd_build_info", ("version", version)] == 1
    agent = post(daemon, "/v1/agents/", {"env_id": "CartPole-v1"})["agent_id"]
    post(daemon, "/v1/demonstrations/", {"env_id": "CartPole-v1", "expert": "scripted", "num_episodes": 1})
    post(daemon, "/v1/envs/", {"env_id": "CartPole-v1"})
    done = post(daemon, f"/v1/agents/{agent}/train/", {"steps": 100})["job_id"]
    wait_until(lambda: json.loads(daemon.get(f"/v1/jobs/{done}"))["state"] == "succeeded")
    post(daemon, f"/v1/agents/{agent}/train/", {"steps": 10_000_000})
    wait_until(lambda: read(daemon)["lamd_jobs", ("state", "running")] == 1)
    found = read(daemon)
    assert found["lamd_jobs", ("state", "succeeded")] == 1
    assert found["lamd_jobs", ("state", "queued")] == 0
    assert found["lamd_agents",] == found["lamd_sessions",] == found["lamd_demonstration_sets",] == 1
    assert found["lamd_demonstration_bytes",] > 100


def test_what_is_under_way_is_counted(serve):
    daemon = serve()
    found = read(daemon)
    assert found["http_server_open_connections",] == found["http_server_active_requests",] == 1
    address = urlsplit(daemon.url)
    idle = [socket.create_connection((address.hostname, address.port), 10) for _ in range(5)]
    wait_until(lambda: read(daemon)["http_server_open_connections",] == 6)
    request = LongRequest(daemon.url)
    wait_until(lambda: read(daemon)["http_server_active_requests",] == 2)
    for one in idle:
        one.close()
    assert request.wait() == 200
    wait_until(lambda: read(daemon)["http_server_open_connections",] == 1)


@pytest.mark.skipif(not shutil.which("promtool"), reason="there is no promtool (Debian's prometheus)")
def test_promtool_finds_nothing_to_say(serve):
    daemon = serve()
    text = daemon.get("/metrics")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
