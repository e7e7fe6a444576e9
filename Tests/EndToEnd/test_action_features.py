"""What is known of an agent's actions: given, read back, changed while the agent serves, kept through a crash."""

import json
import threading
import time

import gymnasium
import numpy as np
import pytest

import lamd
from lamd import safetensors

SEEN = gymnasium.spaces.Box(-1, 1, (3,))
SMALL = {"hidden_sizes": [16]}
TENSORS = {"Content-Type": safetensors.MEDIA_TYPE}


def rows(count, width=4, seed=0):
    return np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)


def make(client, features, start=0, **fields):
    space = gymnasium.spaces.Discrete(len(features), start=start)
    agent = client.create_agent(
        observation_space=SEEN, action_space=space, seed=1, hyperparameters=SMALL, action_features=features, **fields
    )
    return agent["agent_id"]


def table(client, agent):
    """The rows and the withdrawn ids' places, as they are read back."""
    columns = client.get_action_features(agent, tensors=True)
    assert columns.keys() == {"action_features", "withdrawn"}
    assert columns["action_features"].dtype == np.float32 and columns["withdrawn"].dtype == bool
    return columns["action_features"], np.flatnonzero(columns["withdrawn"]).tolist()


def refused(call):
    with pytest.raises(lamd.Problem) as caught:
        call()
    return caught.value


def chosen(client, agent, count=64, **fields):
    """What the agent does in many states, at random where it explores."""
    states = np.random.default_rng(3).uniform(-1, 1, (count, 3)).astype(np.float32)
    return client.act(agent, observations=states, tensors=True, **fields)["actions"]


@pytest.mark.parametrize(
    "features", [rows(40), rows(40).astype(np.float64), rows(40).tolist()], ids=["float32", "float64", "json"]
)
def test_rows_come_back_bit_for_bit(client, features):
    agent = make(client, features)
    kept, withdrawn = table(client, agent)
    assert kept.tobytes() == rows(40).tobytes() and withdrawn == []
    described = {"n": 40, "f": 4, "withdrawn": 0, "version": 1, "source": "client"}
    assert client.get_action_features(agent) == described == client.get_agent(agent)["action_features"]
    client.delete_agent(agent)


def test_a_large_table_from_the_start(client):
    features = rows(200_000, 8)
    agent = make(client, features)
    assert np.array_equal(table(client, agent)[0], features)
    actions = chosen(client, agent, deterministic=False)
    assert len(set(actions.tolist())) > 1 and 0 <= actions.min() and actions.max() < 200_000
    answer = client.patch_action_features(agent, [17, 200_000], rows(2, 8, seed=1), withdraw=[3])
    assert answer == {"n": 200_001, "f": 8, "withdrawn": 1, "version": 2, "source": "client"}
    kept, withdrawn = table(client, agent)
    assert np.array_equal(kept[[17, 200_000]], rows(2, 8, seed=1)) and withdrawn == [3]
    client.delete_agent(agent)


def test_curl_says_the_rest_in_the_query(daemon, client):
    body = safetensors.dump({"action_features": rows(2)})
    reply = daemon.request("POST", "/v1/agents/?env_id=CartPole-v1&name=a+b&seed=3&kwargs=%7B%7D", body, TENSORS)
    agent = json.loads(reply.body)
    assert reply.status == 201 and (agent["name"], agent["seed"], agent["env_id"]) == ("a b", 3, "CartPole-v1")
    assert agent["action_features"]["n"] == 2
    client.delete_agent(agent["agent_id"])


def test_a_file_that_was_read_can_be_given_to_another_agent(daemon, client):
    agent, other = make(client, rows(6)), make(client, rows(6, seed=5))
    client.patch_action_features(agent, withdraw=[1, 4])
    path = f"/v1/agents/{agent}/action_features"
    file = daemon.request("GET", path, headers={"Accept": safetensors.MEDIA_TYPE})
    assert file.headers["Content-Type"] == safetensors.MEDIA_TYPE
    assert daemon.request("PUT", f"/v1/agents/{other}/action_features", file.body, TENSORS).status == 200
    assert table(client, other)[1] == [1, 4] and np.array_equal(table(client, other)[0], rows(6))
    client.put_action_features(other, rows(6).tolist(), withdrawn=[False] * 5 + [True])
    assert table(client, other)[1] == [5]
    client.put_action_features(other, rows(6), withdrawn=[True] + [False] * 5)
    assert table(client, other)[1] == [0]
    for one in (agent, other):
        client.delete_agent(one)


def test_actions_come_and_go_by_their_ids(client):
    agent = make(client, rows(5), start=10)
    answer = client.patch_action_features(agent, [11, 15, 16], rows(3, seed=1).tolist(), withdraw=[10, 14])
    assert answer == {"n": 7, "f": 4, "withdrawn": 2, "version": 2, "source": "client"}
    kept, withdrawn = table(client, agent)
    assert np.array_equal(kept, np.concatenate([rows(5)[:1], rows(3, seed=1)[:1], rows(5)[2:], rows(3, seed=1)[1:]]))
    assert withdrawn == [0, 4]
    assert client.get_agent(agent)["action_space"] == {"type": "Discrete", "dtype": "int64", "start": 10, "n": 7}
    seen = set(chosen(client, agent, 2000, deterministic=False).tolist())
    assert seen == {11, 12, 13, 15, 16}
    assert client.act(agent, [0, 0, 0], top_k=100)["ranking"][-1]["action"] in seen
    # A new action is one that can be observed; one that is given a row again is back.
    client.patch_action_features(agent, [14], rows(1, seed=2))
    assert table(client, agent)[1] == [0]
    step = {"observation": [0, 0, 0], "reward": 1.0, "next_observation": [0, 0, 0], "terminated": True}
    assert client.observe(agent, [{**step, "action": 16}])["observed"] == 1
    problem = refused(lambda: client.observe(agent, [{**step, "action": 17}]))
    assert (problem.status, problem.pointer) == (400, "/transitions/0/action")
    client.patch_action_features(agent, [17], rows(1, seed=3))
    assert client.observe(agent, [{**step, "action": 17}])["steps"] == 2
    client.delete_agent(agent)


def test_the_latest_row_is_what_counts(client):
    """Two actions with one row are worth the same; with another row one of them is worth something else."""
    features = rows(8)
    features[5] = features[2]
    agent = make(client, features)

    def scores():
        ranking = client.act(agent, [0.3, -0.2, 0.9], top_k=8)["ranking"]
        return {ranked["action"]: ranked["score"] for ranked in ranking}

    before = scores()
    assert before[5] == before[2] and len(set(before.values())) == 7
    client.patch_action_features(agent, [5], features[3:4])
    assert scores()[5] == pytest.approx(scores()[3], rel=1e-6) and scores()[5] != scores()[2]
    client.put_action_features(agent, features)
    assert scores() == before
    client.delete_agent(agent)


def test_a_killed_daemon_has_lost_nothing_that_it_acknowledged(new_daemon):
    daemon = new_daemon().start()
    client = daemon.client()
    agent = make(client, rows(50), start=3)
    spaces = {"observation_space": SEEN, "action_space": gymnasium.spaces.Discrete(50)}
    late = client.create_agent(**spaces, seed=1, hyperparameters=SMALL)["agent_id"]
    for number in range(10):
        client.patch_action_features(agent, [53 + number], rows(1, seed=number), withdraw=[3 + number])
    client.put_action_features(late, rows(50))
    expected = client.get_agent(agent), client.get_agent(late)
    tables = [client.get_action_features(one, tensors=True) for one in (agent, late)]
    does = [chosen(client, one).tolist() for one in (agent, late)]
    assert expected[0]["action_features"] == {"n": 60, "f": 4, "withdrawn": 10, "version": 11, "source": "client"}
    daemon.kill()
    client = daemon.start().client()
    assert (client.get_agent(agent), client.get_agent(late)) == expected
    for one, columns, actions in zip((agent, late), tables, does):
        again = client.get_action_features(one, tensors=True)
        assert all(np.array_equal(again[name], columns[name]) for name in columns)
        assert chosen(client, one).tolist() == actions
    client.delete_agent(agent)
    assert not (daemon.state / "agents" / agent).exists()
    assert daemon.stop() == 0


def test_policies_outlive_a_change_of_the_catalogue(client):
    """A version is of the network; what the actions are is the agent's, whichever version it serves."""
    agent = make(client, rows(30))
    learned(client, agent, 30)
    client.patch_action_features(agent, range(30, 40), rows(10, seed=1), withdraw=range(10))
    served = chosen(client, agent).tolist()
    assert set(served) <= set(range(10, 40))
    policy = client.get_policy(agent)
    client.rollback(agent, 0)
    assert set(chosen(client, agent, 500, deterministic=False).tolist()) <= set(range(10, 40))
    client.put_policy(agent, policy)
    assert chosen(client, agent).tolist() == served
    client.delete_agent(agent)


def learned(client, agent, n):
    """Has the agent observe until it has published what it learned."""
    random = np.random.default_rng(0)
    count = 600
    columns = {
        "observation": random.uniform(-1, 1, (count, 3)).astype(np.float32),
        "action": random.integers(0, n, count),
        "reward": random.standard_normal(count),
        "next_observation": random.uniform(-1, 1, (count, 3)).astype(np.float32),
        "terminated": np.ones(count, bool),
        "truncated": np.zeros(count, bool),
    }
    before = client.get_agent(agent)["policy_version"]
    client.observe(agent, columns)
    # Versions are published every two seconds.
    for _ in range(600):
        if client.get_agent(agent)["policy_version"] > before:
            return
        time.sleep(0.1)
    raise AssertionError("nothing was published")


def test_a_child_knows_what_its_parent_knows(client):
    parent = make(client, rows(20))
    client.patch_action_features(parent, withdraw=[7])
    spaces = {"observation_space": SEEN, "action_space": gymnasium.spaces.Discrete(20), "hyperparameters": SMALL}
    child = client.create_agent(**spaces, init_from=parent)
    assert child["action_features"] == {"n": 20, "f": 4, "withdrawn": 1, "version": 1, "source": "client"}
    assert chosen(client, child["agent_id"]).tolist() == chosen(client, parent).tolist()
    more = {**spaces, "action_space": gymnasium.spaces.Discrete(25)}
    other = client.create_agent(**more, init_from=parent, action_features=np.concatenate([rows(20), rows(5, seed=1)]))
    assert other["action_features"]["n"] == 25
    problem = refused(lambda: client.create_agent(**spaces, init_from=parent, action_features=rows(20, 5)))
    assert (problem.status, problem.pointer) == (400, "/init_from")
    problem = refused(lambda: client.create_agent(**more, init_from=parent))
    assert (problem.status, problem.pointer) == (400, "/action_features")
    for one in (parent, child["agent_id"], other["agent_id"]):
        client.delete_agent(one)


def test_the_first_table_of_an_agent_that_has_not_learned(client):
    spaces = {"observation_space": SEEN, "action_space": gymnasium.spaces.Discrete(6), "hyperparameters": SMALL}
    agent = client.create_agent(**spaces, seed=1)["agent_id"]
    for call in (client.get_action_features, lambda agent: client.patch_action_features(agent, withdraw=[0])):
        problem = refused(lambda: call(agent))
        assert (problem.status, problem.code) == (404, "not_found") and "no action features" in problem.detail
    assert client.get_agent(agent)["action_features"] is None
    assert client.put_action_features(agent, rows(6))["version"] == 1
    # It is as if it had been made with them.
    assert chosen(client, agent).tolist() == chosen(client, make(client, rows(6))).tolist()
    step = {"observation": [0, 0, 0], "action": 1, "reward": 1.0, "next_observation": [0, 0, 0], "terminated": True}
    client.observe(agent, [step])
    assert client.put_action_features(agent, rows(6, seed=1))["version"] == 2
    late = client.create_agent(**spaces)["agent_id"]
    client.observe(late, [step])
    problem = refused(lambda: client.put_action_features(late, rows(6)))
    assert (problem.status, problem.code) == (409, "has_learned")
    for one in (agent, late):
        client.delete_agent(one)


def test_the_actions_of_a_world_are_its_own(client):
    told = {"hyperparameters": SMALL, "action_features": [[0.0], [1.0]]}
    agent = client.create_agent("CartPole-v1", seed=1, **told)["agent_id"]
    problem = refused(lambda: client.patch_action_features(agent, [2], [[0.5]]))
    assert (problem.status, problem.pointer) == (400, "/action_features") and "made for spaces" in problem.detail
    problem = refused(lambda: client.put_action_features(agent, [[0.0], [0.5], [1.0]]))
    assert (problem.status, problem.pointer) == (400, "/action_features")
    assert client.patch_action_features(agent, [1], [[0.5]], withdraw=[0])["withdrawn"] == 1
    # A job acts in the world without the withdrawn action, and goes on with other rows when it is given some.
    job = client.train(agent, steps=3000, target_return=501)["job_id"]
    assert client.put_action_features(agent, [[1.0], [-1.0]])["version"] == 3
    problem = refused(lambda: client.put_action_features(agent, [[1.0], [-1.0], [0.0]]))
    assert problem.status == 400
    done = [event for event in client.stream_job(job) if event.event == "done"][0].data
    assert done["state"] == "succeeded" and done["result"]["updates"] > 0
    client.delete_agent(agent)


def test_no_action_is_added_under_a_job(client):
    space = client.get_environment("CartPole-v1")["observation_space"]
    agent = client.create_agent(
        observation_space=space, action_space={"type": "Discrete", "n": 2}, action_features=[[0.0], [1.0]]
    )["agent_id"]
    job = client.train(agent, env_id="CartPole-v1", steps=10_000_000, target_return=501)["job_id"]
    problem = refused(lambda: client.patch_action_features(agent, [2], [[0.5]]))
    assert (problem.status, problem.code) == (409, "agent_busy") and job in problem.detail
    assert client.patch_action_features(agent, [1], [[0.5]])["version"] == 2
    client.cancel_job(job)
    assert client.patch_action_features(agent, [2], [[0.5]])["n"] == 3
    client.delete_agent(agent)


def test_agents_answer_while_their_catalogue_changes(client, daemon):
    """Every answer is of a table that was there: never of half a change."""
    agent = make(client, rows(64))
    stop = threading.Event()
    problems: list[str] = []

    def ask():
        own = daemon.client()
        try:
            while not stop.is_set():
                # 64 … 95 are offered all at once or not at all.
                for ranking in own.act(agent, observations=np.zeros((4, 3)).tolist(), top_k=1000)["ranking"]:
                    ids = {ranked["action"] for ranked in ranking}
                    if len(ids & set(range(64, 96))) not in (0, 32) or not set(range(1, 64)) <= ids:
                        problems.append(f"offered {sorted(ids)}")
        except lamd.Problem as problem:
            problems.append(str(problem))
        finally:
            own.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(20):
        client.patch_action_features(agent, range(64, 96), rows(32, seed=number))
        client.patch_action_features(agent, [0], rows(1, seed=number), withdraw=range(64, 96))
    changes = [threading.Thread(target=bring_back, args=(daemon, agent, id)) for id in range(64, 96)]
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    # Changes that come together are done one after the other, and none is lost.
    for thread in changes:
        thread.start()
    for thread in changes:
        thread.join()
    assert client.get_action_features(agent) == {"n": 96, "f": 4, "withdrawn": 0, "version": 73, "source": "client"}
    kept, _ = table(client, agent)
    assert all(np.array_equal(kept[id], rows(1, seed=id)[0]) for id in range(64, 96))
    client.delete_agent(agent)


def bring_back(daemon, agent, id):
    own = daemon.client()
    own.patch_action_features(agent, [id], rows(1, seed=id))
    own.close()


NAN = rows(5)
NAN[3, 1] = np.nan
BEYOND = rows(5).astype(np.float64)
BEYOND[2, 0] = 1e300
SPACES = {"observation_space": {"type": "Discrete", "n": 3}, "action_space": {"type": "Discrete", "n": 5, "start": 2}}
FIVE = rows(5).tolist()

#: How, with what body, and the pointer to what is wrong. The agent has five actions, 2 to 6, with rows of four.
WRONG = [
    ("POST", {**SPACES, "action_features": []}, "/action_features"),
    ("POST", {**SPACES, "action_features": {}}, "/action_features"),
    ("POST", {**SPACES, "action_features": [[]]}, "/action_features/0"),
    ("POST", {**SPACES, "action_features": FIVE[:4]}, "/action_features"),
    ("POST", {**SPACES, "action_features": [*FIVE[:4], [1.0]]}, "/action_features/4"),
    ("POST", {**SPACES, "action_features": [*FIVE[:4], [1, 2, 3, "NaN"]]}, "/action_features/4/3"),
    ("POST", {**SPACES, "action_features": [*FIVE[:4], [1, 2, 3, 1e39]]}, "/action_features/4/3"),
    ("POST", {**SPACES, "action_features": [*FIVE[:4], 7]}, "/action_features/4"),
    ("POST", {**SPACES, "action_features": [[0.0] * 1025]}, "/action_features/0"),
    ("POST", {**SPACES, "withdrawn": [True]}, "/withdrawn"),
    ("POST", {"env_id": "Pendulum-v1", "action_features": FIVE}, "/action_features"),
    ("PUT", {}, "/action_features"),
    ("PUT", {"action_features": FIVE[:4]}, "/action_features"),
    ("PUT", {"action_features": rows(5, 3).tolist()}, "/action_features"),
    ("PUT", {"action_features": FIVE, "withdrawn": [True] * 5}, "/withdrawn"),
    ("PUT", {"action_features": FIVE, "withdrawn": [True] * 4}, "/withdrawn"),
    ("PUT", {"action_features": FIVE, "withdrawn": [0, 0, 0, 0, 2]}, "/withdrawn/0"),
    ("PUT", {"action_features": FIVE, "ids": [2]}, "/ids"),
    ("PATCH", {}, ""),
    ("PATCH", {"ids": [2]}, "/action_features"),
    ("PATCH", {"action_features": FIVE[:1]}, "/action_features"),
    ("PATCH", {"ids": [2, 3], "action_features": FIVE[:1]}, "/action_features"),
    ("PATCH", {"ids": ["2"], "action_features": FIVE[:1]}, "/ids/0"),
    ("PATCH", {"ids": [1], "action_features": FIVE[:1]}, "/ids/0"),
    ("PATCH", {"ids": [8], "action_features": FIVE[:1]}, "/ids/0"),
    ("PATCH", {"ids": [7, 9], "action_features": FIVE[:2]}, "/ids/1"),
    ("PATCH", {"ids": [-(2**63)], "action_features": FIVE[:1]}, "/ids/0"),
    ("PATCH", {"ids": [2, 2], "action_features": FIVE[:2]}, "/ids/1"),
    ("PATCH", {"ids": [2], "action_features": [[1, 2, 3]]}, "/action_features/0"),
    ("PATCH", {"ids": [2], "action_features": FIVE[:1], "withdraw": [2]}, "/withdraw/0"),
    ("PATCH", {"withdraw": 2}, "/withdraw"),
    ("PATCH", {"withdraw": [2, 7]}, "/withdraw/1"),
    ("PATCH", {"withdraw": [2, 3, 4, 5, 6]}, "/withdraw"),
    ("PATCH", {"ids": [2], "action_features": FIVE[:1], "withdraw": [3, 99]}, "/withdraw/1"),
    ("POST", {"action_features": NAN}, "/action_features"),
    ("POST", {"action_features": BEYOND}, "/action_features"),
    ("POST", {"action_features": rows(5)[0]}, "/action_features"),
    ("POST", {"action_features": rows(5)[:, :0]}, "/action_features"),
    ("POST", {"action_features": rows(5).astype(np.int64)}, "/action_features"),
    ("POST", {"features": rows(5)}, "/features"),
    ("PUT", {"action_features": rows(5), "withdrawn": np.zeros(4, bool)}, "/withdrawn"),
    ("PUT", {"action_features": rows(5), "withdrawn": np.zeros(5, np.uint8)}, "/withdrawn"),
    ("PUT", {"withdrawn": np.zeros(5, bool)}, "/action_features"),
    ("PATCH", {"ids": np.int32([2]), "action_features": rows(1)}, "/ids"),
    ("PATCH", {"ids": np.int64([[2]]), "action_features": rows(1)}, "/ids"),
    ("PATCH", {"ids": np.int64([2, 3]), "action_features": rows(1)}, "/action_features"),
]


@pytest.fixture(scope="module")
def five(daemon):
    client = daemon.client()
    agent = make(client, rows(5), start=2)
    yield agent
    client.delete_agent(agent)


@pytest.mark.parametrize(
    ("method", "body", "pointer"), WRONG, ids=[f"{row[0]} {row[2]} {index}" for index, row in enumerate(WRONG)]
)
def test_what_is_wrong_is_named_and_changes_nothing(client, daemon, five, method, body, pointer):
    def state():
        kept, withdrawn = table(client, five)
        ids = [agent["agent_id"] for agent in client.list_agents(limit=1000)["items"]]
        return ids, client.get_agent(five), kept.tobytes(), withdrawn

    before = state()
    content, headers = json.dumps(body, default=np.ndarray.tolist), {"Content-Type": "application/json"}
    if any(isinstance(value, np.ndarray) for value in body.values()):
        said = {key: json.dumps(space) for key, space in SPACES.items()} if method == "POST" else None
        content, headers = safetensors.dump(body, said), TENSORS
    path = "/v1/agents/" if method == "POST" else f"/v1/agents/{five}/action_features"
    reply = daemon.request(method, path, content, headers)
    problem = json.loads(reply.body)
    assert (reply.status, problem.get("pointer")) == (400, pointer), problem
    assert state() == before
