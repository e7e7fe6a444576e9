"""A disk that is full, or refuses, and a network that has gone astray."""

import errno
import sqlite3

import pytest
from faults import Control, FaultyDaemon
from processes import until

import lamd

EPISODE = {"observations": [0, 4], "actions": [1], "rewards": [0.0], "terminations": [True], "truncations": [False]}


def test_with_less_than_the_reserve_nothing_new_is_kept_and_the_rest_goes_on(new_daemon):
    running = new_daemon().start()
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
    made = client.create_demonstrations([EPISODE], env_id="FrozenLake-v1", name="shown")["demonstration_id"]
    durable = client.create_env("FrozenLake-v1", durable=True)["instance_id"]
    client.reset(durable)
    policy = client.get_policy(agent)
    assert running.stop() == 0
    running.arguments = ("--disk-reserve", "1000000GiB")
    client = running.start().client()
    refused = [
        lambda: client.create_agent("FrozenLake-v1"),
        lambda: client.put_policy(agent, policy),
        lambda: client.train(agent, steps=10),
        lambda: client.add_episodes(made, [EPISODE]),
        lambda: client.create_demonstrations([EPISODE], env_id="FrozenLake-v1", name="more"),
        lambda: client.create_env("FrozenLake-v1", durable=True),
        lambda: client.step(durable, 1),
        lambda: client._caller.send("GET", "/v1/backup"),
    ]
    for ask in refused:
        with pytest.raises(lamd.Problem, match="disk_reserve") as problem:
            ask()
        assert problem.value.status == 507 and problem.value.body["type"].endswith("insufficient_storage")
    with pytest.raises(lamd.Problem, match="disk_reserve") as problem:
        client.readyz()
    assert problem.value.status == 503
    # What needs no room goes on, and what makes some.
    assert client.act(agent, observation=0)["policy_version"] == 0
    assert client.get_env(durable)["step"] == 0
    instance = client.create_env("FrozenLake-v1")["instance_id"]
    client.reset(instance)
    client.step(instance, 1)
    assert client.get_demonstration_file(made)
    client.delete_demonstrations(made)
    client.delete_agent(agent)
    client.delete_env(durable)


@pytest.fixture
def faulty(tmp_path):
    control = Control(tmp_path)
    running = FaultyDaemon(tmp_path / "lamd", control).start()
    yield running, control
    if running.is_running:
        running.kill()


@pytest.mark.parametrize("error, status", [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EIO, 503)])
def test_a_refusing_disk_is_told_by_its_kind_and_forgiven(faulty, error, status):
    running, control = faulty
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
    instance = client.create_env("FrozenLake-v1", durable=True)["instance_id"]
    client.reset(instance, seed=1)
    policy, tensors = client.get_policy(agent), {"Content-Type": lamd.safetensors.MEDIA_TYPE}
    control.set(True, 1, forever=True, error=error)
    for ask in (
        # Without a key: to keep one is SQLite's, which does not tell one refusal from the other.
        lambda: client._caller.send("PUT", f"/v1/agents/{agent}/policy", policy, headers=tensors, repeatable=False),
        lambda: client.step(instance, 1, step=0),
        lambda: client.step(instance, 1, step=0),
    ):
        with pytest.raises(lamd.Problem) as problem:
            ask()
        assert problem.value.status == status, problem.value
    with pytest.raises(lamd.Problem) as problem:
        client.readyz()
    assert problem.value.status == 503
    assert client.act(agent, observation=0)["policy_version"] == 0
    control.stop()
    assert client.readyz()["status"] == "ok"
    reply = client.step(instance, 1, step=0)
    assert client.put_policy(agent, client.get_policy(agent))["version"] == 1
    running.kill()
    client = running.start().client()
    assert client.step(instance, 1, step=0) == reply
    assert client.get_agent(agent)["policy_version"] == 1


def test_a_job_goes_on_while_nothing_can_be_kept(faulty):
    running, control = faulty
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
    job = client.train(agent, steps=30_000, evaluate={"every_steps": 500, "num_episodes": 2})["job_id"]
    events = client.stream_job(job)
    next(event for event in events if event.event == "checkpoint")
    control.set(True, 1, forever=True, error=errno.ENOSPC)
    told = next(event for event in events if event.event == "storage")
    assert told.data["what"] in ("policy", "checkpoint") and "room" in told.data["detail"]
    control.stop()
    kinds = [event.event for event in events]
    assert kinds[-1] == "done" and client.get_job(job)["state"] == "succeeded"
    running.kill()
    client = running.start().client()
    assert client.get_job(job)["state"] == "succeeded"
    assert [event.event for event in client.stream_job(job)][-1] == "done"


def test_the_end_of_a_job_that_cannot_be_kept_is_told_and_kept_later(faulty):
    running, control = faulty
    client = running.client()
    agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
    job = client.train(agent, steps=30_000)["job_id"]
    assert until(lambda: client.get_job(job)["state"] == "running")
    control.set(True, 1, forever=True, error=errno.ENOSPC)
    # What the audit log cannot have is not done: the job goes on to its end.
    with pytest.raises(lamd.Problem) as problem:
        client.cancel_job(job)
    assert problem.value.status == 507 and client.get_job(job)["state"] == "running"
    assert until(lambda: client.get_job(job)["state"] != "running")
    found = client.get_job(job)
    assert found["state"] == "failed" and "cannot be kept" in found["error"]["detail"]
    assert client.act(agent, observation=0)["policy_version"] == 0
    control.stop()
    # It is written down as soon as that can be done.
    file = running.state / "catalogue.sqlite"

    def state():
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as catalogue:
            return catalogue.execute("SELECT state FROM jobs WHERE id = ?", (job,)).fetchone()[0]

    assert until(lambda: state() == "failed")
    running.kill()
    client = running.start().client()
    assert client.get_job(job)["state"] == "failed"
    assert client.train(agent, steps=100, wait=True)["state"] == "succeeded"


@pytest.mark.parametrize(
    "phases", [None, [{"phase": "reinforce", "method": "ppo", "steps": 20_000}]], ids=["q", "ppo"]
)
def test_learning_that_goes_astray_fails_and_serves_what_was_good(client, phases):
    wild = {"optimizer": "sgd", "learning_rate": 10, "gradient_clip": 1e9, "loss": "squared_error", "momentum": 0.99}
    agent = client.create_agent("CartPole-v1", seed=1, hyperparameters=wild)["agent_id"]
    before = client.get_policy(agent)
    steps = None if phases else 20_000
    job = client.train(agent, steps=steps, evaluate={"every_steps": 10_000, "num_episodes": 2}, phases=phases, wait=True)
    assert job["state"] == "failed"
    assert "diverged" in job["error"]["detail"] and "learning_rate" in job["error"]["detail"]
    assert client.get_agent(agent)["policy_version"] == 0 and client.get_policy(agent) == before


def test_a_policy_whose_weights_are_no_numbers_is_refused(client):
    agent = client.create_agent("CartPole-v1", seed=1)["agent_id"]
    tensors = lamd.safetensors.load(client.get_policy(agent))
    name = next(name for name, tensor in tensors.items() if tensor.dtype == "float32")
    for stranger in (float("nan"), float("inf")):
        broken = tensors[name].copy()
        broken.flat[0] = stranger
        with pytest.raises(lamd.Problem, match="not a finite number") as problem:
            client.put_policy(agent, lamd.safetensors.dump({**tensors, name: broken}))
        assert problem.value.status == 400
    assert client.get_agent(agent)["policy_version"] == 0
