"""The end of workers and of the daemon: nothing is left of either."""

import os
import random
import re
import signal
import sys
import threading
import time
from collections import defaultdict

from hosting import COUNT, ROGUE, SHORT, WORLD, modules, patiently, refused, sessions
from processes import children, counts, is_alive, named, pid, until, workers

import lamd

__all__ = ["modules"]


def test_what_a_worker_started_ends_with_it(new_daemon, tmp_path):
    running = new_daemon("lamd", "--worker", f"{ROGUE} --mark {tmp_path}", *SHORT).start()
    client = running.client()
    with sessions(client, ("rogue/grandchild", {}), ("rogue/noise", {})) as (victim, _):
        assert refused(client.step, victim, 1).status == 502
        assert until(lambda: len(named(str(tmp_path))) == 2), named(str(tmp_path))  # the daemon and the other worker
        patiently(client.reset, victim)
    assert running.stop() == 0
    assert not named(str(tmp_path))


class Load:
    """Somebody who steps one instance without a pause, and resets it where it fails; keeps what was answered when."""

    def __init__(self, daemon, env_id, count=1):
        self.client = daemon.client(retries=0)
        self.instance = self.client.create_env(env_id, num_envs=count)["instance_id"]
        self.actions = [0] * count if count > 1 else 0
        #: Begin and end of each request, and the worker that is said to have failed.
        self.answers = []
        self.wrong = []
        self.is_well = False

    def go(self, is_over):
        while not is_over.is_set():
            begin = time.monotonic()
            try:
                if not self.is_well:
                    self.client.reset(self.instance, seed=1)
                elif self.is_over(self.client.step(self.instance, self.actions)):
                    self.client.reset(self.instance)
                self.is_well = True
                self.answers.append((begin, time.monotonic(), None))
                time.sleep(0.005)
            except lamd.Problem as problem:
                self.is_well = False
                self.answers.append((begin, time.monotonic(), problem.detail.split(" was killed")[0]))
                if (problem.status, problem.code) != (502, "worker_failed") or "signal 9" not in problem.detail:
                    self.wrong.append(problem)
                time.sleep(0.02)
            except Exception as failure:
                self.wrong.append(failure)
                return

    def is_over(self, reply):
        return self.actions == 0 and (reply["terminated"] or reply["truncated"])


def started(daemon):
    """The name of the worker behind each pid, by the daemon's log."""
    found = re.findall(r"(\w+ worker \d) started.*?pid[=:] ?(\d+)", daemon.log.read_text())
    return {int(number): name for name, number in found}


def test_workers_killed_under_load_harm_only_those_on_them(new_daemon):
    running = new_daemon("lamd", "--gymnasium", sys.executable, "--worker", COUNT).start()
    hosted = [Load(running, "gymnasium/CartPole-v1") for _ in range(2)] + [Load(running, "gymnasium/CartPole-v1", 4)]
    hosted += [Load(running, "count/Count-v0") for _ in range(4)] + [Load(running, "count/Count-v0", 6)]
    own = [Load(running, "CartPole-v1"), Load(running, "CartPole-v1", 4)]
    is_over = threading.Event()
    threads = [threading.Thread(target=load.go, args=[is_over]) for load in hosted + own]
    for thread in threads:
        thread.start()
    everybody_is_well = lambda since: until(
        lambda: all(load.is_well and load.answers and load.answers[-1][0] > since for load in hosted)
    )
    assert everybody_is_well(time.monotonic())
    before, kills, chance = counts(running), defaultdict(list), random.Random(5)
    are_well = True
    for number in range(50):
        # A worker of Gymnasium takes long to start.
        word = "fd/4" if number % 10 == 0 else "example.mjs"
        assert until(lambda: workers(running, word))
        victim = chance.choice(workers(running, word))
        name = started(running)[victim]
        at = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        assert until(lambda: not is_alive(victim))
        kills[name].append((at, time.monotonic(), are_well))
        are_well = chance.random() < 0.7
        assert not are_well or everybody_is_well(time.monotonic())
    assert everybody_is_well(time.monotonic())
    is_over.set()
    for thread in threads:
        thread.join()

    assert not [load.wrong for load in hosted + own if load.wrong]
    assert all(failure is None for load in own for _, _, failure in load.answers)
    slowest = max(end - begin for load in own for begin, end, _ in load.answers)
    latest = 0
    for load in hosted:
        well_since = 0
        for begin, end, failure in load.answers:
            if failure is None:
                well_since = begin
                continue
            # It was killed while this was asked or after it had last answered, and that was said at once.
            at, certain, were_well = max(kill for kill in kills[failure] if kill[0] < end)
            assert at > well_since or not is_well_before(load, begin), (failure, begin, kills[failure])
            # A vector first hears what another process says, which may be about to start.
            latest = max(latest, end - max(certain, begin)) if were_well else latest
        if load.actions == 0:
            assert len({failure for _, _, failure in load.answers if failure}) == 1
    assert latest < 1 + slowest, (latest, slowest)

    # Nothing is left of them.
    assert until(lambda: all(each.state != "Z" for each in children(pid(running)))) and len(workers(running)) == 4
    # Threads of the pool stay for the next request, as many as ever waited side by side.
    room = (4, 2 * len(hosted))
    assert until(lambda: all(now <= then + more for now, then, more in zip(counts(running), before, room))), (
        counts(running),
        before,
    )
    for load in hosted + own:
        load.client.delete_env(load.instance)
    assert running.stop() == 0


def is_well_before(load, moment):
    """Whether the last answer before was a good one."""
    return [failure is None for begin, _, failure in load.answers if begin < moment][-1:] == [True]


def test_a_training_goes_on_when_its_worker_dies(new_daemon):
    running = new_daemon("lamd", "--worker", COUNT, "--worker-processes", "1").start()
    client = running.client()
    small = {"hidden_sizes": [32], "learning_starts": 100, "batch_size": 32}
    agent = client.create_agent("count/GridWalk-v0", seed=1, hyperparameters=small)["agent_id"]
    job = client.train(agent, steps=3000)["job_id"]
    assert until(lambda: client.get_job(job)["metrics"]["steps"] > 500)
    (victim,) = workers(running)
    os.kill(victim, signal.SIGKILL)
    done = list(client.stream_job(job))[-1].data
    assert done["state"] == "succeeded", done
    assert client.get_agent(agent)["steps"] == 3000 and victim not in workers(running)
    assert running.stop() == 0


def begin_to_hang(daemon, fault="hang"):
    """A step that does not return."""
    client = daemon.client(retries=0)
    instance = client.create_env(WORLD, kwargs={"fault": fault})["instance_id"]
    client.reset(instance)

    def step():
        try:
            client.step(instance, 1)
        except (lamd.Problem, ConnectionError):
            pass

    thread = threading.Thread(target=step)
    thread.start()
    assert until(lambda: f"{fault}s now" in daemon.log.read_text())
    return thread


def test_a_daemon_that_is_killed_leaves_no_worker_behind(new_daemon, tmp_path):
    command = f"{ROGUE} --deaf --mark {tmp_path}"
    running = new_daemon("lamd", "--gymnasium", sys.executable, "--worker", command).start()
    running.client().create_env("rogue/noise", num_envs=2)
    threads = [begin_to_hang(running), begin_to_hang(running, "spin")]
    left = workers(running)
    assert len(left) == 4
    running.kill()
    assert until(lambda: not any(map(is_alive, left)), 10)
    for thread in threads:
        thread.join()


def test_a_daemon_that_is_stopped_does_not_wait_for_ever_for_workers(new_daemon, tmp_path):
    command = f"{ROGUE} --deaf --mark {tmp_path}"
    running = new_daemon("lamd", "--gymnasium", sys.executable, "--worker", command, *SHORT).start()
    running.client().create_env("rogue/noise", num_envs=2)
    thread = begin_to_hang(running)
    left = workers(running)
    begin = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - begin < 10
    assert not any(map(is_alive, left)) and not named(str(tmp_path))
    thread.join()
