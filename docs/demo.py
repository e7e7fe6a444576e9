#!/usr/bin/env python3
"""Trains CartPole from nothing, then lets the policy act. Everything goes through the REST API: this file needs Python's
standard library alone.

    make demo                                  # starts a daemon of its own
    python3 docs/demo.py http://127.0.0.1:8808 # asks one that runs
"""

import json
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from contextlib import contextmanager

ENVIRONMENT, TARGET, EPISODES = "CartPole-v1", 475, 5


@contextmanager
def daemon(program):
    """Starts a daemon on a free port with a folder that is thrown away, and gives its URL."""
    with tempfile.TemporaryDirectory() as state:
        command = [program, "serve", "--listen", "127.0.0.1:0", "--state", state]
        with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
            try:
                for line in process.stderr:
                    if found := re.search(r"listening on (\S+)", line):
                        yield found[1]
                        return
                    sys.stderr.write(line)
                sys.exit("the daemon did not start")
            finally:
                process.terminate()
                process.stderr.read()


def call(method, url, body=None):
    """One request; the reply's JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as refusal:
        sys.exit(f"{method} {url}: {json.load(refusal)['detail']}")


def events(url):
    """The server-sent events of a job: their names and their data."""
    with urllib.request.urlopen(url) as stream:
        name = None
        for line in stream:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, json.loads(value)


def train(url, agent):
    """Trains until the target is reached, and shows how it goes."""
    job = call("POST", f"{url}/v1/agents/{agent}/train/", {"target_return": TARGET})
    print(f"training {ENVIRONMENT} until two evaluations in a row have a mean return of {TARGET}")
    for name, data in events(f"{url}/v1/jobs/{job['job_id']}/events"):
        if name == "progress" and "mean_return" in data["metrics"]:
            metrics = data["metrics"]
            filled = round(metrics["mean_return"] / 500 * 40)
            bar = "#" * filled + "." * (40 - filled)
            print(f"  {metrics['steps']:7,} steps  return {metrics['mean_return']:6.1f}  {bar}", flush=True)
        elif name == "evaluation":
            evaluation = data["evaluation"]
            text = f"{evaluation['num_episodes']} episodes: mean return {evaluation['mean_return']:.1f}"
            print(f"  {data['steps']:7,} steps  evaluated over {text}", flush=True)
        elif name == "done":
            return data


def play(url, agent, seed):
    """Drives one episode with the policy, a request for each action and each step; its return."""
    instance = call("POST", f"{url}/v1/envs/", {"env_id": ENVIRONMENT})["instance_id"]
    observation = call("POST", f"{url}/v1/envs/{instance}/reset/", {"seed": seed})["observation"]
    total, done = 0.0, False
    while not done:
        action = call("POST", f"{url}/v1/agents/{agent}/act/", {"observation": observation})["action"]
        step = call("POST", f"{url}/v1/envs/{instance}/step/", {"action": action})
        observation, done = step["observation"], step["done"]
        total += step["reward"]
    call("DELETE", f"{url}/v1/envs/{instance}")
    return total


def demonstrate(url):
    """The whole way, from no agent to one that acts."""
    agent = call("POST", f"{url}/v1/agents/", {"env_id": ENVIRONMENT})["agent_id"]
    before = play(url, agent, seed=1000)
    print(f"agent {agent}, before it learned anything: return {before:g} of 500")
    job = train(url, agent)
    result = job["result"]
    if not result["target_reached"]:
        sys.exit(f"the target was not reached within {result['steps']:,} steps")
    print(f"reached after {result['steps']:,} steps in {result['seconds']:.1f} s")
    for seed in range(1000, 1000 + EPISODES):
        print(f"episode with seed {seed}, each action asked of the agent: return {play(url, agent, seed):g}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.argv[1].startswith("http"):
        demonstrate(sys.argv[1])
    else:
        with daemon(sys.argv[1]) as address:
            demonstrate(address)
