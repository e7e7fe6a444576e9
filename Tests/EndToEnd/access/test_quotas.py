"""What a tenant has too much of is a 429 that says so."""

import time

import lamd
import pytest


def refused(call):
    with pytest.raises(lamd.Problem) as caught:
        call()
    return caught.value


def clients(daemon):
    """Of two tenants."""
    admin = lamd.Client(daemon.url, token=daemon.client().create_token("me", ["admin"])["token"])
    return [lamd.Client(daemon.url, token=admin.create_token(name, ["admin"], tenant=name)["token"]) for name in "ab"]


def test_sessions(new_daemon):
    first, second = clients(new_daemon("lamd", "--tenant-sessions", "2").start())
    made = [first.create_env("CartPole-v1")["instance_id"] for _ in range(2)]
    assert refused(lambda: first.create_env("CartPole-v1")).status == 429
    first.reset(made[0])
    reply = first._caller.transport.send("POST", f"/v1/envs/{made[0]}/fork", b"{}", first._caller._authorization)
    assert reply.status == 429
    second.create_env("CartPole-v1")
    first.delete_env(made[0])
    first.create_env("CartPole-v1")


def test_steps(new_daemon):
    daemon = new_daemon("lamd", "--tenant-steps-per-second", "100").start()
    first, second = clients(daemon)
    instance = first.create_env("CartPole-v1", num_envs=10)["instance_id"]
    first.reset(instance)
    for _ in range(10):
        first.step(instance, [0] * 10)
    headers = dict(first._caller._authorization, **{"Content-Type": "application/json"})
    reply = daemon.request("POST", f"/v1/envs/{instance}/step/", '{"action":[0,0,0,0,0,0,0,0,0,0]}', headers)
    # At most a second's worth has come back meanwhile on a slow machine.
    while reply.status == 200:
        reply = daemon.request("POST", f"/v1/envs/{instance}/step/", '{"action":[0,0,0,0,0,0,0,0,0,0]}', headers)
    assert reply.status == 429
    assert reply.headers["RateLimit-Policy"] == '"steps";q=100;w=1'
    assert reply.headers["RateLimit"].startswith('"steps";r=0;t=')
    wait = int(reply.headers["Retry-After"])
    other = second.create_env("CartPole-v1")["instance_id"]
    second.reset(other)
    second.step(other, 0)
    time.sleep(wait)
    first.step(instance, [0] * 10)
    # A rollout may take more than there is, and is paid for afterwards.
    time.sleep(0.1)
    first.rollout(instance, steps=30, policy="random", transitions=False)
    assert refused(lambda: first.step(instance, [0] * 10)).status == 429


def test_jobs(new_daemon):
    first, second = clients(new_daemon("lamd", "--tenant-jobs", "1").start())
    agents = [client.create_agent("CartPole-v1")["agent_id"] for client in (first, first, second)]
    job = first.train(agents[0], steps=10_000_000, target_return=1e9)["job_id"]
    assert refused(lambda: first.train(agents[1], steps=1)).status == 429
    second.train(agents[2], steps=600, target_return=1e9, wait=True)
    first.cancel_job(job)
    first.train(agents[1], steps=600, target_return=1e9, wait=True)


def test_bytes(new_daemon):
    first, second = clients(new_daemon("lamd", "--tenant-bytes", "1MiB").start())
    agent = first.create_agent("CartPole-v1", hyperparameters={"hidden_sizes": [512, 512]})["agent_id"]
    problem = refused(lambda: first.create_agent("CartPole-v1"))
    assert problem.status == 429 and "1048576 bytes" in problem.detail
    second.create_agent("CartPole-v1")
    first.delete_agent(agent)
    first.create_agent("CartPole-v1")
