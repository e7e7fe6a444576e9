"""Demonstrations: kept as acknowledged, given back as they came, recorded, judged, refused by pointer, erased for good."""

import json
import time
from urllib.parse import urlencode

import gymnasium
import numpy as np
import pytest
from demonstrations import ABOUT, EPISODES, about_query, as_tensors, element, rounded, same

import lamd
from lamd import safetensors

NDJSON = {"Content-Type": "application/x-ndjson"}
TENSORS = {"Content-Type": safetensors.MEDIA_TYPE}
ROOT = "/v1/demonstrations/"


def send(daemon, method, path, body=None, headers=None):
    """A reply's status and its JSON."""
    if isinstance(body, (dict, list)):
        body, headers = json.dumps(body), {"Content-Type": "application/json"}
    response = daemon.request(method, path, body, headers or {})
    return response.status, json.loads(response.body)


def made(daemon, method, path, body=None, headers=None):
    """The JSON of a reply that must be a success."""
    status, reply = send(daemon, method, path, body, headers)
    assert status < 300, reply
    return reply


def episodes_of(daemon, demonstration_id, limit=1000):
    """All episodes with their data, page by page."""
    items, cursor = [], ""
    while cursor is not None:
        page = made(daemon, "GET", f"{ROOT}{demonstration_id}/episodes?include=data&limit={limit}{cursor}")
        items += page["items"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert [item["index"] for item in items] == list(range(len(items)))
    return items


def upload(daemon, name, episodes=EPISODES, **about):
    return made(daemon, "POST", ROOT, {"name": name, "episodes": episodes, **(about or ABOUT)})


def lines(episodes):
    return "".join(json.dumps(episode) + "\n" for episode in episodes)


# Round trips.


@pytest.mark.parametrize("form", ["json", "ndjson", "safetensors"])
def test_what_is_sent_comes_back_in_every_form(daemon, form):
    if form == "json":
        reply = upload(daemon, f"round {form}", **ABOUT, metadata={"a": [1, 2.5, "ä"], "b": None})
    else:
        query = urlencode({**about_query(ABOUT), "name": f"round {form}", "metadata": '{"a": [1, 2.5, "ä"], "b": null}'})
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


# Recording.


class Watcher:
    """Puts together what a client sees of a vector, by gymnasium's rules of autoreset."""

    def __init__(self, client, env_id, mode, count, **fields):
        self.client, self.mode, self.count = client, mode, count
        made = client.create_env(env_id, num_envs=count, autoreset_mode=mode, **fields)
        self.instance = made["instance_id"]
        self.space = lamd.spaces.decode_space(made["action_space"])
        self.space.seed(4)
        self.ended = []
        self.open = [None] * count
        self.waits = [False] * count

    def one(self, value, row):
        return value if self.count == 1 else value[row]

    def info(self, info, row):
        """One environment's part of a batched info."""
        if self.count == 1:
            return {key: value for key, value in info.items() if not key.startswith("final_")}
        keys = [key for key in info if not key.startswith("_") and not key.startswith("final_")]
        return {key: info[key][row] for key in keys if info["_" + key][row]}

    def begin(self, row, reply, seed=None):
        self.open[row] = {
            "seed": seed, "observations": [self.one(reply["observation"], row)], "actions": [], "rewards": [],
            "terminations": [], "truncations": [], "infos": [self.info(reply["info"], row)],
        }  # fmt: skip

    def cut(self, rows):
        for row in rows:
            episode, self.open[row] = self.open[row], None
            if episode and episode["rewards"]:
                episode["truncations"][-1] |= not episode["terminations"][-1]
                self.ended.append(episode)

    def reset(self, seed=None):
        self.cut(range(self.count))
        reply = self.client.reset(self.instance, seed=seed)
        for row in range(self.count):
            self.begin(row, reply, None if seed is None else seed + row)
        self.waits = [False] * self.count

    def step(self):
        actions = [element(self.space) for _ in range(self.count)]
        reply = self.client.step(self.instance, actions[0] if self.count == 1 else actions)
        for row in range(self.count):
            if self.waits[row] and self.mode == "next_step":
                self.waits[row] = False
                self.begin(row, reply)
                continue
            terminated, truncated = self.one(reply["terminated"], row), self.one(reply["truncated"], row)
            final = self.mode == "same_step" and (terminated or truncated)
            episode = self.open[row]
            after = reply["info"]["final_obs"] if final else reply["observation"]
            info = reply["info"]["final_info"] if final else reply["info"]
            episode["observations"].append(self.one(after, row))
            episode["actions"].append(actions[row])
            episode["rewards"].append(self.one(reply["reward"], row))
            episode["terminations"].append(terminated)
            episode["truncations"].append(truncated)
            episode["infos"].append(self.info(info, row))
            if terminated or truncated:
                self.ended.append(episode)
                self.open[row] = None
                self.waits[row] = True
                if self.mode == "same_step":
                    self.begin(row, reply)
        if self.mode == "disabled" and any(self.waits):
            due = [row for row in range(self.count) if self.waits[row]]
            mask = {"reset_mask": self.waits} if self.count > 1 else None
            reply = self.client.reset(self.instance, options=mask)
            for row in due:
                self.begin(row, reply)
            self.waits = [False] * self.count


def compared(episode):
    """An episode without infos that say nothing, and without what only a list tells."""
    infos = episode.get("infos") or []
    keys = ("seed", "observations", "actions", "rewards", "terminations", "truncations")
    return rounded({**{key: episode[key] for key in keys}, "infos": infos if any(infos) else []})


@pytest.mark.parametrize("mode", ["disabled", "next_step", "same_step"])
@pytest.mark.parametrize(("env_id", "count"), [("CartPole-v1", 1), ("Taxi-v4", 1), ("Taxi-v4", 3), ("Pendulum-v1", 2)])
def test_a_recorded_session_is_what_its_client_saw(daemon, client, env_id, count, mode):
    name = f"seen {env_id} {count} {mode}"
    watcher = Watcher(client, env_id, mode, count, max_episode_steps=7, record=name)
    assert client.get_env(watcher.instance)["record"] == name
    watcher.reset(seed=11)
    for _ in range(25):
        watcher.step()
    watcher.reset()
    for _ in range(3):
        watcher.step()
    client.delete_env(watcher.instance)
    watcher.cut(range(count))
    (item,) = [item for item in client.list_demonstrations(limit=1000)["items"] if item["name"] == name]
    assert item["env_id"] == env_id
    recorded = episodes_of(daemon, item["demonstration_id"])
    assert [compared(episode) for episode in recorded] == [compared(episode) for episode in watcher.ended]


def test_a_set_is_recorded_by_several_sessions_of_one_kind(daemon, client):
    for _ in range(2):
        instance = client.create_env("FrozenLake-v1", kwargs={"is_slippery": True}, record="lake")["instance_id"]
        client.rollout(instance, policy="random", num_episodes=4)
        client.close_env(instance)
    for env_id, kwargs in [("FrozenLake-v1", {"is_slippery": False}), ("Taxi-v4", {})]:
        before = client.list_envs()["envs"]
        with pytest.raises(lamd.Problem) as refused:
            client.create_env(env_id, kwargs=kwargs, record="lake")
        assert (refused.value.status, refused.value.pointer) == (400, "/record")
        assert client.list_envs()["envs"] == before
    (item,) = [item for item in client.list_demonstrations(limit=1000)["items"] if item["name"] == "lake"]
    assert item["num_episodes"] == 8


def test_a_lease_that_runs_out_keeps_the_part_so_far(daemon, client):
    instance = client.create_env("CartPole-v1", record="left", ttl_s=0.2)["instance_id"]
    client.reset(instance, seed=1)
    client.step(instance, 1)
    deadline = time.monotonic() + 30
    while instance in client.list_envs()["envs"] and time.monotonic() < deadline:
        time.sleep(0.1)
    (item,) = [item for item in client.list_demonstrations(limit=1000)["items"] if item["name"] == "left"]
    (episode,) = episodes_of(daemon, item["demonstration_id"])
    assert (episode["length"], episode["truncated"], episode["seed"]) == (1, True, 1)


# The old server's monitors.


def monitor(daemon, verb, instance, body=None):
    return send(daemon, "POST", f"/v1/envs/{instance}/monitor/{verb}/", body if body is not None else {})


def counts(client, name):
    return [(item["num_episodes"], item["num_steps"]) for item in client.list_demonstrations(limit=1000)["items"]
            if item["name"] == name]  # fmt: skip


def test_monitors_record_into_a_set_named_by_the_directory(daemon, client, tmp_path):
    directory = str(tmp_path / "monitor")
    instance = client.create_env("CartPole-v1", max_episode_steps=3)["instance_id"]

    def play(steps):
        client.reset(instance)
        for _ in range(steps):
            client.step(instance, 1)

    play(3)
    assert monitor(daemon, "start", instance, {"directory": directory}) == (200, {})
    assert client.get_env(instance)["record"] == directory
    play(3)
    play(2)
    assert monitor(daemon, "close", instance) == (200, {})
    assert client.get_env(instance)["record"] is None
    play(3)
    assert counts(client, directory) == [(2, 5)]
    assert monitor(daemon, "close", instance) == (200, {})
    # As gym: resume adds; so does what says nothing, since an old client's second run must not fail.
    for fields in ({"resume": True}, {}):
        assert monitor(daemon, "start", instance, {"directory": directory, "force": False, **fields}) == (200, {})
        play(3)
        assert monitor(daemon, "close", instance) == (200, {})
    assert counts(client, directory) == [(4, 11)]
    # Lua's client sends Booleans as strings, Clojure's another name.
    fields = {"directory": directory, "force": "true", "resume": "false", "video-callable": False}
    assert monitor(daemon, "start", instance, fields) == (200, {})
    assert counts(client, directory) == [(0, 0)]
    play(3)
    # A second start closes the first.
    assert monitor(daemon, "start", instance, {"directory": "other" + directory}) == (200, {})
    play(3)
    client.close_env(instance)
    assert counts(client, directory) == counts(client, "other" + directory) == [(1, 3)]
    assert not (tmp_path / "monitor").exists() and list(tmp_path.iterdir()) == []


def test_a_monitor_of_another_world_needs_force(daemon, client):
    cartpole = client.create_env("CartPole-v1")["instance_id"]
    lake = client.create_env("FrozenLake-v1")["instance_id"]
    assert monitor(daemon, "start", cartpole, {"directory": "shared"}) == (200, {})
    client.rollout(cartpole, policy="random", num_episodes=2)
    assert monitor(daemon, "close", cartpole) == (200, {})
    status, problem = monitor(daemon, "start", lake, {"directory": "shared", "resume": True})
    assert (status, problem["pointer"]) == (400, "/directory")
    assert monitor(daemon, "start", lake, {"directory": "shared", "force": True}) == (200, {})
    client.rollout(lake, policy="random", num_episodes=3)
    assert monitor(daemon, "close", lake) == (200, {})
    (item,) = [item for item in client.list_demonstrations(limit=1000)["items"] if item["name"] == "shared"]
    assert (item["env_id"], item["num_episodes"]) == ("FrozenLake-v1", 3)


def test_a_monitors_directory_may_be_long(daemon, client):
    instance = client.create_env("CartPole-v1")["instance_id"]
    assert monitor(daemon, "start", instance, {"directory": "/tmp/" + "x" * 300}) == (200, {})
    assert client.get_env(instance)["record"] == "x" * 200
    client.close_env(instance)


# What survives.


def test_a_kill_after_an_acknowledgement_loses_nothing(new_daemon):
    running = new_daemon().start()
    first = upload(running, "uploaded")["demonstration_id"]
    running.kill()
    running.start()
    for ours, theirs in zip(episodes_of(running, first), EPISODES, strict=True):
        assert same(ours, theirs)
    made(running, "POST", f"{ROOT}{first}/episodes", {"episodes": EPISODES[:1]})
    running.kill()
    running.start()
    assert len(episodes_of(running, first)) == len(EPISODES) + 1
    made(running, "DELETE", ROOT + first)
    running.kill()
    running.start()
    assert made(running, "GET", ROOT)["items"] == []


def test_a_kill_after_the_step_that_ended_an_episode_keeps_it(new_daemon):
    running = new_daemon().start()
    for round_ in range(1, 4):
        client = running.client()
        watcher = Watcher(client, "CartPole-v1", "disabled", 1, max_episode_steps=5, record="steps")
        watcher.reset(seed=round_)
        for _ in range(5):
            watcher.step()
        client.close()
        running.kill()
        running.start()
        (item,) = made(running, "GET", ROOT)["items"]
        recorded = episodes_of(running, item["demonstration_id"])
        assert len(recorded) == round_
        assert compared(recorded[-1]) == compared(watcher.ended[0])


def test_a_graceful_stop_keeps_the_part_so_far(new_daemon):
    running = new_daemon().start()
    client = running.client()
    watcher = Watcher(client, "CartPole-v1", "same_step", 2, record="stopped")
    watcher.reset(seed=3)
    for _ in range(4):
        watcher.step()
    assert running.stop() == 0
    running.start()
    watcher.cut(range(2))
    (item,) = made(running, "GET", ROOT)["items"]
    recorded = episodes_of(running, item["demonstration_id"])
    assert [compared(episode) for episode in recorded] == [compared(episode) for episode in watcher.ended]


def test_a_folder_of_the_version_before_is_brought_up_to_date(new_daemon):
    import sqlite3

    running = new_daemon().start()
    running.client().create_agent("CartPole-v1", name="old")
    assert running.stop() == 0
    with sqlite3.connect(running.state / "catalogue.sqlite") as catalogue:
        for table in ("labels", "demonstrationFiles", "demonstrations"):
            catalogue.execute(f"DROP TABLE {table}")
        catalogue.execute("DELETE FROM grdb_migrations WHERE identifier = '2'")
        catalogue.execute("PRAGMA user_version = 1")
    catalogue.close()
    client = running.start().client()
    assert [agent["name"] for agent in client.list_agents()["items"]] == ["old"]
    upload(running, "new")
    assert running.stop() == 0


# What is refused.


def changed(key, value):
    """The sample's second episode with one thing wrong."""
    return {**EPISODES[1], key: value}


SAMPLE = EPISODES[1]
LENGTH = len(SAMPLE["rewards"])
FALSE = [False] * LENGTH


def put(key, index, value):
    copied = list(SAMPLE[key])
    copied[index] = value
    return copied


OBSERVATION = SAMPLE["observations"][0]
BAD_EPISODES = [
    ("no object", 5, ""),
    ("an unknown field", {**SAMPLE, "notes": "x"}, "/notes"),
    ("no rewards", changed("rewards", None), "/rewards"),
    ("no step", changed("rewards", []), "/rewards"),
    ("a reward in words", changed("rewards", put("rewards", 2, "much")), "/rewards/2"),
    ("a null reward", changed("rewards", put("rewards", 0, None)), "/rewards/0"),
    ("an infinite reward", changed("rewards", put("rewards", 1, "Infinity")), "/rewards/1"),
    ("an observation too few", changed("observations", SAMPLE["observations"][:-1]), "/observations"),
    ("an action too many", changed("actions", SAMPLE["actions"] + SAMPLE["actions"][:1]), "/actions"),
    ("a flag too few", changed("terminations", FALSE[1:]), "/terminations"),
    ("observations as columns", changed("observations", {"position": []}), "/observations"),
    ("a key missing", changed("observations", put("observations", 3, {"position": [0, 0]})), "/observations/3/image"),
    ("an unknown key", changed("observations", put("observations", 0, {**OBSERVATION, "x": 1})), "/observations/0/x"),
    (
        "a short box", changed("observations", put("observations", 1, {**OBSERVATION, "position": [0]})),
        "/observations/1/position",
    ),
    (
        "a word in a box", changed("observations", put("observations", 1, {**OBSERVATION, "position": [0, "x"]})),
        "/observations/1/position/1",
    ),
    (
        "an infinity in a box",
        changed("observations", put("observations", 1, {**OBSERVATION, "position": [0, "Infinity"]})),
        "/observations/1/position/1",
    ),
    (
        "a number beyond float32",
        changed("observations", put("observations", 1, {**OBSERVATION, "position": [0, 1e39]})),
        "/observations/1/position/1",
    ),
    (
        "a fraction of a byte", changed("observations", put("observations", 1, {**OBSERVATION, "image": [[0.5, 0], [0, 0]]})),
        "/observations/1/image/0/0",
    ),
    (
        "more than a byte", changed("observations", put("observations", 1, {**OBSERVATION, "image": [[256, 0], [0, 0]]})),
        "/observations/1/image/0/0",
    ),
    ("a state beyond", changed("observations", put("observations", 2, {**OBSERVATION, "kind": 3})), "/observations/2/kind"),
    ("an action beyond", changed("actions", put("actions", 2, [4, [0.0]])), "/actions/2/0"),
    ("an action below its start", changed("actions", put("actions", 2, [0, [0.0]])), "/actions/2/0"),
    ("an action out of bounds", changed("actions", put("actions", 1, [1, [1.5]])), "/actions/1/1/0"),
    ("half an action", changed("actions", put("actions", 0, [1])), "/actions/0"),
    ("an early end", changed("terminations", [False, True] + FALSE[2:]), "/terminations/1"),
    ("an early cut", changed("truncations", [True] + FALSE[1:]), "/truncations/0"),
    ("a flag as a number", changed("truncations", [0] * LENGTH), "/truncations/0"),
    ("infos too few", changed("infos", [{}] * LENGTH), "/infos"),
    ("an info that is none", changed("infos", [{}] * LENGTH + [3]), f"/infos/{LENGTH}"),
    ("a negative seed", changed("seed", -1), "/seed"),
    ("an index in words", changed("env_index", "first"), "/env_index"),
]  # fmt: skip


def stored(daemon):
    """Every file of demonstrations with its bytes, and what the routes tell."""
    folder = daemon.state / "demonstrations"
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return files, made(daemon, "GET", ROOT + "?limit=1000")


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    from daemon import Daemon

    running = Daemon(tmp_path_factory.mktemp("refusing") / "lamd").start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def kept(target):
    return upload(target, "kept")["demonstration_id"]


@pytest.mark.parametrize(("bad", "pointer"), [row[1:] for row in BAD_EPISODES], ids=[row[0] for row in BAD_EPISODES])
def test_a_bad_episode_is_refused_by_pointer_and_nothing_is_stored(target, kept, bad, pointer):
    before = stored(target)
    batch = [EPISODES[0], EPISODES[2], bad]
    for path, body in [
        (ROOT, {"name": "half", "episodes": batch, **ABOUT}),
        (f"{ROOT}{kept}/episodes", {"episodes": batch}),
    ]:
        status, problem = send(target, "POST", path, body)
        assert (status, problem["pointer"]) == (400, "/episodes/2" + pointer), problem
    query = urlencode({"name": "half", **about_query(ABOUT)})
    for path in (f"{ROOT}?{query}", f"{ROOT}{kept}/episodes"):
        status, problem = send(target, "POST", path, lines(batch), NDJSON)
        assert (status, problem["pointer"]) == (400, pointer), problem
        assert problem["detail"].startswith("line 3: ")
    assert stored(target) == before


GOOD = safetensors.load(as_tensors(EPISODES))
STEPS = len(GOOD["rewards"])


def with_tensor(name, change):
    """The sample's tensors with one of them changed, or left out."""
    changed = change(GOOD[name].copy()) if name in GOOD else change(None)
    return {**{key: value for key, value in GOOD.items() if key != name}, **({} if changed is None else {name: changed})}


def assigned(index, value):
    def change(array):
        array[index] = value
        return array

    return change


BAD_TENSORS = [
    ("no rewards", "rewards", lambda _: None),
    ("rewards in columns", "rewards", lambda a: a[:, None]),
    ("whole rewards", "rewards", lambda a: a.astype(np.int64)),
    ("a reward that is no number", "rewards", assigned(3, np.nan)),
    ("an infinite reward", "rewards", assigned(0, np.inf)),
    ("no lengths", "episode_lengths", lambda _: None),
    ("an empty episode", "episode_lengths", assigned(0, 0)),
    ("a negative episode", "episode_lengths", assigned(0, -3)),
    ("too long an episode", "episode_lengths", assigned(0, 1 << 62)),
    ("lengths that do not add up", "episode_lengths", assigned(1, 2)),
    ("lengths in reals", "episode_lengths", lambda a: a.astype(np.float64)),
    ("no position", "observations.position", lambda _: None),
    ("a position too few", "observations.position", lambda a: a[1:]),
    ("a flat position", "observations.position", lambda a: a[:, :1]),
    ("a position that is no number", "observations.position", assigned((2, 1), np.nan)),
    ("an infinite position", "observations.position", assigned((2, 1), -np.inf)),
    ("a whole position", "observations.position", lambda a: a.astype(np.int32)),
    ("a kind beyond", "observations.kind", assigned(0, 3)),
    ("an action beyond", "actions.0", assigned(1, 4)),
    ("an action out of bounds", "actions.1", assigned((1, 0), 1.01)),
    ("an action that is no number", "actions.1", assigned((1, 0), np.nan)),
    ("an early end", "terminations", assigned(0, True)),
    ("flags in reals", "truncations", lambda a: a.astype(np.float32)),
    ("seeds in reals", "seeds", lambda a: a.astype(np.float64)),
    ("a seed of -2", "seeds", assigned(0, -2)),
    ("masks of no Discrete", "action_masks", lambda _: np.ones((STEPS + len(EPISODES), 3), bool)),
    ("infos that are no text", "infos", lambda a: a.astype(np.int64)),
    ("a line of infos too few", "infos", lambda a: a[: -3]),
    ("infos that are no JSON", "infos", assigned(0, ord("{"))),
    ("an unknown tensor", "notes", lambda _: np.zeros(3)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change"), [row[1:] for row in BAD_TENSORS], ids=[row[0] for row in BAD_TENSORS])
def test_a_bad_tensor_is_refused_by_name_and_nothing_is_stored(target, kept, name, change):
    before = stored(target)
    body = safetensors.dump(with_tensor(name, change))
    query = urlencode({"name": "half", **about_query(ABOUT)})
    for path in (f"{ROOT}?{query}", f"{ROOT}{kept}/episodes"):
        status, problem = send(target, "POST", path, body, TENSORS)
        assert (status, problem["pointer"]) == (400, f"/{name}"), problem
    assert stored(target) == before


BOX = {"type": "Box", "dtype": "float32", "shape": [2], "low": -1, "high": 1}
DISCRETE = {"type": "Discrete", "n": 2}
SPACES = {"observation_space": BOX, "action_space": DISCRETE}
BAD_SETS = [
    ("nothing", {}, "/episodes"),
    ("no name", {"episodes": [], **SPACES}, "/name"),
    ("an empty name", {"name": "", "episodes": [], **SPACES}, "/name"),
    ("too long a name", {"name": "x" * 201, "episodes": [], **SPACES}, "/name"),
    ("no spaces", {"name": "a", "episodes": []}, ""),
    ("one space", {"name": "a", "episodes": [], "action_space": DISCRETE}, "/observation_space"),
    ("an unknown world", {"name": "a", "episodes": [], "env_id": "Chess-v0"}, "/env_id"),
    ("an unknown kwarg", {"name": "a", "episodes": [], "env_id": "CartPole-v1", "kwargs": {"g": 1}}, "/kwargs/g"),
    ("kwargs of nothing", {"name": "a", "episodes": [], **SPACES, "kwargs": {"g": 1}}, "/kwargs"),
    (
        "a broken space",
        {"name": "a", "episodes": [], **SPACES, "observation_space": {"type": "Box", "shape": [2], "low": 0}},
        "/observation_space/high",
    ),
    (
        "text observed",
        {"name": "a", "episodes": [], **SPACES, "observation_space": {"type": "Text", "max_length": 5}},
        "/observation_space",
    ),
    (
        "nothing observed",
        {"name": "a", "episodes": [], **SPACES, "observation_space": {"type": "Dict", "subspaces": {}}},
        "/observation_space",
    ),
    ("metadata as a list", {"name": "a", "episodes": [], **SPACES, "metadata": [1]}, "/metadata"),
    ("too much metadata", {"name": "a", "episodes": [], **SPACES, "metadata": {"x": "y" * 66_000}}, "/metadata"),
    ("an unknown field", {"name": "a", "episodes": [], **SPACES, "size": 1}, "/size"),
    ("episodes as an object", {"name": "a", "episodes": {}, **SPACES}, "/episodes"),
    ("an expert of episodes", {"name": "a", "episodes": [], **SPACES, "expert": "scripted"}, "/expert"),
    ("an expert of spaces", {"name": "a", "expert": "scripted", **SPACES}, "/env_id"),
    ("an unknown expert", {"expert": "nobody", "env_id": "CartPole-v1"}, "/expert"),
    ("no episodes asked for", {"expert": "scripted", "env_id": "CartPole-v1", "num_episodes": 0}, "/num_episodes"),
    ("too much exploration", {"expert": "scripted", "env_id": "CartPole-v1", "exploration": 1.5}, "/exploration"),
    ("a negative seed", {"expert": "scripted", "env_id": "CartPole-v1", "seed": -1}, "/seed"),
    (
        "a mask for some",
        {"name": "a", **SPACES, "episodes": [
            {"observations": [[0, 0], [0, 0]], "actions": [0], "rewards": [0], "terminations": [True],
             "truncations": [False], "infos": [{"action_mask": [1, 1]}, {}]}]},
        "/episodes/0/infos/1/action_mask",
    ),
    (
        "a mask of twos",
        {"name": "a", **SPACES, "episodes": [
            {"observations": [[0, 0], [0, 0]], "actions": [0], "rewards": [0], "terminations": [True],
             "truncations": [False], "infos": [{"action_mask": [2, 1]}, {"action_mask": [1, 1]}]}]},
        "/episodes/0/infos/0/action_mask",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "pointer"), [row[1:] for row in BAD_SETS], ids=[row[0] for row in BAD_SETS])
def test_a_bad_set_is_refused_by_pointer(target, body, pointer):
    before = stored(target)
    status, problem = send(target, "POST", ROOT, body)
    assert (status, problem["pointer"]) == (400, pointer), problem
    assert stored(target) == before


def test_other_bad_requests(target, kept):
    before = stored(target)
    text = {"Content-Type": "text/plain"}
    rows = [
        ("POST", ROOT, "x", text, 415, None),
        ("POST", f"{ROOT}?name=a", {"name": "a"}, None, 400, "?name"),
        ("POST", f"{ROOT}?name=a&env=CartPole-v1", lines(EPISODES), NDJSON, 400, "?env"),
        ("POST", f"{ROOT}?name=a&env_id=Chess-v0", lines(EPISODES), NDJSON, 400, "?env_id"),
        ("POST", f"{ROOT}?name=a&env_id=CartPole-v1&kwargs=x", lines(EPISODES), NDJSON, 400, "?kwargs"),
        ("POST", f"{ROOT}?env_id=CartPole-v1", lines(EPISODES), NDJSON, 400, "?name"),
        ("POST", f"{ROOT}{kept}/episodes", "{}\n{", NDJSON, 400, "/rewards"),
        ("POST", f"{ROOT}{kept}/episodes", lines(EPISODES) + "[", NDJSON, 400, ""),
        ("POST", f"{ROOT}{kept}/episodes", '"' + "x" * (1 << 20) + '"', NDJSON, 413, ""),
        ("POST", f"{ROOT}{kept}/episodes", "[" * 5000, NDJSON, 400, ""),
        ("POST", f"{ROOT}{kept}/episodes", b"12345", TENSORS, 400, ""),
        ("POST", f"{ROOT}{kept}/episodes", {}, None, 400, "/episodes"),
        ("POST", f"{ROOT}ffffffff/episodes", {"episodes": []}, None, 404, None),
        ("GET", f"{ROOT}ffffffff", None, None, 404, None),
        ("GET", f"{ROOT}{kept}/file?format=hdf5", None, None, 400, "?format"),
        ("GET", f"{ROOT}{kept}/episodes?cursor=x", None, None, 400, "?cursor"),
        ("GET", f"{ROOT}{kept}/episodes?include=all", None, None, 400, "?include"),
        ("DELETE", f"{ROOT}ffffffff", None, None, 404, None),
        ("POST", ROOT, {"name": "kept", "episodes": [], **ABOUT}, None, 409, "/name"),
    ]  # fmt: skip
    for method, path, body, headers, expected, pointer in rows:
        status, problem = send(target, method, path, body, headers)
        assert (status, problem.get("pointer")) == (expected, pointer), (path, problem)
    assert stored(target) == before


def test_a_short_body_cannot_ask_for_much_memory(target):
    """Shapes that multiply to more than there is: refused before anything is made of them."""
    wide = {"type": "Box", "dtype": "float64", "shape": [1_000_000], "low": 0, "high": 1}
    zeros = [0] * 100_000
    body = {"name": "wide", "observation_space": wide, "action_space": DISCRETE, "episodes": [
        {"observations": [0, *zeros], "actions": zeros, "rewards": zeros,
         "terminations": [], "truncations": []}]}  # fmt: skip
    status, problem = send(target, "POST", ROOT, body)
    assert (status, problem["pointer"]) == (400, "/episodes/0/observations/0")
    query = urlencode({"name": "wide", "observation_space": json.dumps(wide), "action_space": json.dumps(DISCRETE)})
    tensors = {
        "rewards": np.zeros(500_000), "terminations": np.zeros(500_000, bool), "truncations": np.zeros(500_000, bool),
        "episode_lengths": np.array([500_000]), "observations": np.zeros((1, 1)), "actions": np.zeros(500_000, np.int64),
    }  # fmt: skip
    status, problem = send(target, "POST", f"{ROOT}?{query}", safetensors.dump(tensors), TENSORS)
    assert (status, problem["pointer"]) == (400, "/observations")
    integers = {"type": "Box", "dtype": "int64", "shape": [1], "low": "-Infinity", "high": "Infinity"}
    for value in (1e300, "Infinity", 9223372036854775807.0):
        episode = {"observations": [[value], [0]], "actions": [0], "rewards": [0], "terminations": [True], "truncations": [False]}
        body = {"name": "i", "observation_space": integers, "action_space": DISCRETE, "episodes": [episode]}
        status, problem = send(target, "POST", ROOT, body)
        assert (status, problem["pointer"]) == (400, "/episodes/0/observations/0/0"), problem


# Lists and pages.


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
        {"index": n, "length": n + 1, "return": 1.5 * (n + 1), "terminated": n % 2 == 0, "truncated": n % 2 == 1, "seed": n}
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


# Experts.


def test_an_expert_demonstrates(daemon, client):
    body = {"env_id": "CartPole-v1", "expert": "scripted", "num_episodes": 5, "seed": 100}
    first = made(daemon, "POST", ROOT, body)
    assert first["name"] == "CartPole-v1 scripted" and first["quality"]["returns"]["min"] == 500
    second = made(daemon, "POST", ROOT, {**body, "num_episodes": 2})
    assert second["name"] == "CartPole-v1 scripted 2"
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


# Quality.


def test_findings_are_plain_sentences(daemon):
    step = {"observations": [[0.0], [5.0]], "rewards": [1], "terminations": [False], "truncations": [False]}
    episodes = [{**step, "actions": [0]}] * 3 + [{**step, "actions": [1]}]
    about = {"observation_space": {"type": "Box", "shape": [1], "low": -1, "high": 1}, "action_space": {"type": "Discrete", "n": 3}}
    quality = upload(daemon, "poor", episodes, **about)["quality"]
    assert quality["duplicates"] == {"episodes": 2, "steps": 2}
    assert quality["contradictions"]["exact"] == {"observations": 1, "share": 0.25}
    assert quality["outside"] == [
        {"pointer": "/0", "count": 4, "low": -1.0, "high": 1.0, "seen_low": 0.0, "seen_high": 5.0}
    ]
    assert quality["actions"][0]["shares"] == [0.75, 0.25, 0.0] and quality["actions"][0]["never_taken"] == 1
    findings = {finding["kind"]: finding for finding in quality["findings"]}
    assert {"duplicate_episodes", "contradictions", "outside_bounds", "never_taken", "unfinished_episodes"} <= set(findings)
    assert "25.0 %" in findings["contradictions"]["sentence"]
    order = [["error", "warning", "info"].index(finding["severity"]) for finding in quality["findings"]]
    assert order == sorted(order)
    for finding in quality["findings"]:
        assert finding["sentence"][0].isupper() or finding["sentence"][0] in "/0123456789"
        assert finding["sentence"].endswith(".") and len(finding["sentence"]) > 40
    empty = upload(daemon, "empty", [], **about)["quality"]
    assert [finding["kind"] for finding in empty["findings"]] == ["empty"] and empty["returns"] is None


# Deletion.


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
    ids += [item["demonstration_id"] for item in client.list_demonstrations()["items"] if item["name"].endswith("recorded")]

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
