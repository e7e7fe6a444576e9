"""The life of an agent over HTTP: made, asked, trained, judged, versioned, rolled back."""

import csv
import io
import json
import time

import gymnasium
import numpy as np
import pytest
from daemon import Daemon

import lamd
from lamd import safetensors

SMALL = {"hidden_sizes": [32, 32]}
OBSERVATION = [0.02, -0.01, 0.03, 0.02]

#: A return that CartPole-v1 cannot reach, so that only the budget ends a job.
NEVER = 501


@pytest.fixture(scope="module")
def trained(daemon):
    """An agent that trained CartPole for a while, and the finished job."""
    client = daemon.client()
    agent = client.create_agent("CartPole-v1", seed=1, hyperparameters=SMALL)["agent_id"]
    evaluate = {"every_steps": 2500, "num_episodes": 20}
    return agent, client.train(agent, steps=10_000, target_return=NEVER, evaluate=evaluate, wait=True)


def refused(call):
    with pytest.raises(lamd.Problem) as caught:
        call()
    return caught.value


def test_the_reply_holds_the_whole_configuration(client):
    agent = client.create_agent("CartPole-v1", seed=7, name="pole", hyperparameters={"learning_rate": 0.0005})
    assert agent["env_id"] == "CartPole-v1" and agent["name"] == "pole" and agent["seed"] == 7
    assert agent["hyperparameters"]["learning_rate"] == 0.0005
    documented = client.openapi()["components"]["schemas"]["Hyperparameters"]["properties"]
    assert agent["hyperparameters"].keys() == documented.keys()
    for name, schema in documented.items():
        if name in ("learning_rate", "bins", "coarse_bins", "hidden_sizes", "train_frequency"):
            continue
        found = agent["hyperparameters"][name]
        for key, part in schema.get("properties", {name: schema}).items():
            if (name, key) != ("exploration", "final"):
                assert (found if key == name else found[key]) == part["default"], (name, key)
    given = [client.create_agent(world)["hyperparameters"] for world in ("CartPole-v1", "Pendulum-v1", "Taxi-v4")]
    assert [one["hidden_sizes"] for one in given] == [[96, 96], [128, 128], [128, 128]]
    assert [one["train_frequency"] for one in given] == [1, 2, 2]
    assert [one["exploration"]["final"] for one in given] == [0.05, 0.05, 0.1]
    assert (agent["policy_version"], agent["steps"], agent["updates"], agent["pending_updates"]) == (0, 0, 0, 0)
    assert agent["last_evaluation"] is None and agent["job_id"] is None
    assert client.get_agent(agent["agent_id"]) == agent
    assert agent in client.list_agents(limit=1000)["items"]
    client.delete_agent(agent["agent_id"])
    assert refused(lambda: client.get_agent(agent["agent_id"])).status == 404


def test_pages(client):
    made = [client.create_agent("FrozenLake-v1")["agent_id"] for _ in range(5)]
    found, cursor = [], None
    while True:
        page = client.list_agents(limit=2, cursor=cursor)
        assert len(page["items"]) <= 2
        found += [agent["agent_id"] for agent in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [agent for agent in found if agent in made] == made
    for agent in made:
        client.delete_agent(agent)


SPACES = [
    ("Discrete", gymnasium.spaces.Discrete(5, start=-2)),
    ("MultiDiscrete", gymnasium.spaces.MultiDiscrete([3, 4])),
    ("many", gymnasium.spaces.MultiDiscrete([10] * 12)),
    ("MultiBinary", gymnasium.spaces.MultiBinary(6)),
    ("Box", gymnasium.spaces.Box(-2, 2, (3,))),
    ("Tuple", gymnasium.spaces.Tuple([gymnasium.spaces.Discrete(3), gymnasium.spaces.Box(-1, 1, (2,))])),
    ("Dict", gymnasium.spaces.Dict(turn=gymnasium.spaces.Box(-1, 1, (1,)), gear=gymnasium.spaces.Discrete(4))),
]


@pytest.mark.parametrize("space", [space for _, space in SPACES], ids=[name for name, _ in SPACES])
def test_actions_of_every_space_are_members(client, space):
    observed = gymnasium.spaces.Dict(x=gymnasium.spaces.Box(-np.inf, np.inf, (3,)), kind=gymnasium.spaces.Discrete(4))
    agent = client.create_agent(observation_space=observed, action_space=space, seed=1)["agent_id"]
    observations = [observed.sample() for _ in range(10)]
    for deterministic in (True, False):
        reply = client.act(agent, observations=observations, deterministic=deterministic)
        for action in reply["actions"]:
            assert lamd.spaces.decode(space, action) in space
    assert client.act(agent, observations[0])["action"] == client.act(agent, observations[0])["action"]
    client.delete_agent(agent)


def test_a_policy_ranks_its_actions(client, trained):
    agent, _ = trained
    reply = client.act(agent, OBSERVATION, top_k=2, include=["values", "probabilities"])
    first, second = reply["ranking"]
    assert first["action"] == reply["action"] and {first["action"], second["action"]} == {0, 1}
    assert first["score"] >= second["score"]
    assert sum(reply["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert reply["probabilities"][first["action"]] == pytest.approx(first["probability"], abs=1e-6)
    assert isinstance(reply["values"], float) and reply["policy_version"] > 0
    several = client.act(agent, observations=[OBSERVATION] * 3, top_k=1, include=["values"])
    assert several["actions"] == [reply["action"]] * 3 and len(several["values"]) == 3
    assert [ranking[0]["action"] for ranking in several["ranking"]] == several["actions"]


def test_a_masked_action_is_never_chosen(client, trained):
    agent, _ = trained
    for allowed in (0, 1):
        mask = [int(allowed == action) for action in (0, 1)]
        for deterministic in (True, False):
            reply = client.act(agent, OBSERVATION, action_mask=mask, deterministic=deterministic)
            assert reply["action"] == allowed
            for listed in ({"allowed": [allowed, allowed]}, {"forbidden": [1 - allowed]}):
                reply = client.act(agent, OBSERVATION, action_mask=listed, deterministic=deterministic)
                assert reply["action"] == allowed
    for masks in ([[True, False], [False, True]], [{"forbidden": [1]}, [0, 1]]):
        assert client.act(agent, observations=[OBSERVATION] * 2, action_mask=masks)["actions"] == [0, 1]


def test_masks_of_many_actions_are_lists(client):
    spaces = {
        "observation_space": {"type": "Box", "dtype": "float32", "shape": [2], "low": -1, "high": 1},
        "action_space": {"type": "Discrete", "n": 300_000, "start": 5, "dtype": "int64"},
    }
    agent = client.create_agent(**spaces, seed=1)["agent_id"]
    few = sorted({5, 300_004, *np.random.default_rng(0).integers(5, 300_005, 20).tolist()})
    for deterministic in (True, False):
        reply = client.act(agent, [0.1, 0.2], action_mask={"allowed": few}, deterministic=deterministic, top_k=50)
        assert reply["action"] in few and sorted(ranked["action"] for ranked in reply["ranking"]) == few
    best = client.act(agent, [0.1, 0.2])["action"]
    ranking = client.act(agent, [0.1, 0.2], top_k=3)["ranking"]
    others = client.act(agent, [0.1, 0.2], action_mask={"forbidden": [best]}, top_k=2)["ranking"]
    assert ranking[0]["action"] == best and [rank["action"] for rank in others] == [rank["action"] for rank in ranking[1:]]
    assert [rank["score"] for rank in ranking] == sorted((rank["score"] for rank in ranking), reverse=True)
    for act, pointer in [
        ({"action_mask": {"allowed": [4]}}, "/action_mask/allowed/0"),
        ({"action_mask": {"allowed": []}}, "/action_mask"),
        ({"action_mask": {"allowed": [5], "forbidden": [6]}}, "/action_mask"),
        ({"action_mask": {"permitted": [5]}}, "/action_mask/permitted"),
        ({"include": ["probabilities"]}, "/include"),
    ]:
        problem = refused(lambda: client.act(agent, [0.1, 0.2], **act))
        assert (problem.status, problem.pointer) == (400, pointer)
    many = {"observations": [[0.1, 0.2]] * 500, "action_mask": [{"allowed": [5]}] * 500}
    assert refused(lambda: client.act(agent, **many)).pointer == "/action_mask"


def test_act_says_the_same_in_tensors(client, trained):
    agent, _ = trained
    observations = np.random.default_rng(1).normal(0, 0.1, (50, 4)).astype(np.float32)
    listed = client.act(agent, observations=observations, include=["values"])
    tensors = client.act(agent, observations=observations, include=["values"], tensors=True)
    assert tensors["actions"].tolist() == listed["actions"]
    np.testing.assert_array_equal(tensors["values"], np.array(listed["values"], tensors["values"].dtype))
    masks = np.tile([False, True], (50, 1))
    assert set(client.act(agent, observations=observations, action_mask=masks, tensors=True)["actions"]) == {1}


def test_training_learns_and_says_so(client, trained):
    agent, job = trained
    assert job["state"] == "succeeded" and job["progress"] == 1 and job["error"] is None
    assert job["request"]["steps"] == 10_000 and job["request"]["env_id"] == "CartPole-v1"
    assert job["result"]["steps"] == job["metrics"]["steps"] == 10_000
    assert job["result"]["evaluation"]["mean_return"] > 100
    assert job["created_at"] <= job["started_at"] <= job["finished_at"]
    described = client.get_agent(agent)
    assert described["steps"] == 10_000 and described["updates"] == job["result"]["updates"] > 1000
    assert described["policy_version"] == job["result"]["policy_version"] > 0
    assert described["job_id"] is None
    assert client.get_job(job["job_id"]) == job
    assert job in client.list_jobs(limit=1000)["items"]
    assert client.cancel_job(job["job_id"]) == job


def test_an_evaluation_is_reproducible(client, trained):
    agent, _ = trained
    first = client.evaluate(agent, num_episodes=30, seed=1000)
    second = client.evaluate(agent, num_episodes=30, seed=1000)
    assert first == second
    assert first["seeds"] == list(range(1000, 1030))
    assert len(first["returns"]) == len(first["lengths"]) == 30
    assert first["mean_return"] == pytest.approx(np.mean(first["returns"]))
    assert first["std_return"] == pytest.approx(np.std(first["returns"]))
    assert (first["min_return"], first["max_return"]) == (min(first["returns"]), max(first["returns"]))
    assert first["mean_return"] > 60 > first["random_return"] > 10
    last = client.get_agent(agent)["last_evaluation"]
    assert last["mean_return"] == first["mean_return"] and last["num_episodes"] == 30


def test_acting_step_by_step_is_what_was_evaluated(client, trained):
    agent, _ = trained
    expected = client.evaluate(agent, num_episodes=3, seed=50)
    instance = client.create_env("CartPole-v1")["instance_id"]
    returns = []
    for seed in expected["seeds"]:
        observation, total, over = client.reset(instance, seed=seed)["observation"], 0.0, False
        while not over:
            reply = client.step(instance, client.act(agent, observation)["action"])
            observation, over = reply["observation"], reply["done"]
            total += reply["reward"]
        returns.append(total)
    assert returns == expected["returns"]
    rolled = [
        client.rollout(instance, agent_id=agent, num_episodes=1, seed=seed)["returns"][0] for seed in expected["seeds"]
    ]
    assert rolled == returns
    client.delete_env(instance)


def test_the_events_of_a_job(client, trained):
    _, job = trained
    events = list(client.stream_job(job["job_id"]))
    numbers = [event.id for event in events]
    assert numbers == sorted(set(numbers))
    kinds = {event.event for event in events}
    assert kinds == {"progress", "episode", "evaluation", "checkpoint", "done"}
    assert events[-1].event == "done" and events[-1].data == job
    steps = [event.data["steps"] for event in events if event.event == "evaluation"]
    assert steps == sorted(steps) and len(steps) >= 4
    shares = [event.data["progress"] for event in events if event.event == "progress"]
    assert shares == sorted(shares) and 0 <= shares[0] and shares[-1] <= 1
    bests = [
        event.data["evaluation"]["mean_return"]
        for event in events
        if event.event == "evaluation" and event.data["best"]
    ]
    assert bests == sorted(bests)
    middle = numbers[len(numbers) // 2]
    assert list(client.stream_job(job["job_id"], last_event_id=middle)) == [
        event for event in events if event.id > middle
    ]
    # How it ended is told also to who has met that number before: a restart may have forgotten events and numbered anew.
    for heard in (numbers[-1], numbers[-1] + 5):
        assert list(client.stream_job(job["job_id"], last_event_id=heard)) == events[-1:]


def test_a_job_of_many_events_keeps_some(client):
    agent = client.create_agent("FrozenLake-v1", seed=1, hyperparameters={"hidden_sizes": [8]})["agent_id"]
    job = client.train(agent, steps=2400, target_return=2, evaluate={"every_steps": 2, "num_episodes": 1})["job_id"]
    told = list(client.stream_job(job))
    assert [event.id for event in told] == list(range(1, len(told) + 1)), "who follows hears of all"
    kept = list(client.stream_job(job))
    assert told[-1] == kept[-1] and kept[-1].event == "done"
    assert [event.id for event in kept] == sorted({event.id for event in kept})
    for kind in ("progress", "evaluation", "checkpoint"):
        before, after = ([event for event in events if event.event == kind] for events in (told, kept))
        assert len(before) >= 1200 and 500 <= len(after) <= 1000
        assert after[0] == before[0] and after[-500:] == before[-500:]
    middle = told[len(told) // 3].id
    assert list(client.stream_job(job, last_event_id=middle)) == [event for event in kept if event.id > middle]
    points = client.get_job_metrics(job)["items"]
    assert len(points) == sum(event.event in ("progress", "episode", "evaluation") for event in kept)


def test_events_come_while_the_job_runs(daemon, client):
    agent = client.create_agent("CartPole-v1", seed=2, hyperparameters=SMALL)["agent_id"]
    job = client.train(agent, seconds=20, target_return=NEVER)
    assert job["state"] in ("queued", "running")
    for event in daemon.client().stream_job(job["job_id"]):
        if event.event == "episode":
            break
    assert client.get_job(job["job_id"])["state"] == "running"
    assert client.get_agent(agent)["job_id"] == job["job_id"]
    assert client.act(agent, OBSERVATION)["action"] in (0, 1)
    busy = refused(lambda: client.train(agent, steps=10))
    assert (busy.status, busy.code) == (409, "agent_busy")
    assert refused(lambda: client.rollback(agent, 0)).code == "agent_busy"
    assert refused(lambda: client.put_policy(agent, client.get_policy(agent))).code == "agent_busy"
    cancelled = client.cancel_job(job["job_id"])
    assert cancelled["state"] == "cancelled" and 0 < cancelled["progress"] < 1
    described = client.get_agent(agent)
    assert described["job_id"] is None and described["steps"] > 0  # What was learned is kept.
    assert list(client.stream_job(job["job_id"]))[-1].data["state"] == "cancelled"
    assert client.train(agent, steps=100, wait=True)["state"] == "succeeded"
    client.delete_agent(agent)


def test_the_learning_curve(client, trained):
    _, job = trained
    points = client.get_job_metrics(job["job_id"])["items"]
    assert {point["kind"] for point in points} == {"progress", "episode", "evaluation"}
    steps = [point["steps"] for point in points]
    assert steps == sorted(steps)
    rows = list(csv.DictReader(io.StringIO(client.get_job_metrics(job["job_id"], format="csv"))))
    columns = list(client.openapi()["components"]["schemas"]["Point"]["properties"])
    assert list(rows[0]) == columns
    assert len(rows) == len(points)
    for row, point in zip(rows, points):
        for column in columns:
            assert (
                row[column] == ""
                if point.get(column) is None
                else row[column] == str(point[column]) or float(row[column]) == pytest.approx(point[column])
            )


def test_a_target_that_is_reached_ends_the_job(client):
    agent = client.create_agent("CartPole-v1", seed=3, hyperparameters=SMALL)["agent_id"]
    job = client.train(agent, target_return=60, steps=50_000, evaluate={"every_steps": 1000}, wait=True)
    assert job["result"]["target_reached"] is True and job["result"]["steps"] < 50_000
    evaluations = [event.data for event in client.stream_job(job["job_id"]) if event.event == "evaluation"]
    assert all(one["evaluation"]["mean_return"] >= 60 for one in evaluations[-2:])
    assert all(one["evaluation"]["num_episodes"] == 100 for one in evaluations)
    client.delete_agent(agent)


def test_a_cap_that_is_hit_is_no_failure(client):
    agent = client.create_agent("CartPole-v1", seed=3, hyperparameters=SMALL)["agent_id"]
    job = client.train(agent, target_return=475, steps=1000, wait=True)
    assert job["state"] == "succeeded"
    assert job["result"]["target_reached"] is False and job["result"]["target_return"] == 475
    client.delete_agent(agent)


@pytest.mark.parametrize(("budget", "counted"), [({"episodes": 7}, 7), ({"updates": 300}, 300), ({"steps": 800}, 800)])
def test_each_budget_is_kept(client, budget, counted):
    agent = client.create_agent("CartPole-v1", seed=3, hyperparameters=SMALL)["agent_id"]
    job = client.train(agent, **budget, wait=True)
    assert job["result"][next(iter(budget))] == counted
    client.delete_agent(agent)


def test_a_budget_of_seconds_is_kept(client):
    agent = client.create_agent("CartPole-v1", seed=3, hyperparameters=SMALL)["agent_id"]
    begin = time.monotonic()
    job = client.train(agent, seconds=1, target_return=NEVER, evaluate={"num_episodes": 5}, wait=True)
    assert 0.9 < job["result"]["seconds"] < 3 and time.monotonic() - begin < 10
    client.delete_agent(agent)


def test_the_same_seed_learns_the_same(client):
    policies = []
    for seed in (5, 5, 6):
        agent = client.create_agent("CartPole-v1", seed=seed, hyperparameters=SMALL)["agent_id"]
        client.train(agent, steps=2000, num_envs=2, wait=True)
        policies.append(safetensors.load(client.get_policy(agent)))
        client.delete_agent(agent)
    first, second, other = policies
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert not all(np.array_equal(first[name], other[name]) for name in first)


def test_versions_and_rollback(client, trained):
    _, _ = trained
    agent = client.create_agent("CartPole-v1", seed=4, hyperparameters=SMALL)["agent_id"]
    for _ in range(2):
        client.train(agent, steps=1500, evaluate={"num_episodes": 10}, wait=True)
    versions = client.list_versions(agent, limit=1000)["items"]
    numbers = [version["version"] for version in versions]
    assert numbers == sorted(numbers, reverse=True) and numbers[-1] == 0 and len(numbers) >= 3
    assert versions[-1]["parents"] == [] and versions[-1]["steps"] == 0
    for version in versions[:-1]:
        assert version["parents"][0]["agent_id"] == agent
        assert version["parents"][0]["version"] < version["version"]
    newest = client.get_agent(agent)["policy_version"]
    before = client.get_policy(agent)
    assert client.rollback(agent, 0)["version"] == 0
    assert client.get_agent(agent)["policy_version"] == 0
    assert client.act(agent, OBSERVATION)["policy_version"] == 0
    assert client.act(agent, OBSERVATION, version=newest)["policy_version"] == newest
    assert client.get_policy(agent) == client.get_policy(agent, version=0) != before
    assert client.get_policy(agent, version=newest) == before
    client.rollback(agent, newest)
    assert client.get_policy(agent) == before
    client.delete_agent(agent)


def test_a_policy_travels_as_a_file(client, trained):
    agent, _ = trained
    content = client.get_policy(agent)
    other = client.create_agent("CartPole-v1", seed=99, hyperparameters=SMALL)["agent_id"]
    assert safetensors.metadata(content)
    version = client.put_policy(other, content)
    assert version["version"] == client.get_agent(other)["policy_version"] == 1
    observations = np.random.default_rng(2).normal(0, 0.1, (100, 4)).astype(np.float32)
    assert (
        client.act(other, observations=observations)["actions"]
        == client.act(agent, observations=observations)["actions"]
    )
    tensors = safetensors.load(content)
    name = max(tensors, key=lambda name: tensors[name].size)
    for spoilt in (np.full_like(tensors[name], np.nan), tensors[name][:-1], tensors[name].astype(np.float64)):
        problem = refused(lambda spoilt=spoilt: client.put_policy(other, safetensors.dump({**tensors, name: spoilt})))
        assert (problem.status, problem.pointer) == (400, "")
    assert client.get_agent(other)["policy_version"] == 1
    client.delete_agent(other)


def test_an_agent_begins_where_another_stands(client, trained):
    agent, _ = trained
    heir = client.create_agent("CartPole-v1", seed=5, hyperparameters=SMALL, init_from=agent)
    assert heir["init_from"] == agent
    observations = np.random.default_rng(3).normal(0, 0.1, (100, 4)).astype(np.float32)
    expected = client.act(agent, observations=observations)["actions"]
    assert client.act(heir["agent_id"], observations=observations)["actions"] == expected
    parents = client.list_versions(heir["agent_id"])["items"][0]["parents"]
    assert parents == [{"agent_id": agent, "version": client.get_agent(agent)["policy_version"]}]
    client.delete_agent(heir["agent_id"])


def wait_until_learned(client, agent):
    """Waits until no update is pending and the last ones are published."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        described = client.get_agent(agent)
        published = client.list_versions(agent, limit=1)["items"][0]["updates"]
        if described["pending_updates"] == 0 and published == described["updates"]:
            break
        time.sleep(0.05)
    return described


def test_an_environment_in_the_client_teaches_the_agent(client):
    """One step, the action pays: learned from transitions alone."""
    spaces = {"observation_space": gymnasium.spaces.Discrete(2), "action_space": gymnasium.spaces.Discrete(2)}
    hyperparameters = {**SMALL, "learning_starts": 100, "batch_size": 32, "train_frequency": 1, "discount": 0.5}
    agent = client.create_agent(**spaces, seed=1, hyperparameters=hyperparameters)["agent_id"]
    rng = np.random.default_rng(1)
    transitions = []
    for _ in range(1500):
        state, action = (int(x) for x in rng.integers(2, size=2))
        right = float(action == state)
        transitions.append(
            {"observation": state, "action": action, "reward": right, "next_observation": state, "terminated": True}
        )
    reply = client.observe(agent, transitions[:1000])
    assert reply["observed"] == reply["episodes"] == reply["steps"] == 1000
    reply = client.observe(agent, transitions[1000:1100], learn=False)
    assert reply["steps"] == 1100
    tail = transitions[1100:]
    named = {
        "observation": np.array([one["observation"] for one in tail]),
        "action": np.array([one["action"] for one in tail]),
        "reward": np.array([one["reward"] for one in tail]),
        "next_observation": np.array([one["next_observation"] for one in tail]),
        "terminated": np.ones(len(tail), bool),
        "truncated": np.zeros(len(tail), bool),
    }
    assert client.observe(agent, named)["observed"] == len(tail)
    learned = wait_until_learned(client, agent)
    assert learned["steps"] == 1500 and learned["episodes"] == 1500 and 900 <= learned["updates"] <= 1500
    assert client.act(agent, observations=[0, 1])["actions"] == [0, 1]
    client.delete_agent(agent)


def test_a_deleted_agent_takes_its_job_along(client):
    agent = client.create_agent("CartPole-v1", seed=1)["agent_id"]
    client.train(agent, seconds=60, target_return=NEVER)
    begin = time.monotonic()
    client.delete_agent(agent)
    assert time.monotonic() - begin < 10
    assert refused(lambda: client.act(agent, OBSERVATION)).status == 404


def test_curl_can_follow(daemon, client, trained):
    _, job = trained
    response = daemon.request("GET", f"/v1/jobs/{job['job_id']}/events", headers={"Last-Event-ID": "0"})
    assert response.headers.get_content_type() == "text/event-stream"
    lines = response.body.decode().splitlines()
    assert lines[0].startswith(("id: ", ":")) and any(line == "event: done" for line in lines)
    assert json.loads([line for line in lines if line.startswith("data: ")][-1][6:])["state"] == "succeeded"


def test_integers_of_64_bits_are_acted_with(client):
    """Up to both ends: as a double the upper one is none of them."""
    low, high = -(2**63), 2**63 - 1
    space = {"type": "Box", "dtype": "int64", "shape": [1], "low": [low], "high": [high]}
    made = client.create_agent(observation_space={"type": "Discrete", "n": 2}, action_space=space, hyperparameters={"bins": 2})
    seen = [client.act(made["agent_id"], 0, deterministic=False)["action"][0] for _ in range(40)]
    assert min(seen) == low and max(seen) == high and all(low <= number <= high for number in seen)
    client.delete_agent(made["agent_id"])


def test_agents_share_a_bounded_memory(tmp_path):
    """Networks that would take more are refused, and so is a table that grows; who deletes makes room."""
    daemon = Daemon(tmp_path / "lamd", "--agent-memory", "1MiB").start()
    client = daemon.client()
    wide = {"hidden_sizes": [256, 256]}  # 0.25 MiB each
    agents = [client.create_agent("CartPole-v1", hyperparameters=wide)["agent_id"] for _ in range(3)]
    problem = refused(lambda: client.create_agent("CartPole-v1", hyperparameters=wide))
    assert problem.status == 429 and "1048576; delete some, or raise --agent-memory" in problem.detail
    spaces = {"observation_space": {"type": "Discrete", "n": 3}, "action_space": {"type": "Discrete", "n": 1000}}
    small = client.create_agent(**spaces, hyperparameters={"hidden_sizes": [8]})["agent_id"]
    rows = np.zeros((1000, 64), "f4")  # 0.24 MiB
    assert refused(lambda: client.put_action_features(small, rows)).status == 429
    client.delete_agent(agents[0])
    client.put_action_features(small, rows)
    assert daemon.stop() == 0
