"""Malformed requests get the right 4xx problem with a pointer, and change nothing."""

import json
import re

import pytest
from bad_requests import AGENTS, ENVIRONMENTS, NONE
from daemon import Daemon


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    running = Daemon(tmp_path_factory.mktemp("bad") / "lamd").start()
    yield running
    assert running.stop() == 0


def make(client, env_id, seed=1, **fields):
    instance_id = client.create_env(env_id, seed=seed, **fields)["instance_id"]
    client.reset(instance_id)
    return instance_id


@pytest.fixture(scope="module")
def names(target):
    client = target.client()
    made = {
        "c": make(client, "CartPole-v1"),
        "new": client.create_env("CartPole-v1")["instance_id"],
        "over": make(client, "CartPole-v1", max_episode_steps=1),
        "v": make(client, "CartPole-v1", num_envs=2),
        "d": make(client, "CartPole-v1", num_envs=2, autoreset_mode="disabled"),
        "p": make(client, "Pendulum-v1"),
        "f": make(client, "FrozenLake-v1"),
    }
    client.step(made["over"], 1)
    own = client.snapshot(made["c"])["snapshot"]
    middle = len(own) // 2
    damaged = own[:middle] + ("A" if own[middle] != "A" else "B") + own[middle + 1 :]
    return {**made, "pendulum": client.snapshot(made["p"])["snapshot"], "damaged": damaged}


@pytest.fixture(scope="module")
def agent_names(target, names):
    client = target.client()
    agent = client.create_agent("CartPole-v1", seed=1, hyperparameters={"hidden_sizes": [16]})["agent_id"]
    job = client.train(agent, steps=200, wait=True)["job_id"]
    shown = [
        client.create_demonstrations(env_id=env_id, expert="scripted", num_episodes=2, seed=1)["demonstration_id"]
        for env_id in ("CartPole-v1", "Pendulum-v1")
    ]
    spaces = {key: client.get_agent(agent)[key] for key in ("observation_space", "action_space")}
    spacious = client.create_agent(**spaces, seed=1)["agent_id"]
    taxi = client.create_agent("Taxi-v4", seed=1, hyperparameters={"labels": {"round": 5}})["agent_id"]
    asking = client.train(taxi, expert="client")["job_id"]
    next(event for event in client.stream_job(asking) if event.event == "labels")
    return {**names, "a": agent, "j": job, "d": shown[0], "o": shown[1], "s": spacious, "t": taxi}


def filled(text, names):
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def state(client, names):
    """Everything that a request could have changed, but for when an instance was looked at last."""
    instances = {}
    for instance_id in client.list_envs()["envs"]:
        instance = client.get_env(instance_id)
        del instance["last_used_at"], instance["expires_at"]
        instances[instance_id] = instance, client.snapshot(instance_id)["snapshot"]
    if "a" not in names:
        return instances
    policies = [client.get_policy(names["a"]), client.list_versions(names["a"])]
    labels = client.get_labels(names["t"])
    return instances, client.list_agents(), client.list_jobs(), client.list_demonstrations(), labels, policies


def attempt(target, names, method, path, body, status, pointer, headers=None):
    client = target.client()
    before = state(client, names)
    if isinstance(body, str):
        body = filled(body, names)
    given = {"Content-Type": "application/json"} if body is not None else {}
    response = target.request(method, filled(path, names), body, {**given, **(headers or {})})
    assert response.status == status, response.body
    assert response.headers.get_content_type() == "application/problem+json"
    problem = json.loads(response.body)
    assert problem["status"] == status and problem["type"].startswith("urn:lamd:problem:")
    assert problem["title"] and problem["detail"] and problem["detail"] == problem["message"]
    assert problem.get("pointer", NONE) == pointer, problem
    assert ("Allow" in response.headers) == (status == 405)
    assert state(client, names) == before
    client.close()


@pytest.mark.parametrize("row", ENVIRONMENTS, ids=[row[0] for row in ENVIRONMENTS])
def test_the_environment_routes_refuse(target, names, row):
    attempt(target, names, *row[1:])


@pytest.mark.parametrize("row", AGENTS, ids=[row[0] for row in AGENTS])
def test_the_agent_routes_refuse(target, agent_names, row):
    attempt(target, agent_names, *row[1:])


def test_there_are_enough_of_them():
    assert len(ENVIRONMENTS) + len(AGENTS) >= 60
    assert len({row[0] for row in ENVIRONMENTS}) == len(ENVIRONMENTS)


def test_the_trajectory_goes_on_as_if_nothing_had_been_asked(target, names):
    client = target.client()
    twin = make(client, "CartPole-v1")
    for action in (1, 0, 1, 1):
        assert client.step(names["c"], action) == client.step(twin, action)
    client.delete_env(twin)


def test_no_operation_takes_a_parameter_that_it_does_not_name(target):
    contract = target.client().openapi()
    shared = contract["components"]["parameters"]
    asked = 0
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            if method == "parameters" or not path.startswith("/v1/"):
                continue
            response = target.request(method.upper(), re.sub("{[^}]*}", "1", path) + "?nonsense=1&limit=1", "{}")
            problem = json.loads(response.body)
            assert (response.status, problem["pointer"]) == (400, "?nonsense"), operation["operationId"]
            assert problem["type"] == "urn:lamd:problem:unknown_field"
            known = [
                shared[each["$ref"].split("/")[-1]] if "$ref" in each else each
                for each in operation.get("parameters", [])
            ]
            for each in known:
                assert each["in"] != "query" or each["name"] in problem["detail"], operation["operationId"]
            asked += 1
    assert asked > 70
    assert target.request("GET", "/livez?nonsense=1").status == 200
