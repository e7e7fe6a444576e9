"""Demonstrations: given back as they came, in every form; played by experts, judged in sentences, erased for good."""

import json
from urllib.parse import urlencode

import gymnasium
import numpy as np
import pytest
from demonstrations import (
    ABOUT,
    DISCRETE,
    EPISODES,
    NDJSON,
    ROOT,
    TENSORS,
    about_query,
    as_tensors,
    compared,
    episodes_of,
    lines,
    made,
    same,
    send,
    upload,
)

from lamd import safetensors


@pytest.mark.parametrize("form", ["json", "ndjson", "safetensors"])
def test_what_is_sent_comes_back_in_every_form(daemon, form):
    if form == "json":
        reply = upload(daemon, f"round {form}", **ABOUT, metadata={"a": [1, 2.5, "ä"], "b": None})
    else:
        query = urlencode(
            {**about_query(ABOUT), "name": f"round {form}", "metadata": '{"a": [1, 2.5, "ä"], "b": null}'}
        )
        body, headers = (lines(EPISODES), NDJSON) if form == "ndjson" else (as_tensors(EPISODES), TENSORS)
        reply = made(daemon, "POST", f"{ROOT}?{query}", body, headers)
    identifier = reply["demonstration_id"]
    assert reply["metadata"] == {"a": [1, 2.5, "ä"], "b": None} and reply["env_id"] is None
    assert (reply["num_episodes"], reply["num_steps"]) == (len(EPISODES), sum(len(e["rewards"]) for e in EPISODES))
    assert reply["quality"]["episodes"] == len(EPISODES)
    described = made(daemon, "GET", ROOT + identifier)
    assert described == {key: value for key, value in reply.items() if key != "quality"}
    assert made(daemon, "GET", f"{ROOT}{identifier}/quality") == reply["quality"]

    for ours, theirs in zip(episodes_of(daemon, identifier), EPISODES, strict=True):
        assert same(ours, theirs)
    text = daemon.request("GET", f"{ROOT}{identifier}/file?format=ndjson")
    assert text.headers["Content-Type"] == "application/x-ndjson"
    for line, theirs in zip(text.body.decode().splitlines(), EPISODES, strict=True):
        assert same(json.loads(line), theirs)
    file = daemon.request("GET", f"{ROOT}{identifier}/file")
    ours, golden = safetensors.load(file.body), safetensors.load(as_tensors(EPISODES))
    assert ours.keys() == golden.keys()
    for key in golden.keys() - {"infos"}:
        assert ours[key].dtype == golden[key].dtype and np.array_equal(ours[key], golden[key]), key
    infos = [json.loads(line) for line in ours["infos"].tobytes().decode().splitlines()]
    assert infos == [episode.get("infos", []) for episode in EPISODES]


def test_a_download_can_be_sent_back_as_it_is(daemon):
    first = upload(daemon, "there", metadata={"x": 1}, **ABOUT)["demonstration_id"]
    file = daemon.request("GET", f"{ROOT}{first}/file").body
    status, problem = send(daemon, "POST", ROOT, file, TENSORS)
    assert (status, problem["pointer"]) == (409, "/name") and f"{first}/episodes" in problem["detail"]
    second = made(daemon, "POST", f"{ROOT}?name=back", file, TENSORS)
    assert second["metadata"] == {"x": 1} and second["name"] == "back"
    assert daemon.request("GET", f"{ROOT}{second['demonstration_id']}/file?format=ndjson").body == (
        daemon.request("GET", f"{ROOT}{first}/file?format=ndjson").body
    )
    made(daemon, "DELETE", ROOT + first)
    third = made(daemon, "POST", ROOT, file, TENSORS)
    assert third["name"] == "there"
    for ours, theirs in zip(episodes_of(daemon, third["demonstration_id"]), EPISODES, strict=True):
        assert same(ours, theirs)


def test_episodes_are_added_in_every_form(daemon):
    identifier = upload(daemon, "grows", [])["demonstration_id"]
    path = f"{ROOT}{identifier}/episodes"
    for body, headers in [({"episodes": EPISODES}, None), (lines(EPISODES), NDJSON), (as_tensors(EPISODES), TENSORS)]:
        made(daemon, "POST", path, body, headers)
    assert made(daemon, "GET", ROOT + identifier)["num_episodes"] == 3 * len(EPISODES)
    for ours, theirs in zip(episodes_of(daemon, identifier, limit=2), 3 * EPISODES, strict=True):
        assert same(ours, theirs)


def test_action_masks_travel_in_infos_and_as_tensors(daemon, client):
    instance = client.create_env("Taxi-v4", max_episode_steps=6)["instance_id"]
    episodes = client.rollout(instance, policy="random", num_episodes=3, seed=5)["episodes"]
    masks = [[info["action_mask"] for info in episode["infos"]] for episode in episodes]
    identifier = upload(daemon, "taxi", episodes, env_id="Taxi-v4")["demonstration_id"]
    tensors = safetensors.load(daemon.request("GET", f"{ROOT}{identifier}/file").body)
    assert tensors["action_masks"].dtype == bool
    assert np.array_equal(tensors["action_masks"], np.concatenate(masks))

    bare = {key: value for key, value in tensors.items() if key != "infos"}
    query = "env_id=Taxi-v4&name=taxi+without"
    again = made(daemon, "POST", f"{ROOT}?{query}", safetensors.dump(bare), TENSORS)["demonstration_id"]
    for episode, expected in zip(episodes_of(daemon, again), masks, strict=True):
        assert episode["infos"] == [{"action_mask": mask} for mask in expected]

    tensors["action_masks"][3] ^= True
    status, problem = send(daemon, "POST", f"{ROOT}?{query}+masks", safetensors.dump(tensors), TENSORS)
    assert (status, problem["pointer"]) == (400, "/action_masks")


def test_a_rollouts_episodes_can_be_sent_as_they_are(daemon, client):
    for env_id, mode in [("CartPole-v1", "same_step"), ("Blackjack-v1", "next_step"), ("Pendulum-v1", "disabled")]:
        instance = client.create_env(env_id, num_envs=3, autoreset_mode=mode, max_episode_steps=9)["instance_id"]
        rollout = client.rollout(instance, policy="random", steps=30, seed=1)
        identifier = upload(daemon, f"rollout {env_id}", rollout["episodes"], env_id=env_id)["demonstration_id"]
        for ours, theirs in zip(episodes_of(daemon, identifier), rollout["episodes"], strict=True):
            for key in ("seed", "observations", "actions", "rewards", "terminations", "truncations"):
                assert ours[key] == theirs[key]


def test_a_wrapped_world_has_its_own_spaces(daemon, client):
    wrappers = [{"wrapper": "FrameStackObservation", "stack_size": 3}, {"wrapper": "RecordEpisodeStatistics"}]
    instance = client.create_env("CartPole-v1", wrappers=wrappers, record="stacked", seed=1)
    client.rollout(instance["instance_id"], policy="random", num_episodes=2)
    client.delete_env(instance["instance_id"])
    (item,) = [item for item in client.list_demonstrations(limit=1000)["items"] if item["name"] == "stacked"]
    assert item["observation_space"] == instance["observation_space"] and item["env_id"] == "CartPole-v1"
    file = daemon.request("GET", f"{ROOT}{item['demonstration_id']}/file").body
    again = made(daemon, "POST", f"{ROOT}?name=stacked+again", file, TENSORS)
    assert again["observation_space"] == item["observation_space"] and again["env_id"] == "CartPole-v1"
    plain = client.create_env("CartPole-v1", seed=1)["instance_id"]
    status, problem = send(daemon, "POST", f"/v1/envs/{plain}/monitor/start/", {"directory": "stacked"})
    assert (status, problem["pointer"]) == (400, "/directory")


def test_pages(daemon):
    episodes = [
        {"observations": list(range(n + 2)), "actions": [0] * (n + 1), "rewards": [1.5] * (n + 1), "seed": n,
         "terminations": [False] * n + [n % 2 == 0], "truncations": [False] * n + [n % 2 == 1]}
        for n in range(25)
    ]  # fmt: skip
    about = {"observation_space": {"type": "Discrete", "n": 40}, "action_space": DISCRETE}
    identifier = upload(daemon, "pages", episodes[:10], **about)["demonstration_id"]
    made(daemon, "POST", f"{ROOT}{identifier}/episodes", {"episodes": episodes[10:]})
    expected = [
        {
            "index": n,
            "length": n + 1,
            "return": 1.5 * (n + 1),
            "terminated": n % 2 == 0,
            "truncated": n % 2 == 1,
            "seed": n,
        }
        for n in range(25)
    ]
    items, query = [], "?limit=7"
    while query:
        page = made(daemon, "GET", f"{ROOT}{identifier}/episodes{query}")
        assert len(page["items"]) <= 7
        items += page["items"]
        query = page["next_cursor"] and f"?limit=7&cursor={page['next_cursor']}"
    assert items == expected
    page = made(daemon, "GET", f"{ROOT}{identifier}/episodes?include=data")
    assert len(page["items"]) == 10 and page["items"][9]["observations"] == episodes[9]["observations"]
    assert made(daemon, "GET", f"{ROOT}{identifier}/episodes?cursor=24") == {"items": [], "next_cursor": None}

    ids = [upload(daemon, f"page {n}", [], **about)["demonstration_id"] for n in range(5)]
    listed, query = [], "?limit=2"
    while query:
        page = made(daemon, "GET", ROOT + query)
        listed += [item["demonstration_id"] for item in page["items"]]
        query = page["next_cursor"] and f"?limit=2&cursor={page['next_cursor']}"
    assert [identifier for identifier in listed if identifier in ids] == ids and len(set(listed)) == len(listed)


def test_an_expert_demonstrates(daemon, client):
    body = {"env_id": "CartPole-v1", "expert": "scripted", "num_episodes": 5, "seed": 100}
    first = made(daemon, "POST", ROOT, body)
    # Others may have had it demonstrate before.
    number = int(first["name"].removeprefix("CartPole-v1 scripted") or 1)
    assert first["quality"]["returns"]["min"] == 500
    second = made(daemon, "POST", ROOT, {**body, "num_episodes": 2})
    assert second["name"] == f"CartPole-v1 scripted {number + 1}"
    episodes = episodes_of(daemon, first["demonstration_id"])
    assert [episode["seed"] for episode in episodes] == list(range(100, 105))
    assert [compared(episode) for episode in episodes[:2]] == [
        compared(episode) for episode in episodes_of(daemon, second["demonstration_id"])
    ]
    world = gymnasium.make("CartPole-v1")
    for episode in episodes[:2]:
        observation, _ = world.reset(seed=episode["seed"])
        assert np.allclose(observation, episode["observations"][0], atol=0)
        for action, after, reward in zip(episode["actions"], episode["observations"][1:], episode["rewards"]):
            observation, gained, terminated, truncated, _ = world.step(action)
            assert np.array_equal(observation, np.float32(after)) and gained == reward
        assert truncated and episode["truncations"][-1] and not terminated


def test_an_agent_demonstrates_what_it_is_evaluated_for(daemon, client):
    agent = client.create_agent("FrozenLake-v1", seed=1)["agent_id"]
    evaluation = client.evaluate(agent, num_episodes=20, seed=7)
    body = {"name": "by the agent", "env_id": "FrozenLake-v1", "expert": agent, "num_episodes": 20, "seed": 7}
    episodes = episodes_of(daemon, made(daemon, "POST", ROOT, body)["demonstration_id"])
    assert [sum(episode["rewards"]) for episode in episodes] == evaluation["returns"]
    assert [len(episode["rewards"]) for episode in episodes] == evaluation["lengths"]
    status, problem = send(daemon, "POST", ROOT, {"env_id": "CartPole-v1", "expert": agent})
    assert (status, problem["pointer"]) == (400, "/expert")


def test_bad_demonstrations_are_made_by_exploration(daemon):
    body = {"env_id": "CartPole-v1", "expert": "scripted", "num_episodes": 10, "exploration": 0.9}
    bad = made(daemon, "POST", ROOT, body)["quality"]
    good = made(daemon, "POST", ROOT, {**body, "exploration": 0})["quality"]
    assert bad["returns"]["mean"] < good["returns"]["mean"] == 500


def test_findings_are_plain_sentences(daemon):
    step = {"observations": [[0.0], [5.0]], "rewards": [1], "terminations": [False], "truncations": [False]}
    episodes = [{**step, "actions": [0]}] * 3 + [{**step, "actions": [1]}]
    about = {
        "observation_space": {"type": "Box", "shape": [1], "low": -1, "high": 1},
        "action_space": {"type": "Discrete", "n": 3},
    }
    quality = upload(daemon, "poor", episodes, **about)["quality"]
    assert quality["duplicates"] == {"episodes": 2, "steps": 2}
    assert quality["contradictions"]["exact"] == {"observations": 1, "share": 0.25}
    assert quality["outside"] == [
        {"pointer": "/0", "count": 4, "low": -1.0, "high": 1.0, "seen_low": 0.0, "seen_high": 5.0}
    ]
    assert quality["actions"][0]["shares"] == [0.75, 0.25, 0.0] and quality["actions"][0]["never_taken"] == 1
    findings = {finding["kind"]: finding for finding in quality["findings"]}
    assert {"duplicate_episodes", "contradictions", "outside_bounds", "never_taken", "unfinished_episodes"} <= set(
        findings
    )
    assert "25.0 %" in findings["contradictions"]["sentence"]
    order = [["error", "warning", "info"].index(finding["severity"]) for finding in quality["findings"]]
    assert order == sorted(order)
    for finding in quality["findings"]:
        assert finding["sentence"][0].isupper() or finding["sentence"][0] in "/0123456789"
        assert finding["sentence"].endswith(".") and len(finding["sentence"]) > 40
    empty = upload(daemon, "empty", [], **about)["quality"]
    assert [finding["kind"] for finding in empty["findings"]] == ["empty"] and empty["returns"] is None


def test_a_set_in_use_is_not_deleted(daemon, client):
    instance = client.create_env("CartPole-v1", record="in use")["instance_id"]
    (item,) = [item for item in client.list_demonstrations(limit=1000)["items"] if item["name"] == "in use"]
    status, problem = send(daemon, "DELETE", ROOT + item["demonstration_id"])
    assert (status, problem["type"]) == (409, "urn:lamd:problem:in_use") and instance in problem["detail"]
    client.delete_env(instance)
    assert made(daemon, "DELETE", ROOT + item["demonstration_id"]) == {}
    assert send(daemon, "DELETE", ROOT + item["demonstration_id"])[0] == 404

    body = {"name": "learned from", "env_id": "CartPole-v1", "expert": "scripted", "num_episodes": 2}
    identifier = made(daemon, "POST", ROOT, body)["demonstration_id"]
    agent = client.create_agent("CartPole-v1", seed=1)["agent_id"]
    job = client.train(agent, demonstrations=[identifier], steps=1_000_000, target_return=1000)["job_id"]
    status, problem = send(daemon, "DELETE", ROOT + identifier)
    assert (status, problem["type"]) == (409, "urn:lamd:problem:in_use") and job in problem["detail"]
    client.cancel_job(job)
    assert made(daemon, "DELETE", ROOT + identifier) == {}


def found(state, needles):
    """The canaries that some file of the state folder still holds."""
    left = set()
    for path in state.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            left |= {needle for needle in needles if needle in content}
    return left


def test_deletion_erases_every_value(new_daemon):
    random = np.random.default_rng(20261126)
    count = 1000
    floats = random.uniform(1, 2, count).astype(np.float32)
    doubles = random.uniform(1, 2, count)
    integers = random.integers(1 << 40, 1 << 50, count)
    rewards = random.uniform(1, 2, count)
    words = [f"canary-{random.integers(1 << 60):x}" for _ in range(count + 4)]
    about = {
        "observation_space": {"type": "Box", "dtype": "float32", "shape": [1], "low": -10, "high": 10},
        "action_space": {"type": "Discrete", "n": 2},
    }
    others = {
        "doubles": ({"type": "Box", "dtype": "float64", "shape": [1], "low": -10, "high": 10}, doubles),
        "integers": ({"type": "Box", "dtype": "int64", "shape": [1], "low": 0, "high": 1 << 52}, integers),
    }

    def tensors(values, **more):
        flags = np.zeros(count - 1, bool)
        return safetensors.dump({
            "observations": values[:, None], "actions": np.zeros(count - 1, np.int64), "rewards": rewards[1:],
            "terminations": flags, "truncations": flags, "episode_lengths": np.array([count - 1]), **more,
        })  # fmt: skip

    running = new_daemon().start()
    keeps = upload(running, "keeps")["demonstration_id"]
    infos = json.dumps([{"text": word, words[0]: 1} for word in words[4:]]).encode()
    query = urlencode({"name": words[1], "metadata": json.dumps({words[2]: words[3]}), **about_query(about)})
    uploaded = tensors(floats, infos=np.frombuffer(infos + b"\n", np.uint8))
    ids = [made(running, "POST", f"{ROOT}?{query}", uploaded, TENSORS)["demonstration_id"]]
    # Once more, so that files are merged, and other sets in between, so that pages of the catalogue are reused.
    made(running, "POST", f"{ROOT}{ids[0]}/episodes", uploaded, TENSORS)
    for name, (space, values) in others.items():
        query = urlencode({"name": f"{words[1]} {name}", **about_query({**about, "observation_space": space})})
        ids.append(made(running, "POST", f"{ROOT}?{query}", tensors(values), TENSORS)["demonstration_id"])
    # And what a session recorded into a set of a canary's name.
    client = running.client()
    instance = client.create_env("CartPole-v1", record=words[1] + " recorded", seed=5)["instance_id"]
    client.rollout(instance, policy="random", num_episodes=5)
    client.delete_env(instance)
    ids += [
        item["demonstration_id"] for item in client.list_demonstrations()["items"] if item["name"].endswith("recorded")
    ]

    needles = {word.encode() for word in words}
    for values in (floats, doubles, integers, rewards):
        needles |= {value.tobytes() for value in values}
    assert len(needles) > 4 * count
    present = found(running.state, needles)
    # All are there but the reward that no step had.
    assert len(needles - present) <= 1
    for identifier in ids:
        made(running, "DELETE", ROOT + identifier)
    assert found(running.state, needles) == set()
    assert running.stop() == 0
    assert found(running.state, needles) == set()
    running.start()
    assert [item["demonstration_id"] for item in made(running, "GET", ROOT)["items"]] == [keeps]
