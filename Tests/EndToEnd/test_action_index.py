"""The index over very many actions: laid in the background, measured, mended, kept."""

import json
import re
import time

import gymnasium
import numpy as np
import pytest

import lamd

SEEN = gymnasium.spaces.Box(-1, 1, (3,))
COUNT = 20_000
STATES = np.random.default_rng(3).uniform(-1, 1, (64, 3)).astype(np.float32)


def rows(count, seed=0):
    return np.random.default_rng(seed).standard_normal((count, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def agent(daemon):
    client = daemon.client()
    space = gymnasium.spaces.Discrete(COUNT, start=7)
    made = client.create_agent(observation_space=SEEN, action_space=space, seed=1, action_features=rows(COUNT))
    yield made["agent_id"]
    client.delete_agent(made["agent_id"])


def laid(client, agent, version=0):
    """How the index stands once it does."""
    for _ in range(600):
        index = client.get_action_index(agent)
        if index["state"] != "building" and index["policy_version"] == version:
            return index
        time.sleep(0.1)
    raise AssertionError(index)


def ranked(client, agent, **fields):
    replies = client.act(agent, observations=STATES.tolist(), top_k=10, **fields)
    return replies, [[found["action"] for found in ranking] for ranking in replies["ranking"]]


def test_an_index_answers_once_it_is_laid_and_as_well_as_it_says(client, daemon, agent):
    assert client.get_agent(agent)["action_index"] is None
    with pytest.raises(lamd.Problem) as none:
        client.get_action_index(agent)
    assert none.value.status == 404 and "PUT" in none.value.detail

    asked = client.put_action_index(agent, 0.9)
    assert asked["recall"] == 0.9 and asked["state"] in ("building", "ready") and asked["n"] == COUNT
    index = laid(client, agent)
    assert index["state"] == "ready" and index["indexed"] == COUNT and index["error"] is None
    assert 0.9 <= index["measured_recall"] <= 1 and 0.9 <= index["measured_recall_of_best"] <= 1
    assert index["effort"] in (16, 32, 64, 128, 256, 512)
    assert index["bytes"] > COUNT * 32 * 4 and index["seconds"] > 0
    assert client.get_agent(agent)["action_index"] == index
    metrics = daemon.request("GET", "/metrics").body.decode()
    assert float(re.search(r"^lamd_action_index_bytes (\S+)$", metrics, re.MULTILINE)[1]) >= index["bytes"]

    quick, some = ranked(client, agent)
    exact, best = ranked(client, agent, exact=True)
    assert quick["approximate"] is True and "approximate" not in exact
    recall = np.mean([len(set(one) & set(other)) / 10 for one, other in zip(some, best)])
    assert recall > 0.8
    assert np.mean(np.array(quick["actions"]) == exact["actions"]) > 0.8
    assert client.act(agent, observations=STATES, tensors=True)["approximate"].tolist() == [True]
    masked = client.act(agent, observation=STATES[0].tolist(), action_mask={"forbidden": [7]})
    assert "approximate" not in masked
    assert client.act(agent, observation=STATES[0].tolist(), top_k=11)["ranking"] == (
        client.act(agent, observation=STATES[0].tolist(), top_k=11, exact=True)["ranking"]
    )

    # What was laid for less does not go on answering where all is asked for.
    client.put_action_index(agent, 1)
    index = laid(client, agent)
    assert index["state"] in ("ready", "short") and index["recall"] == 1
    is_approximate = client.act(agent, observation=STATES[0].tolist()).get("approximate", False)
    assert is_approximate == (index["state"] == "ready")


def test_what_is_withdrawn_is_not_found_and_what_is_new_is(client, agent):
    client.put_action_index(agent, 0.9)
    laid(client, agent)
    _, best = ranked(client, agent, exact=True)
    gone = sorted({one for ranking in best for one in ranking[:3]})
    client.patch_action_features(agent, withdraw=gone)
    # At once, before it is mended and after.
    for _ in range(20):
        actions = client.act(agent, observations=STATES, tensors=True)["actions"].tolist()
        assert not set(actions) & set(gone)
        time.sleep(0.02)
    assert laid(client, agent)["state"] == "ready"
    new = 7 + COUNT
    client.patch_action_features(agent, [new, new + 1], 8 * rows(2, seed=5))
    # The former one answers until it is mended.
    for _ in range(100):
        reply, some = ranked(client, agent)
        if "approximate" in reply and laid(client, agent)["n"] == COUNT + 2:
            break
        time.sleep(0.1)
    reply, some = ranked(client, agent)
    assert "approximate" in reply and laid(client, agent)["n"] == COUNT + 2
    _, best = ranked(client, agent, exact=True)
    assert any({new, new + 1} & set(ranking) for ranking in best)
    assert any({new, new + 1} & set(ranking) for ranking in some)


def test_an_index_outlives_the_daemon_and_goes_when_it_is_told_to(new_daemon):
    daemon = new_daemon().start()
    client = daemon.client()
    space = gymnasium.spaces.Discrete(3_000)
    agent = client.create_agent(observation_space=SEEN, action_space=space, seed=1, action_features=rows(3_000))["agent_id"]
    client.put_action_index(agent, 0.8)
    daemon.kill()
    client = daemon.start().client()
    assert client.get_agent(agent)["action_index"]["recall"] == 0.8
    assert laid(client, agent)["state"] == "ready"
    assert "approximate" in client.act(agent, observation=STATES[0].tolist())
    assert client.delete_action_index(agent) == {}
    with pytest.raises(lamd.Problem):
        client.get_action_index(agent)
    for _ in range(100):
        if "approximate" not in client.act(agent, observation=STATES[0].tolist()):
            break
        time.sleep(0.05)
    daemon.kill()
    client = daemon.start().client()
    assert client.get_agent(agent)["action_index"] is None
    assert "approximate" not in client.act(agent, observation=STATES[0].tolist())
    assert daemon.stop() == 0


def test_a_daemon_ends_at_once_in_the_middle_of_an_index(new_daemon):
    daemon = new_daemon().start()
    client = daemon.client()
    space = gymnasium.spaces.Discrete(300_000)
    agent = client.create_agent(observation_space=SEEN, action_space=space, seed=1, action_features=rows(300_000))["agent_id"]
    client.put_action_index(agent)
    assert client.act(agent, observation=STATES[0].tolist()).get("approximate") is None
    begun = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("body", [{"recall": 0.3}, {"recall": 1.01}, {"recall": "all"}, {"recal": 0.9}])
def test_a_wrong_wish_is_named(daemon, agent, body):
    sent = {"Content-Type": "application/json"}
    reply = daemon.request("PUT", f"/v1/agents/{agent}/action_index", json.dumps(body), sent)
    assert reply.status == 400 and json.loads(reply.body)["pointer"] == "/" + next(iter(body))


def test_actions_that_are_scored_one_by_one_have_no_index(client):
    agent = client.create_agent("CartPole-v1", seed=1)["agent_id"]
    with pytest.raises(lamd.Problem) as refused:
        client.put_action_index(agent)
    assert refused.value.status == 400 and "4,096" in refused.value.detail
    client.delete_agent(agent)
