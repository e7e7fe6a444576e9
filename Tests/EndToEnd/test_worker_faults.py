"""Workers that hang, fail and speak nonsense: who is on them is told so, and nobody else notices."""

import json
import re
import resource
import sys
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from daemon import Daemon
from hosting import ROGUE, SHORT, WORLD, modules, patiently, refused, sessions
from processes import is_alive, pid, until, workers
from rogue_worker import RENDERS, SPACES, STEPS
from rogue_worlds import FAULTS

import lamd

__all__ = ["modules"]


@pytest.fixture(scope="module")
def daemon(modules, tmp_path_factory):
    state = tmp_path_factory.mktemp("faults") / "lamd"
    running = Daemon(state, "--gymnasium", sys.executable, "--worker", ROGUE, *SHORT).start()
    yield running
    assert running.is_running, running.log.read_text()
    started = workers(running)
    assert running.stop() == 0
    assert not any(map(is_alive, started))


@contextmanager
def undisturbed(daemon, *instances):
    """What others do meanwhile: steps of a built-in world and of sessions, and a look whether the daemon lives."""
    client, is_over, rounds, failures = daemon.client(), threading.Event(), [0], []
    own = client.create_env("CartPole-v1", max_episode_steps=10)["instance_id"]

    def go():
        try:
            while not is_over.is_set():
                client.livez()
                for instance in (own, *instances):
                    client.reset(instance)
                    assert client.step(instance, 0)["reward"] == 1
                rounds[0] += 1
        except Exception as failure:
            failures.append(failure)

    thread = threading.Thread(target=go)
    thread.start()
    yield rounds
    is_over.set()
    thread.join()
    client.delete_env(own)
    assert not failures, failures


def failed(daemon, instance, action=1):
    """What a step that must fail is answered."""
    path, body = f"/v1/envs/{instance}/step/", json.dumps({"action": action})
    response = daemon.request("POST", path, body, {"Content-Type": "application/json"})
    problem = json.loads(response.body)
    assert (response.status, problem.get("type")) == (502, "urn:lamd:problem:worker_failed"), problem
    assert response.headers["Content-Type"] == "application/problem+json" and problem["status"] == 502
    return problem["detail"]


LATE = "did not answer in time and was killed; its last words: (.* )?"
#: How a fault is told, and whether the process outlives it.
TOLD = {
    "hang": (LATE + "hangs now", False),
    "spin": (LATE + "spins now", False),
    "babble": (LATE + "one more of many words", False),
    "eat": ("raised MemoryError", True),
    "leave": ("ended with status 7; its last words: (.* )?leaves now", False),
    "crash": (r"was killed by signal 11 \(Segmentation fault\); its last words: ", False),
    "fail": ("rogue_worlds:Rogue-v0 raised RuntimeError: fails now", True),
    "quit": ("rogue_worlds:Rogue-v0 raised SystemExit: quits now", True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_world_that_fails_is_told_to_its_client_alone(daemon, client, fault):
    words, lives_on = TOLD[fault]
    with sessions(client, (WORLD, {"fault": fault}), (WORLD, {})) as (victim, other):
        before = workers(daemon, "/dev/fd/4")
        assert len(before) == 2
        with undisturbed(daemon, other) as rounds:
            detail = failed(daemon, victim)
            assert not words.startswith(LATE) or rounds[0] > 5
        assert re.search(words, detail), detail
        assert len(detail) < 3000
        if not lives_on:
            assert "reset the instance" in failed(daemon, victim, 0)
            assert refused(client.render, victim, mode="png").status == 502
        patiently(client.reset, victim)
        assert client.step(victim, 0)["observation"] == [1]
        assert (sorted(workers(daemon, "/dev/fd/4")) == sorted(before)) is lives_on


@pytest.mark.parametrize("at", ["make", "reset", "render"])
@pytest.mark.parametrize("fault", ["hang", "leave", "fail"])
def test_whatever_is_asked_may_fail(daemon, client, at, fault):
    if (at, fault) == ("make", "hang"):
        pytest.skip("a world has a minute to be made")
    kwargs = {"fault": fault, "at": at}
    with sessions(client, (WORLD, {})) as (other,), undisturbed(daemon, other):
        if at == "make":
            problem = refused(client.create_env, WORLD, kwargs=kwargs)
            expected = (400, "/kwargs") if fault == "fail" else (502, None)
            assert (problem.status, problem.pointer) == expected
            assert re.search("fails now|status 7", problem.detail)
            return
        instance = patiently(client.create_env, WORLD, kwargs=kwargs)["instance_id"]
        patiently(client.reset, instance)
        problem = refused(client.reset, instance) if at == "reset" else refused(client.render, instance, mode="png")
        assert problem.status == 502 and re.search(TOLD[fault][0], problem.detail), problem.detail
        client.delete_env(instance)


def test_a_vector_of_which_a_part_dies_begins_anew(daemon, client):
    instance = client.create_env(WORLD, num_envs=5, kwargs={"fault": "leave"})["instance_id"]
    client.reset(instance, seed=1)
    client.step(instance, [0] * 5)
    with sessions(client, ("CartPole-v1", {})) as (other,), undisturbed(daemon, other):
        assert "status 7" in failed(daemon, instance, [0, 0, 0, 0, 1])
        assert "status 7" in failed(daemon, instance, [0] * 5)
        assert patiently(client.reset, instance)["observation"] == [[0]] * 5
        assert client.step(instance, [0] * 5)["observation"] == [[1]] * 5
    client.delete_env(instance)


def test_a_process_with_much_to_say_is_not_blamed_for_another_that_hangs(daemon, client):
    kwargs = {"fault": "hang", "size": 100_000}
    instance = client.create_env(WORLD, num_envs=2, kwargs=kwargs, autoreset_mode="disabled")["instance_id"]
    client.reset(instance, tensors=True)
    before = set(workers(daemon, "/dev/fd/4"))
    assert re.search(LATE + "hangs now", failed(daemon, instance, [1, 0]))
    assert len(before & set(workers(daemon, "/dev/fd/4"))) == 1
    client.delete_env(instance)


def test_a_vector_that_hangs_in_one_process_keeps_nobody_waiting_in_the_other(new_daemon):
    running = new_daemon("lamd", "--gymnasium", sys.executable, "--worker-timeout", "3").start()
    client = running.client()
    with sessions(client, (WORLD, {}), (WORLD, {})) as (_, other):
        vector = client.create_env(WORLD, num_envs=2, kwargs={"fault": "hang"})["instance_id"]
        client.reset(vector)
        with undisturbed(running, other) as rounds:
            failed(running, vector, [1, 0])
            assert rounds[0] > 10
    assert running.stop() == 0


def test_a_world_that_does_not_close_keeps_nobody_waiting(new_daemon):
    running = new_daemon("lamd", "--gymnasium", sys.executable, "--worker-timeout", "20").start()
    client = running.client()
    with sessions(client, (WORLD, {}), (WORLD, {"fault": "hang", "at": "close"})) as (other, _):
        pass
    leased = client.create_env("CartPole-v1", ttl_s=2)["instance_id"]
    assert until(lambda: leased not in client.list_envs()["all_envs"], 12)
    assert running.stop() == 0


# Workers that speak nonsense.

WRONG = "the rogue worker answered wrongly: "
LARGE = ["many actions", "large pictures"]
KILLED = "rogue worker [01] .*{} and was killed"
NONSENSE = {
    "noise": KILLED.format("began a frame of 506097522914230528 bytes"),
    "long frame": KILLED.format(f"began a frame of {1 << 62} bytes"),
    "empty frame": KILLED.format("not safetensors: .*shorter.*"),
    "long header": KILLED.format("not safetensors: .*header is longer.*"),
    "header that is no JSON": KILLED.format("not safetensors: .*not JSON.*"),
    "header that is an array": KILLED.format("not safetensors: .*not an object"),
    "overlap": KILLED.format("not safetensors: .*overlap.*"),
    "overflow": KILLED.format('not safetensors: .*"reward" is too large'),
    "metadata that are numbers": KILLED.format("not safetensors: .*more than strings"),
    "no tensors": WRONG + 'observation: the tensor "observation" is missing',
    "no observation": WRONG + 'observation: the tensor "observation" is missing',
    "no reward": WRONG + "reward is not 1 float64",
    "float observation": WRONG + "observation: expected dtype int64, not float64",
    "deep observation": WRONG + r"observation: expected shape \[1\], not \[1, 1\]",
    "long observation": WRONG + r"observation: expected shape \[1\], not \[2\]",
    "float32 reward": WRONG + "reward is not 1 float64",
    "two rewards": WRONG + "reward is not 1 float64",
    "integer end": WRONG + "terminated is not 1 booleans",
    "element 3 of 3": WRONG + "observation: 3.* is not within",
    "element -1": WRONG + "observation: -1.* is not within",
    "element 2**62": WRONG + "observation: .* is not within",
    "infos that are no JSON": WRONG + '"infos" is not JSON',
    "infos that are NaN": WRONG + '"infos" is not JSON: NaN',
    "infos that are numbers": WRONG + '"infos" is not an array of 1 objects',
    "too many infos": WRONG + '"infos" is not an array of 1 objects',
    "deep infos": WRONG + '"infos" is not JSON',
    "cut off": "rogue worker [01] ended with status 3; its last words: cut off in the middle",
    "closed": "rogue worker [01] .*; its last words: closed the socket",
    "grandchild": "rogue worker [01] ended with status 4; its last words: left a child behind",
    "runaway": "rogue worker [01] ended with status 5; its last words: a child ran away",
}


@pytest.mark.parametrize("nonsense", [each for each in STEPS if each != "an answer too many"])
def test_nonsense_is_called_so(daemon, client, nonsense):
    with sessions(client, (f"rogue/{nonsense}", {}), ("rogue/noise", {})) as (victim, other):
        with undisturbed(daemon, other):
            begin = time.monotonic()
            assert re.match(NONSENSE[nonsense], detail := failed(daemon, victim)), detail
            assert time.monotonic() - begin < 10
        patiently(client.reset, victim)
        assert client.step(victim, 0)["observation"] == 0


def test_an_answer_that_was_not_asked_for_is_nobody_s(new_daemon):
    """Else it would be taken for the answer to the next question, which another session may have asked."""
    running = new_daemon("lamd", "--worker", ROGUE, "--worker-processes", "1", *SHORT).start()
    client = running.client()
    with sessions(client, ("rogue/an answer too many", {}), ("rogue/noise", {})) as (instance, other):
        with suppress(lamd.Problem):
            client.step(instance, 1)
        with suppress(lamd.Problem):
            assert client.step(other, 0)["observation"] == 0
        for each in (instance, other):
            patiently(client.reset, each)
            assert client.step(each, 0)["observation"] == 0
    assert running.stop() == 0


@pytest.mark.parametrize("space", [space for space in SPACES if space not in LARGE])
@pytest.mark.parametrize("count", [1, 100])
def test_spaces_that_are_none_are_refused(client, space, count):
    problem = refused(client.create_env, f"rogue/{space}", num_envs=count)
    assert problem.status == (400 if space == "words" else 502)
    assert re.search("observation.space", problem.detail)


@pytest.mark.parametrize("mode", ["png", "rgb_array"])
@pytest.mark.parametrize("picture", RENDERS)
def test_pictures_that_are_none_are_refused(daemon, client, picture, mode):
    with sessions(client, (f"rogue/{picture}", {})) as (instance,):
        before = workers(daemon, "rogue_worker.py")
        try:
            client.render(instance, mode=mode)
            assert picture.startswith("very") or mode == "rgb_array"
        except lamd.Problem as problem:
            assert problem.status == 502 and re.match(WRONG, problem.detail), problem.detail
        assert client.step(instance, 0)["observation"] == 0
        assert workers(daemon, "rogue_worker.py") == before


def test_strange_descriptions_do_no_harm(daemon, client):
    def catalogue():
        items = client.list_environments(limit=1000)["items"]
        return [item["env_id"] for item in items if item["env_id"].startswith("rogue/")]

    assert until(lambda: "rogue/noise" in catalogue())
    assert {"rogue/", "rogue/3"}.isdisjoint(catalogue()) and all(len(id) < 1000 for id in catalogue())
    assert {"rogue/endless", "rogue/never", "rogue/deep"} <= set(catalogue())
    assert client.get_environment("rogue/noise")["observation_space"]["n"] == 3


@pytest.mark.parametrize("space", LARGE)
def test_more_than_memory_holds_is_refused(new_daemon, space):
    running = new_daemon("lamd", "--worker", ROGUE).start()
    # Where it is not refused, it is the daemon that ends, not the machine.
    resource.prlimit(pid(running), resource.RLIMIT_AS, (6 << 30, 6 << 30))
    with pytest.raises(lamd.Problem):
        running.client().create_env(f"rogue/{space}", num_envs=2000)
    assert running.client().create_env("CartPole-v1")
    assert running.stop() == 0
