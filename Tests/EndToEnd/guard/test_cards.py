"""Cards of policy versions: what they say is what was done."""

from __future__ import annotations

import lamd
import pytest


def test_a_card_says_what_is_known(client):
    shown = client.create_demonstrations(env_id="CartPole-v1", expert="scripted", num_episodes=3, seed=1)
    agent = client.create_agent("CartPole-v1", name="a `pole` | <b>", seed=3, hyperparameters={"hidden_sizes": [8]})["agent_id"]
    job = client.train(agent, demonstrations=[shown["demonstration_id"]], phases=[{"phase": "imitate", "updates": 50}], wait=True)
    assert job["state"] == "succeeded"
    version = client.get_agent(agent)["policy_version"]
    assert version > 0
    client.evaluate(agent, num_episodes=4, seed=9)
    instance = client.create_env("CartPole-v1")["instance_id"]
    for _ in range(3):
        client.act(agent, [0, 0, 0, 0])
    client.act(agent, observations=[[0, 0, 0, 0]] * 5)
    client.rollout(instance, steps=7, agent_id=agent)
    client.put_guard(agent, deny=[0])
    card = client.get_card(agent, version)
    assert card.startswith(f"# Version {version} of agent {agent}, `a 'pole' \u00a6 <b>`")
    assert job["job_id"] in card and shown["demonstration_id"] in card and f"{shown['num_episodes']} episodes" in card
    assert "`CartPole-v1`, 4 episodes" in card and "of the random policy" in card and "| 475 |" in card
    assert '"deny":[0]' in card and "Seed 3" in card
    assert "| `anyone` | through act | 8 |" in card and "| `anyone` | rollouts in `CartPole-v1` | 7 |" in card
    first = client.get_card(agent, 0)
    assert "Nothing was learned yet" in first and "It was not" in first and "Nobody yet" in first
    with pytest.raises(lamd.Problem) as caught:
        client.get_card(agent, 99)
    assert caught.value.status == 404


def test_who_was_served_survives_a_restart(new_daemon):
    daemon = new_daemon().start()
    client = daemon.client()
    agent = client.create_agent("CartPole-v1", hyperparameters={"hidden_sizes": [8]})["agent_id"]
    client.act(agent, [0, 0, 0, 0])
    assert daemon.stop() == 0
    client = daemon.start().client()
    client.act(agent, [0, 0, 0, 0])
    assert "| `anyone` | through act | 2 |" in client.get_card(agent, 0)
    assert daemon.request("GET", f"/v1/agents/{agent}/versions/0/card").headers["Content-Type"].startswith("text/markdown")
    assert daemon.request("GET", f"/v1/agents/{agent}/versions/x/card").status == 404
    assert daemon.stop() == 0
