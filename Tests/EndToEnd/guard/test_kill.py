"""The kill switch: how soon it works, and that it holds."""

from __future__ import annotations

import threading
import time

import lamd
import numpy as np
import pytest

OBSERVATION = [0.0, 0.0, 0.0, 0.0]


def cartpole(client):
    return client.create_agent("CartPole-v1", hyperparameters={"hidden_sizes": [8]})["agent_id"]


def assert_off(call, *arguments, **keywords):
    with pytest.raises(lamd.Problem) as caught:
        call(*arguments, **keywords)
    assert (caught.value.status, caught.value.code) == (409, "agent_killed")
    return caught.value


def test_no_action_is_served_after_the_kill(new_daemon):
    daemon = new_daemon().start()
    agent = cartpole(daemon.client())
    served = []  # (when it was asked, when it was answered), of each action
    over = threading.Event()

    def drive():
        client, own = daemon.client(), []
        while not over.is_set():
            asked = time.monotonic()
            try:
                client.act(agent, OBSERVATION)
            except lamd.Problem as problem:
                assert problem.code == "agent_killed"
                continue
            own.append((asked, time.monotonic()))
        served.extend(own)
        client.close()

    threads = [threading.Thread(target=drive) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    killer = daemon.client()
    begun = time.monotonic()
    killer.kill_agent(agent)
    replied = time.monotonic()
    time.sleep(0.5)
    over.set()
    for thread in threads:
        thread.join()
    assert len(served) > 100
    assert max(asked for asked, _ in served) <= replied
    last = max(answered for _, answered in served)
    print(f"kill took {1e3 * (replied - begun):.1f} ms; the last action came {1e3 * (last - begun):.1f} ms after it was sent")
    assert last - begun <= 0.1
    assert daemon.stop() == 0


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_it_is_off_after_a_restart_until_it_is_revived(new_daemon, end):
    daemon = new_daemon().start()
    client = daemon.client()
    agent = cartpole(client)
    killed = client.kill_agent(agent, "it overheats")["killed"]
    assert killed["by"] == "anyone" and killed["reason"] == "it overheats"
    # Once more changes nothing.
    assert client.kill_agent(agent)["killed"] == killed
    getattr(daemon, end)()
    client = daemon.start().client()
    assert client.get_agent(agent)["killed"] == killed
    assert "it overheats" in assert_off(client.act, agent, OBSERVATION).detail
    assert_off(client.act, agent, observations=np.zeros((3, 4), np.float32), tensors=True)
    assert_off(client.act, agent, OBSERVATION, version=0)
    assert client.evaluate(agent, num_episodes=1)["num_episodes"] == 1
    assert client.revive_agent(agent)["killed"] is None and client.get_agent(agent)["killed"] is None
    assert "action" in client.act(agent, OBSERVATION)
    client.revive_agent(agent)
    getattr(daemon, end)()
    assert "action" in daemon.start().client().act(agent, OBSERVATION)
    said = daemon.log.read_text()
    assert "an agent is turned off" in said and "reason=it" in said.replace('"', "") and "an agent acts again" in said


def test_a_rollout_ends_at_its_next_step(client, daemon):
    agent = cartpole(client)
    instance = client.create_env("CartPole-v1", num_envs=8)["instance_id"]
    problems = []

    def roll():
        own = daemon.client()
        try:
            while not problems:
                own.rollout(instance, steps=100_000, agent_id=agent, transitions=False)
        except lamd.Problem as problem:
            problems.append((problem.code, time.monotonic()))
        own.close()

    thread = threading.Thread(target=roll)
    thread.start()
    time.sleep(0.3)
    client.kill_agent(agent)
    replied = time.monotonic()
    thread.join(60)
    [(kind, ended)] = problems
    assert kind == "agent_killed" and ended - replied <= 0.1
    assert_off(client.rollout, instance, steps=1, agent_id=agent)
    # The instance is whole.
    assert len(client.rollout(instance, num_episodes=1, policy="random")["returns"]) == 1


def test_rollouts_obey_the_guard(client):
    agent = client.create_agent("Pendulum-v1", hyperparameters={"hidden_sizes": [8]})["agent_id"]
    client.put_guard(agent, bounds={"low": -0.5, "high": 0.25}, max_change=0.1)
    for mode in ("disabled", "next_step", "same_step"):
        instance = client.create_env("Pendulum-v1", num_envs=3, max_episode_steps=30, autoreset_mode=mode)["instance_id"]
        reply = client.rollout(instance, num_episodes=9, agent_id=agent, deterministic=False, seed=5)
        assert reply["guard"]["changed"] > 0 and reply["guard"]["fallback"] == 0
        firsts = []
        for episode in reply["episodes"]:
            actions = np.float64(np.array(episode["actions"], np.float32)[:, 0])
            assert actions.min() >= -0.5 and actions.max() <= 0.25
            assert np.abs(np.diff(actions)).max(initial=0) <= 0.1
            firsts.append(actions[0])
        # An episode's first action has none before it.
        assert len(set(firsts)) > 1
    client.put_guard(agent, budget={"limit": 5, "window_s": 3600})
    with pytest.raises(lamd.Problem) as caught:
        client.rollout(instance, steps=10, agent_id=agent)
    assert caught.value.code == "guard_refused"
    client.put_guard(agent, mode="shadow", fallback=[0])
    reply = client.rollout(instance, steps=10, agent_id=agent, seed=1)
    assert reply["guard"]["shadow"] == 30
    assert all(action == [0] for episode in reply["episodes"] for action in episode["actions"])
