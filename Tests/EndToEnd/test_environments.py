"""What the environment routes add to gym-http-api: rollouts, snapshots, forks, retries, tensors, golden exchanges."""

import base64
import json
import threading
from urllib.parse import quote

import numpy as np
import pytest
from daemon import ROOT
from worlds import CASES, IDS

import lamd

HTTP = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "protocol/examples/http").glob("*.json"))}


def equals(ours, golden, ids):
    """Whether a reply is the golden one, floats as float32."""
    if isinstance(golden, str) and golden.startswith("{"):
        if golden in ("{instance_id}", "{agent_id}"):
            ids[golden] = ours
            return isinstance(ours, str) and len(ours) == 8
        return (
            type(ours).__name__ in {"{string}": ("str",), "{integer}": ("int",), "{number}": ("int", "float")}[golden]
        )
    if isinstance(golden, dict):
        return (
            isinstance(ours, dict)
            and ours.keys() == golden.keys()
            and all(equals(ours[key], golden[key], ids) for key in golden)
        )
    if isinstance(golden, list):
        return (
            isinstance(ours, list)
            and len(ours) == len(golden)
            and all(equals(first, second, ids) for first, second in zip(ours, golden))
        )
    if isinstance(golden, float):
        with np.errstate(over="ignore"):
            return isinstance(ours, (int, float)) and np.float32(ours) == np.float32(golden)
    return ours == golden and isinstance(ours, bool) == isinstance(golden, bool)


def exchange(daemon, name, ids):
    golden = HTTP[name]
    if "after" in golden:
        exchange(daemon, golden["after"], ids)
    request = golden["request"]
    path = request["path"]
    for key, value in ids.items():
        path = path.replace(key, value)
    body = json.dumps(request["body"]) if "body" in request else None
    for _ in range(golden.get("times", 1)):
        response = daemon.request(request["method"], path, body, {"Content-Type": "application/json"} if body else {})
    assert response.status == golden["response"]["status"], response.body
    reply = json.loads(response.body)
    ids.update({f"{{{key}}}": reply[key] for key in ("instance_id", "agent_id") if key in reply})
    if "body" in golden["response"]:
        assert equals(reply, golden["response"]["body"], ids), reply


@pytest.mark.parametrize("name", HTTP)
def test_golden_exchanges(daemon, name):
    exchange(daemon, name, {})


def test_floats_are_short_and_rewards_have_a_point(daemon, client):
    instance_id = client.create_env("CartPole-v1")["instance_id"]
    body = daemon.request("POST", f"/v1/envs/{instance_id}/reset/", '{"seed":42}').body
    assert b"0.027395604" in body and b"0.0273956040" not in body
    body = daemon.request("POST", f"/v1/envs/{instance_id}/step/", '{"action":1}').body
    assert b'"reward":1.0' in body.replace(b" ", b"")


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_path_is_served_with_and_without_its_last_slash(daemon, slash):
    created = daemon.request("POST", f"/v1/envs{slash}", '{"env_id":"FrozenLake-v1"}')
    assert created.status == 200
    one = f"/v1/envs/{json.loads(created.body)['instance_id']}"
    assert daemon.request("POST", f"{one}/reset{slash}").status == 200
    assert daemon.request("POST", f"{one}/step{slash}", '{"action":1}').status == 200
    for path in (
        "",
        "/action_space",
        "/action_space/sample",
        "/action_space/contains/1",
        "/observation_space",
        "/render",
    ):
        assert daemon.request("GET", f"{one}{path}{slash}").status == 200, path
    for path in ("/v1/environments", "/v1/environments/CartPole-v1", "/v1/envs", "/v1/agents", "/v1/jobs", "/livez"):
        assert daemon.request("GET", f"{path}{slash}").status == 200, path
    assert daemon.request("POST", f"{one}/close{slash}").status == 200


def test_the_instance_describes_itself(client):
    created = client.create_env("FrozenLake-v1", num_envs=3, seed=9, kwargs={"is_slippery": False}, ttl_s=60)
    instance_id = created["instance_id"]
    instance = client.get_env(instance_id)
    assert instance["env_id"] == "FrozenLake-v1"
    assert instance["num_envs"] == 3 and instance["autoreset_mode"] == "next_step"
    assert instance["spec"]["kwargs"]["is_slippery"] is False
    assert instance["spec"]["max_episode_steps"] == 100
    assert instance["reset_needed"] is True and instance["ttl_s"] == 60
    client.reset(instance_id)
    client.step(instance_id, [2, 2, 2])
    instance = client.get_env(instance_id)
    assert (instance["seed"], instance["step"], instance["steps"], instance["reset_needed"]) == (9, 1, 3, False)
    assert instance["created_at"] <= instance["last_used_at"] < instance["expires_at"]
    assert client.create_env("FrozenLake-v1")["num_envs"] == 1


def test_the_seed_at_creation_is_the_first_resets(client):
    made = [client.create_env("CartPole-v1", seed=7)["instance_id"] for _ in range(2)]
    first, second = (client.reset(instance_id)["observation"] for instance_id in made)
    assert first == second == client.reset(client.create_env("CartPole-v1")["instance_id"], seed=7)["observation"]
    assert client.reset(made[0])["observation"] != first
    samples = [[client.sample_action(instance_id)["action"] for _ in range(20)] for instance_id in made]
    assert samples[0] == samples[1] and set(samples[0]) == {0, 1}


def test_a_step_that_carries_its_number_is_taken_once(client):
    instance_id = client.create_env("CartPole-v1")["instance_id"]
    client.reset(instance_id, seed=1)
    first = client.step(instance_id, 1, step=0)
    assert client.step(instance_id, 1, step=0) == first
    assert client.get_env(instance_id)["step"] == 1
    for action, number in [(0, 0), (1, 2), (1, 7)]:
        with pytest.raises(lamd.Problem) as caught:
            client.step(instance_id, action, step=number)
        assert (caught.value.status, caught.value.code, caught.value.body["step"]) == (409, "step_mismatch", 1)
    second = client.step(instance_id, 0, step=1)
    assert second["observation"] != first["observation"]
    client.reset(instance_id, seed=1)
    assert client.step(instance_id, 1, step=0) == first


def test_an_episode_that_is_over_needs_a_reset(client):
    instance_id = client.create_env("CartPole-v1", max_episode_steps=2)["instance_id"]

    def needs_reset():
        with pytest.raises(lamd.Problem) as caught:
            client.step(instance_id, 0)
        return (caught.value.status, caught.value.code) == (409, "reset_needed")

    assert needs_reset()
    client.reset(instance_id)
    client.step(instance_id, 0)
    assert client.step(instance_id, 1)["truncated"] is True
    assert needs_reset()
    client.reset(instance_id)
    client.step(instance_id, 0)


def test_one_environment_can_reset_itself(client):
    for mode, expected in [("next_step", (2, 0.0)), ("same_step", (1, 1.0))]:
        instance_id = client.create_env("CartPole-v1", max_episode_steps=2, autoreset_mode=mode)["instance_id"]
        client.reset(instance_id, seed=1)
        client.step(instance_id, 0)
        last = client.step(instance_id, 0)
        assert last["done"] is True
        assert ("final_obs" in last["info"]) == (mode == "same_step")
        after = client.step(instance_id, 0)
        assert after["reward"] == expected[1]


def test_a_random_rollout_can_be_followed(client):
    created = client.create_env("Taxi-v4", seed=5)
    reply = client.rollout(created["instance_id"], policy="random", num_episodes=3)
    assert len(reply["episodes"]) == len(reply["returns"]) == 3
    replay = client.create_env("Taxi-v4", seed=5)["instance_id"]
    for episode, total, length in zip(reply["episodes"], reply["returns"], reply["lengths"]):
        assert len(episode["observations"]) == len(episode["infos"]) == length + 1
        assert len(episode["actions"]) == len(episode["rewards"]) == length
        assert total == pytest.approx(sum(episode["rewards"]))
        observed = client.reset(replay)
        assert [observed["observation"], observed["info"]] == [episode["observations"][0], episode["infos"][0]]
        for number, action in enumerate(episode["actions"]):
            observed = client.step(replay, action)
            assert observed["observation"] == episode["observations"][number + 1]
            assert observed["info"] == episode["infos"][number + 1]
        assert observed["done"] is True


def test_a_rollout_goes_on_from_where_the_instance_stands(client):
    instance_id = client.create_env("CartPole-v1")["instance_id"]
    observation = client.reset(instance_id, seed=3)["observation"]
    last = client.step(instance_id, 0)["observation"]
    reply = client.rollout(instance_id, actions=[1, 0, 1])
    assert reply["returns"] == [] and reply["lengths"] == []
    (part,) = reply["episodes"]
    assert part["observations"][0] == last != observation
    assert client.get_env(instance_id)["step"] == 4
    client.step(instance_id, 0, step=4)


def test_a_rollout_without_transitions_is_short(client):
    instance_id = client.create_env("CartPole-v1")["instance_id"]
    reply = client.rollout(instance_id, policy="random", steps=500, seed=1, transitions=False)
    assert "episodes" not in reply
    assert 10 < len(reply["returns"]) == len(reply["lengths"]) and sum(reply["lengths"]) <= 500
    assert client.get_env(instance_id)["step"] == 500


def test_a_vectors_rollout(client):
    instance_id = client.create_env("CartPole-v1", num_envs=4, autoreset_mode="same_step")["instance_id"]
    reply = client.rollout(instance_id, policy="random", steps=100, seed=1)
    assert {episode["env_index"] for episode in reply["episodes"]} == {0, 1, 2, 3}
    assert sum(len(episode["actions"]) for episode in reply["episodes"]) == 400
    first = [episode for episode in reply["episodes"] if episode.get("seed") is not None]
    assert sorted(episode["seed"] for episode in first) == [1, 2, 3, 4]


def test_a_rollout_as_tensors_holds_the_same(client):
    made = [client.create_env("Pendulum-v1", max_episode_steps=30)["instance_id"] for _ in range(2)]
    actions = [[float(np.float32(x))] for x in np.linspace(-2, 2, 75)]
    listed = client.rollout(made[0], actions=actions, seed=2)
    tensors = client.rollout(made[1], actions=actions, seed=2, tensors=True)
    assert tensors["lengths"].tolist() == listed["lengths"] == [30, 30]
    assert tensors["episode_lengths"].tolist() == [30, 30, 15]
    assert tensors["returns"].tolist() == listed["returns"]
    for name in ("observations", "rewards", "actions", "terminations", "truncations"):
        joined = [item for episode in listed["episodes"] for item in episode[name]]
        np.testing.assert_array_equal(tensors[name], np.array(joined, tensors[name].dtype))


@pytest.mark.parametrize(("env_id", "kwargs"), CASES, ids=IDS)
def test_a_snapshot_brings_everything_back(client, env_id, kwargs):
    created = client.create_env(env_id, kwargs=kwargs, max_episode_steps=40, seed=3)
    one, other = created["instance_id"], client.create_env(env_id, kwargs=kwargs, max_episode_steps=40)["instance_id"]
    client.rollout(one, policy="random", steps=25)
    taken = client.snapshot(one)["snapshot"]
    base64.b64decode(taken, validate=True)
    (copy,) = client.fork(one)["instance_ids"]
    expected = client.rollout(one, policy="random", steps=100)
    assert client.rollout(copy, policy="random", steps=100) == expected
    for instance_id in (one, other):
        restored = client.restore(instance_id, taken)
        assert restored["step"] == 25 and restored["instance_id"] == instance_id
        assert client.rollout(instance_id, policy="random", steps=100) == expected


def test_forks_go_their_own_way(client):
    instance_id = client.create_env("CartPole-v1", num_envs=2)["instance_id"]
    client.reset(instance_id, seed=1)
    copies = client.fork(instance_id, copies=3)["instance_ids"]
    assert len({instance_id, *copies}) == 4
    assert client.step(copies[0], [0, 0]) == client.step(copies[1], [0, 0])
    assert client.get_env(instance_id)["step"] == 0
    client.delete_env(instance_id)
    client.step(copies[2], [1, 1])


def test_tensors_say_the_same_as_json(client):
    made = [client.create_env("Blackjack-v1", num_envs=3, autoreset_mode="same_step")["instance_id"] for _ in range(2)]
    listed, tensors = client.reset(made[0], seed=1), client.reset(made[1], seed=1, tensors=True)
    for _ in range(30):
        for index in range(3):
            rows = [tensors[f"observation.{key}"][index] for key in range(3)]
            assert listed["observation"][index] == rows
        actions = np.array([client.sample_action(made[0])["action"][0] for _ in range(3)])
        listed = client.step(made[0], actions)
        tensors = client.step(made[1], actions, tensors=True)
        assert tensors["reward"].dtype == np.float64 and tensors["reward"].tolist() == listed["reward"]
        assert tensors["terminated"].dtype == bool and tensors["terminated"].tolist() == listed["terminated"]
        assert ("final_obs.0" in tensors) == ("final_obs" in listed["info"])


def test_membership_says_which_element_is_wrong(client):
    instance_id = client.create_env("Pendulum-v1")["instance_id"]
    assert client.contains_action(instance_id, [2.0]) == {"member": True}
    reply = client.contains_action(instance_id, [2.5])
    assert (reply["member"], reply["pointer"]) == (False, "/0") and reply["detail"]
    assert client.contains_action(instance_id, "left")["member"] is False
    assert client.contains_action(instance_id, 1)["pointer"] == ""


def test_media_types(daemon, client):
    instance_id = client.create_env("CartPole-v1")["instance_id"]
    client.reset(instance_id)
    path = f"/v1/envs/{instance_id}/step/"
    curls_default = {"Content-Type": "application/x-www-form-urlencoded"}
    assert daemon.request("POST", path, '{"action":1}', curls_default).status == 200
    assert daemon.request("POST", path, '{"action":1}').status == 200
    assert (
        daemon.request("POST", path, '{"action":1}', {"Content-Type": "application/json; charset=utf-8"}).status == 200
    )
    refused = daemon.request("POST", path, '{"action":1}', {**curls_default, "Origin": daemon.url})
    assert refused.status == 415
    refused = daemon.request("POST", path, '{"action":1}', {"Content-Type": "text/plain"})
    assert refused.status == 415 and "--json" in json.loads(refused.body)["detail"]


def test_frames_by_media_type(daemon, client):
    instance_id = client.create_env("FrozenLake-v1", num_envs=2)["instance_id"]
    client.reset(instance_id)
    path = f"/v1/envs/{instance_id}/render"
    types = {"svg": "image/svg+xml", "png": "image/png", "ansi": "text/plain", "rgb_array": "application/json"}
    for mode, media_type in types.items():
        response = daemon.request("GET", f"{path}?mode={mode}&env_index=1")
        assert response.status == 200 and response.headers.get_content_type() == media_type
    frame = np.array(json.loads(response.body)["frame"], np.uint8)
    np.testing.assert_array_equal(frame, client.render(instance_id, mode="rgb_array", env_index=1))
    assert daemon.request("GET", path).headers.get_content_type() == "image/svg+xml"


def test_an_instance_that_a_rollout_holds_is_busy_at_once(client, daemon):
    instance_id = client.create_env("CartPole-v1", num_envs=64, autoreset_mode="same_step")["instance_id"]
    client.reset(instance_id, seed=1)
    replies = []

    def roll():
        replies.append(daemon.client().rollout(instance_id, policy="random", steps=15_000, transitions=False))

    thread = threading.Thread(target=roll)
    thread.start()
    busy = 0
    while thread.is_alive():
        try:
            client.step(instance_id, [0] * 64)
        except lamd.Problem as problem:
            assert (problem.status, problem.code) == (409, "session_busy")
            busy += 1
    thread.join()
    assert busy > 0 and len(replies) == 1


def test_odd_names_in_paths_are_only_unknown(daemon):
    for name in ("ünïcode", "a b", "a/b", "%", "..", "a" * 500, "\N{PILE OF POO}"):
        response = daemon.request("GET", f"/v1/environments/{quote(name, safe='')}")
        assert response.status in (400, 404, 414), name
        assert response.headers.get_content_type() == "application/problem+json"
