"""Four million requests, or $LAMD_SOAK_REQUESTS, of all kinds beside training: nothing grows for it. Takes some minutes."""

import os
import time

import numpy as np
from crowd import address, descriptors, wait_until
from traffic import BODY_LIMIT, SMALL, Traffic

REQUESTS = int(os.environ.get("LAMD_SOAK_REQUESTS", 4_000_000))
CLIENTS = 2
MIB = 1 << 20


def resident(daemon):
    """Bytes that a daemon holds."""
    with open(f"/proc/{daemon.pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def slope(samples):
    """MiB for each million requests, by least squares over the last three quarters."""
    requests, sizes = np.array(samples, float).T
    steady = requests > requests[-1] / 4
    return np.polyfit(requests[steady] / 1e6, sizes[steady] / MIB, 1)[0]


def train(client, agent):
    """Has an agent learn for as long as the test goes on. Each evaluation is a point of its curve, which is kept: few."""
    return client.train(agent, steps=10**9, target_return=1e9, evaluate={"every_steps": 1_000_000})["job_id"]


def test_nothing_grows(serve, measured):
    daemon = serve("--body-limit", str(BODY_LIMIT))
    token = daemon.client().create_token("soak", ["admin"])["token"]
    client = daemon.client(token=token)
    agent = client.create_agent("CartPole-v1", hyperparameters=SMALL)["agent_id"]
    # Dispatch opens three descriptors when it is first used, as an evaluation does.
    client.train(agent, steps=5000, target_return=1e9, wait=True)
    job = train(client, agent)
    client.close()
    idle = descriptors(daemon)
    traffic = Traffic(address(daemon), token, agent, CLIENTS)
    samples = []
    begin = time.monotonic()
    traffic.start(REQUESTS)
    while traffic.is_working:
        samples.append((traffic.answered.value, resident(daemon)))
        time.sleep(0.5)
    seconds = time.monotonic() - begin
    traffic.finish()
    wait_until(lambda: descriptors(daemon) <= idle, 60)
    assert client.get_job(job)["state"] == "running"
    grown = slope(samples)
    measured(
        f"{samples[-1][0]} requests in {seconds:.0f} s, {dict(traffic.counts)}; {grown:.2f} MiB a million requests, "
        f"{samples[-1][1] / MIB:.0f} MiB at the end; {idle} descriptors before and {descriptors(daemon)} after"
    )
    assert traffic.counts.total() >= REQUESTS
    assert grown <= 1
