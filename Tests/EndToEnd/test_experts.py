"""Scripted experts: listed, and what agents are measured by."""

import json

import numpy as np
import pytest


@pytest.fixture(scope="module")
def agent(daemon):
    return daemon.client().create_agent("CartPole-v1", seed=1, hyperparameters={"hidden_sizes": [8]})["agent_id"]


@pytest.fixture
def evaluate(daemon):
    """Evaluates an agent; the status and the reply."""

    def evaluate(agent, **body):
        reply = daemon.request(
            "POST",
            f"/v1/agents/{agent}/evaluate/",
            json.dumps({"num_episodes": 20, "seed": 9, **body}),
            {"Content-Type": "application/json"},
        )
        return reply.status, json.loads(reply.body)

    return evaluate


def listed(daemon, query=""):
    return json.loads(daemon.request("GET", f"/v1/experts{query}").body)


def test_every_world_has_an_expert_and_both_lists_agree(daemon, client):
    experts = listed(daemon)
    assert experts["next_cursor"] is None
    ids = [item["expert"] for item in experts["items"]]
    assert ids == sorted(set(ids)) and {"cartpole-linear", "mountain-car-grid", "value-iteration"} <= set(ids)
    assert all(item["summary"].endswith(".") for item in experts["items"])
    worlds = {item["env_id"]: item["experts"] for item in client.list_environments()["items"]}
    assert all(worlds.values())
    for item in experts["items"]:
        assert item["environments"] == sorted(id for id, known in worlds.items() if item["expert"] in known)
    assert worlds["MountainCar-v0"] == ["mountain-car-grid", "mountain-car-rule"]
    assert client.get_environment("MountainCar-v0")["experts"] == worlds["MountainCar-v0"]


def test_experts_come_in_pages(daemon):
    everything, found, query = listed(daemon)["items"], [], "?limit=2"
    while query:
        page = listed(daemon, query)
        assert len(page["items"]) <= 2
        found += page["items"]
        query = page["next_cursor"] and f"?limit=2&cursor={page['next_cursor']}"
    assert found == everything
    assert daemon.request("GET", "/v1/experts?cursor=nobody").status == 400


def test_the_best_expert_is_the_yardstick(evaluate, client, agent):
    status, reply = evaluate(agent)
    assert status == 200
    assert (reply["expert"], reply["expert_return"]) == ("cartpole-linear", 500)
    assert reply["scaled"] == pytest.approx(
        (reply["mean_return"] - reply["random_return"]) / (500 - reply["random_return"])
    )
    kept = client.get_agent(agent)["last_evaluation"]
    assert {key: reply[key] for key in kept} == kept and kept["expert"] == "cartpole-linear"
    assert evaluate(agent, expert="scripted") == (status, reply)
    assert evaluate(agent, expert="cartpole-linear") == (status, reply)


def test_any_agent_is_an_expert(evaluate, client, agent):
    other = client.create_agent("CartPole-v1", seed=2)["agent_id"]
    _, alone = evaluate(other)
    _, reply = evaluate(agent, expert=other)
    assert (reply["expert"], reply["expert_return"]) == (other, alone["mean_return"])
    _, reply = evaluate(agent, expert=agent)
    assert reply["expert_return"] == reply["mean_return"]
    assert reply["scaled"] == (None if reply["mean_return"] == reply["random_return"] else 1)


def test_the_expert_knows_the_kwargs(evaluate, client):
    agent = client.create_agent("FrozenLake-v1", kwargs={"is_slippery": False}, seed=1)["agent_id"]
    _, reply = evaluate(agent)
    assert (reply["expert"], reply["expert_return"]) == ("value-iteration", 1)
    _, reply = evaluate(agent, kwargs={}, num_episodes=400)
    # 0.740 on average; four standard errors.
    assert reply["expert_return"] == pytest.approx(0.74, abs=0.09)


def test_the_yardstick_plays_as_gymnasium_has_it(evaluate, client):
    """The rule by hand in PyPI's world, on the seeds that the daemon played."""
    gymnasium = pytest.importorskip("gymnasium")
    agent = client.create_agent("MountainCarContinuous-v0", seed=1)["agent_id"]
    _, reply = evaluate(agent, num_episodes=3)
    env, returns = gymnasium.make("MountainCarContinuous-v0"), []
    for seed in reply["seeds"]:
        observation, _ = env.reset(seed=seed)
        total, done = 0.0, False
        while not done:
            push = np.float32([0.4 if observation[1] >= 0 else -0.4])
            observation, reward, terminated, truncated, _ = env.step(push)
            total, done = total + float(reward), terminated or truncated
        returns.append(total)
    assert reply["expert_return"] == pytest.approx(np.mean(returns), abs=1e-9)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"expert": "nobody"}, "cartpole-linear"),
        ({"expert": "value-iteration"}, "cartpole-linear"),
        ({"expert": ""}, "cartpole-linear"),
        ({"expert": 7}, "string"),
        ({"expert": "0000dead"}, "no agent 0000dead"),
    ],
)
def test_refuses_who_is_no_expert_here(evaluate, agent, body, says):
    status, problem = evaluate(agent, **body)
    assert status == 400 and problem["pointer"] == "/expert"
    assert says in problem["detail"]


def test_refuses_an_agent_of_other_spaces(evaluate, client, agent):
    other = client.create_agent("Pendulum-v1", seed=1)["agent_id"]
    status, problem = evaluate(agent, expert=other)
    assert status == 400 and problem["pointer"] == "/expert"
    assert f"{other} has other spaces" in problem["detail"]
