"""Instances that outlive the daemon."""

import signal
import threading

import pytest

import lamd


def drive(client, instance, count, start=0):
    replies = []
    for number in range(start, start + count):
        reply = client.step(instance, number % 2, step=number)
        replies.append(reply)
        if reply["done"]:
            client.reset(instance)
            return replies
    return replies


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_goes_on_where_it_was(new_daemon, number):
    running = new_daemon().start()
    client = running.client()
    durable = client.create_env("CartPole-v1", seed=3, durable=True, ttl_s=1000)["instance_id"]
    other = client.create_env("CartPole-v1", seed=3)["instance_id"]
    for instance in (durable, other):
        client.reset(instance)
    before = drive(client, durable, 8)
    assert before == drive(client, other, 8)
    described = client.get_env(durable)
    assert described["durable"] and not client.get_env(other)["durable"]
    rest = drive(client, other, 4, 8)

    running.end(number)
    client = running.start().client()
    assert list(client.list_envs()["envs"]) == [durable]
    again = client.get_env(durable)
    changing = ("last_used_at", "expires_at", "created_at")
    assert {key: again[key] for key in again if key not in changing} == {
        key: described[key] for key in described if key not in changing
    }
    assert again["expires_at"] >= described["expires_at"]
    assert again["created_at"][:17] == described["created_at"][:17]
    # A retry of the last one before, then what comes next.
    assert client.step(durable, 7 % 2, step=7) == before[7]
    assert drive(client, durable, 4, 8) == rest
    assert "durable instances restored" in running.log.read_text()


def test_a_rollout_a_sample_and_a_restored_snapshot_survive(new_daemon):
    running = new_daemon().start()
    client = running.client()
    instances = [client.create_env("Taxi-v4", seed=1, durable=flag)["instance_id"] for flag in (True, False)]
    samples = []
    for instance in instances:
        client.reset(instance)
        snapshot = client.snapshot(instance)["snapshot"]
        client.rollout(instance, steps=5, policy="random")
        client.restore(instance, snapshot)
        client.rollout(instance, steps=7, policy="random", transitions=False)
        samples.append([client.sample_action(instance)["action"] for _ in range(3)])
    assert samples[0] == samples[1]
    expected = [client.sample_action(instances[1]) for _ in range(5)]
    steps = client.get_env(instances[1])["steps"]
    running.kill()
    client = running.start().client()
    assert client.get_env(instances[0])["steps"] == steps
    assert [client.sample_action(instances[0]) for _ in range(5)] == expected


def test_forks_are_durable_and_a_closed_one_is_gone(new_daemon):
    running = new_daemon().start()
    client = running.client()
    first = client.create_env("FrozenLake-v1", seed=1, durable=True)["instance_id"]
    client.reset(first)
    forks = client.fork(first, copies=2)["instance_ids"]
    client.delete_env(first)
    client.delete_env(forks[0])
    running.kill()
    client = running.start().client()
    assert list(client.list_envs()["envs"]) == [forks[1]]
    assert client.step(forks[1], 1)["observation"] in range(16)


def test_two_clients_share_one(new_daemon):
    """Their steps come one after the other, and all of them are kept."""
    running = new_daemon().start()
    instance = running.client().create_env("CliffWalking-v1", durable=True)["instance_id"]
    running.client().reset(instance)

    def walk():
        client = running.client()
        for _ in range(50):
            client.step(instance, 0)

    threads = [threading.Thread(target=walk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert running.client().get_env(instance)["step"] == 200
    running.kill()
    assert running.start().client().get_env(instance)["step"] == 200


def test_a_recorded_one_cannot_be_durable(client):
    with pytest.raises(lamd.Problem, match="recorded instance cannot be durable") as refused:
        client.create_env("CartPole-v1", durable=True, record="x")
    assert refused.value.status == 400
    instance = client.create_env("CartPole-v1", durable=True)["instance_id"]
    with pytest.raises(lamd.Problem, match="the instance is durable") as refused:
        client._caller.json("POST", f"/v1/envs/{instance}/monitor/start/", {"directory": "x"})
    assert refused.value.status == 400
    client.delete_env(instance)
