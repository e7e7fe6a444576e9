"""Environments in worker processes: Gymnasium's own beside PyPI's, bit for bit, and a worker in JavaScript."""

import subprocess
import sys
import threading

import gymnasium
import numpy as np
import pytest
from daemon import BINARY, Daemon
from gymnasium.utils.env_checker import data_equivalence
from hosting import COUNT, catalogue, modules, refused
from processes import is_alive, until, workers
from rogue_worlds import Odd
from test_parity import MODES, assert_same, episode
from worlds import gymnasiums_own, gymnasiums_vector, play_alike, same_bits

import lamd
from lamd.spaces import decode_space, encode

__all__ = ["modules"]

CASES = [
    ("CartPole-v1", {"sutton_barto_reward": True}),
    ("Taxi-v4", {}),
    ("Blackjack-v1", {}),
    ("LunarLander-v3", {}),
    ("LunarLanderContinuous-v3", {}),
    ("FrozenLake-v1", {"map_name": "8x8"}),
    ("Reacher-v5", {}),
]
SMALL = {"hidden_sizes": [32], "learning_starts": 100, "batch_size": 32}
every_case = pytest.mark.parametrize(("env_id", "kwargs"), CASES, ids=[env_id for env_id, _ in CASES])


@pytest.fixture(scope="module")
def daemon(modules, tmp_path_factory):
    """One that hosts."""
    state = tmp_path_factory.mktemp("hosting") / "lamd"
    running = Daemon(state, "--gymnasium", sys.executable, "--worker", COUNT).start()
    yield running
    assert running.is_running, running.log.read_text()
    started = workers(running)
    assert running.stop() == 0
    assert started and not any(map(is_alive, started))


# Beside PyPI's.


def said(info):
    """An info as JSON has it: its numbers are of the widest kind."""
    if isinstance(info, dict):
        return {key: said(value) for key, value in info.items()}
    if isinstance(info, np.ndarray) and info.dtype == np.float32:
        return info.astype(np.float64)
    if isinstance(info, list):
        return [said(value) for value in info]
    return info.item() if isinstance(info, np.generic) else info


def assert_equal(ours, own):
    *found, info = ours
    *expected, its_info = own
    assert data_equivalence(found, expected, exact=True), (found, expected)
    assert data_equivalence(said(info), said(its_info), exact=True), (info, its_info)


@every_case
def test_whole_episodes_are_equal(client, env_id, kwargs):
    own = gymnasiums_own(env_id, **kwargs)
    created = client.create_env(f"gymnasium/{env_id}", kwargs=kwargs)
    space = decode_space(created["observation_space"])
    assert space == own.observation_space and decode_space(created["action_space"]) == own.action_space
    # Without a seed the generator goes on.
    expected = [episode(own, seed) for seed in (1, 2, None, None, 2)]
    for seed, part in ((1, expected[:1]), (2, expected[1:4]), (2, expected[4:])):
        actions = [encode(own.action_space, action) for one in part for action in one[1]]
        reply = client.rollout(created["instance_id"], actions=actions, seed=seed)
        assert reply["lengths"] == [len(one[1]) for one in part]
        for played, (*rest, infos) in zip(reply["episodes"], part):
            assert_same(env_id, space, played, (*rest, said(infos)))
    client.delete_env(created["instance_id"])


@every_case
def test_single_steps_are_equal(daemon, env_id, kwargs):
    own = gymnasiums_own(env_id, max_episode_steps=15, **kwargs)
    ours = lamd.make(f"gymnasium/{env_id}", url=daemon.url, max_episode_steps=15, **kwargs)
    assert ours.spec.max_episode_steps == 15
    own.action_space.seed(3)
    for seed in (0, 2**32 + 1, None):
        assert_equal(ours.reset(seed=seed), own.reset(seed=seed))
        over = False
        while not over:
            action = own.action_space.sample()
            observation, reward, *rest = own.step(action)
            assert_equal(ours.step(action), (observation, float(reward), *rest))
            over = rest[0] or rest[1]
    ours.close()


@pytest.mark.parametrize("mode", MODES, ids=[mode.name for mode in MODES])
@pytest.mark.parametrize("env_id", ["Taxi-v4", "Blackjack-v1", "LunarLander-v3", "Reacher-v5"])
def test_a_vector_over_two_processes_equals_gymnasiums_own(daemon, env_id, mode):
    own = gymnasiums_vector(env_id, 5, mode, max_episode_steps=20)
    ours = lamd.make_vec(f"gymnasium/{env_id}", 5, autoreset_mode=mode, url=daemon.url, max_episode_steps=20)
    assert len(workers(daemon, sys.executable)) == 2
    play_alike(ours, own, mode, 70, assert_equal)
    ours.close()


@pytest.mark.parametrize(
    "wrapper", [{"wrapper": "FrameStackObservation", "stack_size": 3}, {"wrapper": "RecordEpisodeStatistics"}]
)
def test_wrappers_are_gymnasiums(daemon, wrapper):
    arguments = {key: value for key, value in wrapper.items() if key != "wrapper"}
    own = getattr(gymnasium.wrappers, wrapper["wrapper"])(gymnasiums_own("LunarLander-v3"), **arguments)
    ours = lamd.make("gymnasium/LunarLander-v3", url=daemon.url, wrappers=[wrapper])
    assert ours.observation_space == own.observation_space
    own.action_space.seed(2)
    assert same_bits(ours.reset(seed=4)[0], own.reset(seed=4)[0])
    over = False
    while not over:
        action = own.action_space.sample()
        observation, reward, terminated, truncated, info = own.step(action)
        found = ours.step(action)
        assert same_bits(found[0], observation) and found[1:4] == (float(reward), terminated, truncated)
        over = terminated or truncated
    assert ("episode" in found[4]) == ("episode" in info)
    if "episode" in info:
        assert [found[4]["episode"][key] for key in "rl"] == [info["episode"][key] for key in "rl"]
    ours.close()


# Forms.


@pytest.mark.parametrize("env_id", ["gymnasium/Blackjack-v1", "gymnasium/Taxi-v4", "count/GridWalk-v0"])
def test_tensors_say_what_json_says(client, env_id):
    by_json, by_tensors = (client.create_env(env_id, num_envs=3)["instance_id"] for _ in range(2))

    def same(reply, tensors):
        for name in set(reply) & {"reward", "terminated", "truncated"}:
            assert tensors[name].tolist() == reply[name]
        for row, observation in enumerate(reply["observation"]):
            parts = observation if env_id == "gymnasium/Blackjack-v1" else [observation]
            names = [f"observation.{each}" for each in range(3)] if len(parts) == 3 else ["observation"]
            assert [tensors[name][row].tolist() for name in names] == parts
        if "action_mask" in reply["info"]:
            assert tensors["info.action_mask"].tolist() == reply["info"]["action_mask"]

    same(client.reset(by_json, seed=9), client.reset(by_tensors, seed=9, tensors=True))
    for step in range(20):
        action = [step % 2, 1, 0]
        same(client.step(by_json, action), client.step(by_tensors, np.array(action), tensors=True))
    for each in (by_json, by_tensors):
        client.delete_env(each)


@pytest.mark.parametrize("space", ["nested", "integers"])
def test_a_world_of_ones_own_keeps_what_it_shows(daemon, space):
    expected = Odd.SPACES[space]
    single = lamd.make("gymnasium/rogue_worlds:Odd-v0", url=daemon.url, space=space)
    assert single.observation_space == expected[0]
    assert data_equivalence(single.reset()[0], expected[1], exact=True)
    vector = lamd.make_vec("gymnasium/rogue_worlds:Odd-v0", 3, url=daemon.url, space=space)
    empty = gymnasium.vector.utils.create_empty_array(expected[0], 3)
    rows = gymnasium.vector.utils.concatenate(expected[0], [expected[1]] * 3, empty)
    assert data_equivalence(vector.reset()[0], rows, exact=True)
    single.close()
    vector.close()


def test_pictures_are_gymnasiums(client):
    own = gymnasiums_own("LunarLander-v3", render_mode="rgb_array")
    # Flames are only there from the first picture on where nobody says that there will be pictures.
    kwargs = {"render_mode": "rgb_array"}
    instance = client.create_env("gymnasium/LunarLander-v3", num_envs=3, kwargs=kwargs)["instance_id"]
    client.reset(instance, seed=3)
    own.reset(seed=5)
    for _ in range(5):
        client.step(instance, [0, 1, 2])
        own.step(2)
    assert np.array_equal(client.render(instance, mode="rgb_array", env_index=2), own.render())
    assert client.render(instance, mode="png", env_index=2).startswith(b"\x89PNG")
    assert refused(client.render, instance, mode="ansi").pointer == "?mode"
    client.delete_env(instance)


def test_texts_are_gymnasiums(client):
    own = gymnasiums_own("FrozenLake-v1", render_mode="ansi")
    instance = client.create_env("gymnasium/FrozenLake-v1", kwargs={"render_mode": "ansi"})["instance_id"]
    client.reset(instance, seed=3)
    own.reset(seed=3)
    assert client.render(instance, mode="ansi") == own.render()
    client.step(instance, 2)
    own.step(2)
    assert client.render(instance, mode="ansi") == own.render()
    client.delete_env(instance)


# What there is, and what there is not.


def test_the_command_line_describes_what_workers_host(daemon):
    command = [BINARY, "envs", "gymnasium/LunarLander-v3", "--url", daemon.url]
    assert "Discrete(4)" in subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_catalogue_lists_what_workers_host(client):
    assert until(lambda: {"gymnasium/LunarLander-v3", "count/GridWalk-v0"} <= set(catalogue(client)))
    items = catalogue(client)
    assert "CartPole-v1" in items and "count/Count-v0" in items
    hosted = items["gymnasium/LunarLander-v3"]
    assert hosted["observation_space"] is None and hosted["action_space"] is None
    described = client.get_environment("gymnasium/LunarLander-v3")
    own = gymnasiums_own("LunarLander-v3")
    assert decode_space(described["observation_space"]) == own.observation_space
    assert decode_space(described["action_space"]) == own.action_space
    assert (described["max_episode_steps"], described["reward_threshold"]) == (1000, 200)
    assert {"png", "rgb_array"} <= set(described["render_modes"])
    assert not described["transition_table"]
    assert refused(client.get_environment, "gymnasium/Nowhere-v0").status == 404


REFUSED = [
    ("gymnasium/Nowhere-v0", {}, "unknown_environment", "/env_id"),
    ("gymnasium/no_such_module:My-v0", {}, "unknown_environment", "/env_id"),
    ("gymnasium/", {}, "unknown_environment", "/env_id"),
    ("count/Nowhere-v0", {}, "unknown_environment", "/env_id"),
    ("nobody/Count-v0", {}, "unknown_environment", "/env_id"),
    ("gymnasium/LunarLander-v3", {"windy": 1}, "invalid_value", "/kwargs/windy"),
    ("gymnasium/LunarLander-v3", {"render_mode": "human"}, "invalid_value", "/kwargs/render_mode"),
    ("count/Count-v0", {"target": 0}, "invalid_value", "/kwargs/target"),
    ("gymnasium/rogue_worlds:Odd-v0", {"space": "words"}, "invalid_value", "/env_id"),
]


@pytest.mark.parametrize(("env_id", "kwargs", "code", "pointer"), REFUSED, ids=[f"{each[:2]}" for each in REFUSED])
def test_what_is_not_there_is_refused(client, env_id, kwargs, code, pointer):
    problem = refused(client.create_env, env_id, kwargs=kwargs)
    assert (problem.status, problem.code, problem.pointer) == (400, code, pointer)
    assert len(problem.detail) > 10


def test_what_another_process_hosts_is_not_saved(client):
    instance = client.create_env("gymnasium/CartPole-v1")["instance_id"]
    client.reset(instance, seed=1)
    for problem in (refused(client.snapshot, instance), refused(client.fork, instance, copies=2)):
        assert problem.status == 400 and "gymnasium/CartPole-v1" in problem.detail and "snapshot" in problem.detail
    assert client.step(instance, 0)["reward"] == 1
    client.delete_env(instance)


# Agents.


def test_an_agent_learns_is_recorded_and_cloned(client):
    agent = client.create_agent("gymnasium/CartPole-v1", seed=1, hyperparameters=SMALL)["agent_id"]
    job = client.train(agent, steps=400, evaluate={"num_episodes": 3}, wait=True)
    assert job["state"] == "succeeded", job
    assert client.get_agent(agent)["steps"] == 400
    # The daemon's own world is the same, so is what the agent does in it.
    hosted = client.evaluate(agent, num_episodes=10, seed=5)
    assert hosted["returns"] == client.evaluate(agent, num_episodes=10, seed=5, env_id="CartPole-v1")["returns"]
    instance = client.create_env("gymnasium/CartPole-v1", record="hosted")["instance_id"]
    played = client.rollout(instance, agent_id=agent, num_episodes=4, seed=5)
    client.delete_env(instance)
    (shown,) = [each for each in client.list_demonstrations()["items"] if each["name"] == "hosted"]
    assert (shown["num_episodes"], shown["num_steps"]) == (4, sum(played["lengths"]))
    clone = client.create_agent("gymnasium/CartPole-v1", seed=2, hyperparameters={"hidden_sizes": [32]})["agent_id"]
    job = client.train(clone, demonstrations=[shown["demonstration_id"]], updates=100, wait=True)
    assert job["state"] == "succeeded", job
    assert client.evaluate(clone, num_episodes=2)["mean_return"] > 0
    for each in (agent, clone):
        client.delete_agent(each)


def test_a_worker_in_javascript_is_like_the_others(client):
    kwargs = {"size": 4}
    instance = client.create_env("count/GridWalk-v0", kwargs=kwargs, num_envs=3)["instance_id"]
    first, again = client.reset(instance, seed=7), client.reset(instance, seed=8)
    assert first["observation"][1:] == again["observation"][:2]
    for _ in range(10):
        for (x, y), distance in zip(again["observation"], again["info"]["distance"]):
            assert distance == 6 - x - y
        again = client.step(instance, [0, 1, 2])
    frame = client.render(instance, mode="rgb_array", env_index=2)
    assert frame.shape == (64, 64, 3) and frame[0, 0].tolist() in ([220, 60, 60], [235, 235, 235])
    assert client.render(instance, mode="png", env_index=0).startswith(b"\x89PNG")
    client.delete_env(instance)


def test_episodes_show_a_worker_s_masks(client):
    instance = client.create_env("count/GridWalk-v0", max_episode_steps=50)["instance_id"]
    for played in client.rollout(instance, policy="random", num_episodes=5, seed=1)["episodes"]:
        for (x, y), info in zip(played["observations"], played["infos"]):
            assert info == {"distance": 8 - x - y, "action_mask": [x < 4, y < 4, x > 0, y > 0]}
    client.delete_env(instance)


def test_an_agent_learns_in_javascript(client):
    kwargs = {"size": 3}
    agent = client.create_agent("count/GridWalk-v0", kwargs=kwargs, seed=1, hyperparameters=SMALL)["agent_id"]
    instance = client.create_env("count/GridWalk-v0", kwargs=kwargs)["instance_id"]
    best = [-float(client.reset(instance, seed=seed)["info"]["distance"]) for seed in range(10)]
    for _ in range(5):
        job = client.train(agent, kwargs=kwargs, steps=1000, wait=True)
        assert job["state"] == "succeeded", job
        found = client.evaluate(agent, kwargs=kwargs, num_episodes=10, seed=0)["returns"]
        if found == best:
            break
    assert found == best
    client.delete_env(instance)
    client.delete_agent(agent)


def test_a_daemon_that_is_stopped_goes_on_with_a_hosted_training(new_daemon):
    running = new_daemon("lamd", "--gymnasium", sys.executable, "--worker-processes", "1").start()
    client = running.client()
    agent = client.create_agent("gymnasium/CartPole-v1", seed=1, hyperparameters=SMALL)["agent_id"]
    job = client.train(agent, steps=3000)["job_id"]
    assert until(lambda: client.get_job(job)["metrics"]["steps"] > 500)
    assert client.get_job(job)["state"] == "running"
    assert running.stop() == 0
    client = running.start().client()
    resumed = client.get_job(job)
    assert resumed["state"] in ("queued", "running") and resumed["metrics"]["steps"] > 500
    done = list(client.stream_job(job))[-1].data
    assert done["state"] == "succeeded", done
    assert client.get_agent(agent)["steps"] == 3000
    assert running.stop() == 0


# Side by side.


def test_a_slow_step_keeps_only_its_own_session_busy(new_daemon):
    # Of a daemon of its own, where the second session is in the second process.
    daemon = new_daemon("lamd", "--gymnasium", sys.executable).start()
    client = daemon.client()
    slow = client.create_env("gymnasium/rogue_worlds:Slow-v0")["instance_id"]
    other = client.create_env("gymnasium/CartPole-v1")["instance_id"]
    own = client.create_env("CartPole-v1")["instance_id"]
    for instance in (slow, other, own):
        client.reset(instance, seed=1)

    def step() -> None:
        # One of the resets below may hold the session just then.
        taken = False
        while not taken:
            try:
                taken = bool(daemon.client().step(slow, 0))
            except lamd.Problem as problem:
                assert problem.status == 409

    thread = threading.Thread(target=step)
    thread.start()
    problems, steps = [], 0
    while thread.is_alive():
        for instance in (other, own):
            if client.step(instance, steps % 2)["terminated"]:
                client.reset(instance)
        steps += 1
        try:
            client.reset(slow)
        except lamd.Problem as problem:
            problems.append((problem.status, problem.code))
    thread.join()
    assert steps > 1 and set(problems) == {(409, "session_busy")}, (steps, problems)
    assert client.reset(slow)["observation"] == [0]
