"""Guards over HTTP: what they say, what they let through, and that nothing else is served, whatever is asked."""

from __future__ import annotations

import lamd
import numpy as np
import pytest

ROWS = 50_000
BATCHES = 20


def observations(rows, seed):
    return np.random.default_rng(seed).uniform(-10, 10, (rows, 4)).astype(np.float32)


def change(action, last):
    """How far one is from the other: JSON tells a float32 in its shortest form, which is another number as a float64."""
    return np.abs(np.float64(np.float32(action)) - np.float64(np.float32(last))).max()


def refusal(call, *arguments, **keywords):
    with pytest.raises(lamd.Problem) as caught:
        call(*arguments, **keywords)
    return caught.value


def test_a_guard_is_put_shown_and_taken_away(client, actor):
    agent = actor()
    assert not client.get_agent(agent)["guarded"]
    assert refusal(client.get_guard, agent).status == 404
    said = client.put_guard(agent, bounds={"low": -1, "high": [1, None]}, max_change=0.5)
    assert said == client.get_guard(agent)
    assert said["bounds"] == {"low": [-1, -1], "high": [1, 2]} and said["max_change"] == [0.5, 0.5]
    assert said["mode"] == "enforce" and said["audit"] is True and said["fallback"] is None
    assert client.get_agent(agent)["guarded"] and client.list_agents(limit=1000)["items"][-1]["guarded"]
    # The whole is replaced.
    assert client.put_guard(agent, bounds={"low": -1.5})["max_change"] is None
    client.delete_guard(agent)
    assert refusal(client.get_guard, agent).status == 404
    client.delete_guard(agent)


@pytest.mark.parametrize(
    "guard, pointer",
    [
        ({}, ""),
        ({"bounds": {"high": 3}}, "/bounds/high"),
        ({"bounds": {"low": [0, "x"]}}, "/bounds/low/1"),
        ({"deny": [1]}, "/deny"),
        ({"confidence_floor": 0.5}, "/confidence_floor"),
        ({"bounds": {"high": 1}, "fallback": [0, 1.5]}, "/fallback"),
        ({"bounds": {"high": 1}, "fallback": [0]}, "/fallback"),
        ({"mode": "shadow"}, "/fallback"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_place(client, actor, guard, pointer):
    problem = refusal(client.put_guard, actor(), **guard)
    assert (problem.status, problem.pointer) == (400, pointer)


def test_a_million_observations_bring_no_action_outside_the_bounds(client, actor):
    agent = actor()
    low, high = np.array([-0.3, -1.1]), np.array([0.7, 0.1])
    client.put_guard(agent, bounds={"low": low.tolist(), "high": high.tolist()})
    outcomes = np.zeros(4, int)
    for batch in range(BATCHES):
        reply = client.act(agent, observations=observations(ROWS, batch), deterministic=batch % 2 == 0, tensors=True)
        actions = reply["actions"].astype(np.float64)
        assert actions.shape == (ROWS, 2)
        assert (actions >= low).all() and (actions <= high).all()
        outcomes += np.bincount(reply["guard_outcome"], minlength=4)
    assert outcomes.sum() == 1_000_000 and outcomes[1] > 0 and outcomes[2:].sum() == 0


def test_a_million_observations_bring_no_action_that_is_not_allowed(client, actor):
    agent = actor(discrete=True)
    free = client.act(agent, observations=observations(ROWS, 0), deterministic=False, tensors=True)["actions"]
    assert set(free) == {0, 1, 2, 3, 4}
    client.put_guard(agent, allow=[0, 2, 3], deny=[3])
    for batch in range(BATCHES):
        reply = client.act(agent, observations=observations(ROWS, batch), deterministic=batch % 2 == 0, tensors=True)
        assert set(reply["actions"]) <= {0, 2} and (reply["guard_outcome"] == 0).all()


def test_with_lists_the_best_allowed_action_is_chosen(client, actor):
    agent = actor(discrete=True)
    for observation in observations(50, 1).tolist():
        ranked = [one["action"] for one in client.act(agent, observation, top_k=5)["ranking"]]
        client.put_guard(agent, deny=ranked[:1])
        reply = client.act(agent, observation)
        assert reply["action"] == ranked[1] and reply["guard"] == {"outcome": "allowed", "rules": []}
        client.delete_guard(agent)


def test_a_mask_and_a_list_that_leave_nothing_bring_the_fallback(client, actor):
    agent = actor(discrete=True)
    client.put_guard(agent, allow=[0, 1])
    mask = {"allowed": [3, 4]}
    problem = refusal(client.act, agent, [0, 0, 0, 0], action_mask=mask)
    assert problem.status == 409 and problem.code == "guard_refused" and "row 0: allow" in problem.detail
    client.put_guard(agent, allow=[0, 1], fallback=1)
    reply = client.act(agent, [0, 0, 0, 0], action_mask=mask)
    assert reply["action"] == 1 and reply["guard"] == {"outcome": "fallback", "rules": ["allow"]}
    assert refusal(client.act, agent, [0, 0, 0, 0], action_mask={"allowed": []}).pointer == "/action_mask"


def test_changes_are_limited_within_an_episode(client, actor):
    agent = actor()
    client.put_guard(agent, max_change=0.25)
    problem = refusal(client.act, agent, observations=observations(2, 0).tolist())
    assert (problem.status, problem.pointer) == (400, "/episode_ids")
    last = {}
    for step in range(200):
        episode = str(step % 3)
        reply = client.act(agent, observations(1, step)[0].tolist(), episode_id=episode, deterministic=False)
        if episode in last:
            assert change(reply["action"], last[episode]) <= 0.25
        last[episode] = reply["action"]
    ids = np.arange(400) % 4 + 100
    actions = client.act(agent, observations=observations(400, 0), episode_ids=ids, tensors=True)["actions"]
    for episode in range(4):
        rows = actions[episode::4].astype(np.float64)
        assert np.abs(np.diff(rows, axis=0)).max() <= 0.25
    said = client.act(agent, observations=observations(2, 0).tolist(), episode_ids=["0", "1"])
    assert change(said["actions"][0], last["0"]) <= 0.25 and len(said["guard"]) == 2


def test_bounds_count_more_than_what_was_served_before(client, actor):
    agent = actor()
    client.put_guard(agent, max_change=0)
    client.act(agent, [1, 1, 1, 1])
    client.put_guard(agent, max_change=0, bounds={"low": 1.5})
    assert min(client.act(agent, [1, 1, 1, 1])["action"]) >= 1.5


def test_a_budget_brings_the_fallback_or_a_refusal(client, actor):
    agent = actor(discrete=True)
    client.put_guard(agent, budget={"limit": 10, "window_s": 3600}, fallback=4)
    reply = client.act(agent, observations=observations(13, 0).tolist())
    assert [report["outcome"] for report in reply["guard"]] == ["allowed"] * 10 + ["fallback"] * 3
    assert reply["actions"][10:] == [4, 4, 4] and reply["guard"][12]["rules"] == ["budget"]
    # What was spent is spent under another limit too.
    client.put_guard(agent, budget={"limit": 11, "window_s": 3600})
    client.act(agent, [0, 0, 0, 0])
    problem = refusal(client.act, agent, [0, 0, 0, 0])
    assert problem.code == "guard_refused" and "budget" in problem.detail


def test_little_confidence_brings_the_fallback(client, actor):
    agent = actor(discrete=True)
    rows = observations(200, 5).tolist()
    reply = client.act(agent, observations=rows, deterministic=False, include=["probabilities"])
    client.put_guard(agent, confidence_floor=0.99, fallback=2)
    for row in rows[:20]:
        reply = client.act(agent, row, deterministic=False, include=["probabilities"])
        sure = max(reply["probabilities"]) >= 0.99
        assert reply["guard"]["outcome"] == ("allowed" if sure else "fallback")
        assert sure or reply["action"] == 2


def test_in_shadow_mode_the_fallback_is_served(client, actor):
    agent = actor(discrete=True)
    client.put_guard(agent, mode="shadow", fallback=1)
    reply = client.act(agent, observations=observations(1000, 0), tensors=True)
    assert set(reply["actions"]) == {1} and set(reply["guard_outcome"]) == {3}
    assert client.act(agent, [0, 0, 0, 0])["guard"] == {"outcome": "shadow", "rules": []}


def test_older_versions_obey_too(client, actor):
    agent = actor()
    client.put_policy(agent, client.get_policy(agent))
    client.put_guard(agent, bounds={"high": -1})
    for version in (0, 1):
        reply = client.act(agent, observations=observations(100, 0).tolist(), version=version)
        assert np.max(reply["actions"]) <= -1 and reply["policy_version"] == version


def test_replies_of_unguarded_agents_are_as_they_were(client, actor):
    agent = actor(discrete=True)
    before = client.act(agent, [0, 0, 0, 0])
    assert set(before) == {"action", "policy_version"}
    assert client.act(agent, [0, 0, 0, 0], episode_id="x") == before


def test_a_guard_survives_any_end(new_daemon):
    daemon = new_daemon().start()
    client = daemon.client()
    agent = client.create_agent("CartPole-v1", hyperparameters={"hidden_sizes": [8]})["agent_id"]
    said = client.put_guard(agent, allow=[1], budget={"limit": 5, "window_s": 60})
    daemon.kill()
    client = daemon.start().client()
    assert client.get_guard(agent) == said
    assert client.act(agent, [0, 0, 0, 0])["action"] == 1
    assert daemon.stop() == 0


def test_metrics_count_outcomes(new_daemon):
    daemon = new_daemon().start()
    client = daemon.client()
    agent = client.create_agent("CartPole-v1", hyperparameters={"hidden_sizes": [8]})["agent_id"]
    client.put_guard(agent, budget={"limit": 2, "window_s": 3600}, fallback=0)
    client.act(agent, observations=[[0, 0, 0, 0]] * 5)
    said = client.metrics()
    assert 'lamd_guarded_actions_total{outcome="allowed"} 2' in said
    assert 'lamd_guarded_actions_total{outcome="fallback"} 3' in said
    assert said.count("# TYPE lamd_guarded_actions_total counter") == 1
    assert daemon.stop() == 0
