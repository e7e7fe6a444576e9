"""What sessions record is what their clients saw, and survives whatever comes; so do uploads."""

import shutil
import sqlite3
import time

import pytest
from demonstrations import EPISODES, ROOT, compared, element, episodes_of, made, same, send, upload

import lamd


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
    running = new_daemon().start()
    running.client().create_agent("CartPole-v1", name="old")
    assert running.stop() == 0
    with sqlite3.connect(running.state / "catalogue.sqlite") as catalogue:
        for table in ("labels", "demonstrationFiles", "demonstrations"):
            catalogue.execute(f"DROP TABLE {table}")
        for table in ("tokens", "replies", "servings", "audit"):
            catalogue.execute(f"DROP TABLE {table}")
        for column in ("tenant", "guard", "killed"):
            catalogue.execute(f"ALTER TABLE agents DROP COLUMN {column}")
        catalogue.execute("DELETE FROM grdb_migrations WHERE identifier > '1'")
        catalogue.execute("PRAGMA user_version = 1")
    catalogue.close()
    shutil.rmtree(running.state / "audit")
    client = running.start().client()
    assert [agent["name"] for agent in client.list_agents()["items"]] == ["old"]
    upload(running, "new")
    assert running.stop() == 0
