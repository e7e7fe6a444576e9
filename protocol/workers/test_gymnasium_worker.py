"""The worker for Gymnasium as a process, spoken to as the daemon does: `python -m pytest protocol/workers`, where numpy and
gymnasium are."""

import importlib.util
import json
import signal
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from frames import Worker

HERE = Path(__file__).parent
MODULE = '''
import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, Text, Tuple


class My(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array", "ansi"]}
    observation_space = Dict(
        {"position": Box(-np.inf, np.inf, (2, 2), np.float64), "parts": Tuple([Discrete(3, start=5), MultiBinary(4)])}
    )
    action_space = Dict({"speed": Box(-1, 1, (2,)), "gear": Discrete(3, start=-1)})

    def __init__(self, fails_at=None, shape=(2, 2)):
        assert np.isscalar(fails_at) or fails_at is None, "fails_at is a number"
        self.fails_at, self.shape, self.kept = fails_at, shape, []

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        if options is not None and "good" not in options:
            raise KeyError("good")
        return self.observe(), {}

    def step(self, action):
        assert type(action["gear"]) is np.int64 and action["speed"].dtype == np.float32
        assert action["speed"].shape == (2,)
        self.kept.append(action["speed"])
        if self.fails_at == action["gear"]:
            raise ValueError("no such gear")
        infos = {
            "kept": [float(each[0]) for each in self.kept], "inf": np.inf, "nan": np.nan, "big": 2**70, "bytes": b"x",
            "object": object(), "some": [1, object()], "array": np.array([[1, 2]], np.uint8), "flag": np.bool_(True),
            "deep": {"float": np.float32(0.5), 3: None, "object": object()}, "text": "\\udc80e\\0",
        }
        return self.observe(), np.float32(action["speed"].sum()), np.bool_(False), True, infos

    def observe(self):
        position = self.np_random.normal(size=self.shape)
        return {"position": position, "parts": (6, np.array([0, 1, 1, 0], np.int8))}


class Half(My):
    observation_space = Box(0, 1, (2,), np.float16)


class Worded(My):
    observation_space = Text(5)


gymnasium.register("My-v0", entry_point=My)
gymnasium.register("Half-v0", entry_point="mymodule:Half", max_episode_steps=7, reward_threshold=3.5)
gymnasium.register("Worded-v0", entry_point="mymodule:Worded")
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    # MuJoCo writes a log where it is.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mymodule.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("this is no Python")
    return tmp_path


@pytest.fixture
def worker(folder):
    worker = Worker([sys.executable, str(HERE / "gymnasium_worker.py")], folder)
    yield worker
    worker.end()


def said(value):
    """Infos, as JSON would have them."""
    return json.loads(json.dumps(value, default=lambda item: item.tolist()))


def parts(space, observation, name="observation"):
    if isinstance(space, gymnasium.spaces.Tuple):
        found = {}
        for index, part in enumerate(space.spaces):
            found.update(parts(part, observation[index], f"{name}.{index}"))
        return found
    return {name: observation}


TRAJECTORIES = [
    ("CartPole-v1", None), ("Taxi-v4", None), ("Blackjack-v1", None), ("FrozenLake-v1", None), ("Pendulum-v1", None),
    ("LunarLander-v3", "Box2D"), ("CarRacing-v3", "Box2D"), ("HalfCheetah-v5", "mujoco"),
]  # fmt: skip


@pytest.mark.parametrize("id, module", TRAJECTORIES)
def test_trajectories_are_gymnasiums(worker, id, module):
    if module:
        pytest.importorskip(module)
    made = worker.make(id, count=2)
    seeds = [7, 2**64 - 1]
    envs = [gymnasium.make(id, max_episode_steps=-1) for _ in seeds]
    space = envs[0].observation_space
    metadata, tensors = worker.reset(seeds)
    steps = [(*env.reset(seed=seed), 0.0, False, False) for env, seed in zip(envs, seeds)]
    steps = [(observation, *rest, info) for observation, info, *rest in steps]
    random = np.random.default_rng(1)
    for _ in range(40):
        for row, (observation, reward, terminated, truncated, info) in enumerate(steps):
            for name, part in parts(space, observation).items():
                assert np.array_equal(tensors[name][row], part), name
            if "reward" in tensors:
                ends = tensors["reward"][row], tensors["terminated"][row], tensors["truncated"][row]
                assert ends == (reward, terminated, truncated)
            assert json.loads(metadata.get("infos", "[{}, {}]"))[row] == said(info)
            assert made["action_mask"] == ("action_mask" in info)
            if made["action_mask"]:
                assert np.array_equal(tensors["action_mask"][row], info["action_mask"].astype(bool))
        ended = np.array([step[2] or step[3] for step in steps])
        if ended.any():
            metadata, tensors = worker.ask("reset", {"mask": ended}, handle=1)
            for row in np.flatnonzero(ended):
                observation, info = envs[row].reset()
                for name, part in parts(space, observation).items():
                    assert np.array_equal(tensors[name][row], part), name
        envs[0].action_space.seed(int(random.integers(1000)))
        actions = [envs[0].action_space.sample() for _ in envs]
        metadata, tensors = worker.step(actions)
        steps = [env.step(action) for env, action in zip(envs, actions)]


def test_a_mask_leaves_rows_alone(worker):
    worker.make("CartPole-v1", count=2)
    worker.reset([1, 2])
    env = gymnasium.make("CartPole-v1")
    env.reset(seed=2)
    worker.ask("step", {"action": np.array([1, 1]), "mask": np.array([True, False])}, handle=1)
    _, tensors = worker.step([0, 0])
    assert np.array_equal(tensors["observation"][1], env.step(0)[0])
    worker.ask("reset", {"mask": np.array([True, False]), "seed": np.array([5, 5], np.uint64)}, handle=1)
    _, tensors = worker.step([0, 0])
    assert np.array_equal(tensors["observation"][1], env.step(0)[0])


def test_time_limits_are_the_daemons(worker):
    worker.make("Pendulum-v1")
    worker.reset([0])
    for _ in range(250):
        _, tensors = worker.step(np.zeros((1, 1), np.float32))
    assert not tensors["truncated"][0]


def test_the_list_is_of_what_can_be_made(worker):
    listed = {each["id"]: each for each in json.loads(worker.ask("list")[0]["environments"])}
    assert listed["CartPole-v1"]["max_episode_steps"] == 500 and listed["CartPole-v1"]["reward_threshold"] == 475
    assert listed["FrozenLake8x8-v1"]["kwargs"]["map_name"] == "8x8"
    assert not {"Ant-v2", "GymV21Environment-v0"} & listed.keys() and "Ant-v5" in listed
    has_jax = importlib.util.find_spec("jax") is not None
    assert any(id.startswith(("phys2d/", "tabular/")) for id in listed) == has_jax


def test_plugins_are_found(worker):
    pytest.importorskip("highway_env")
    assert worker.make("highway-fast-v0")["observation_space"]["shape"] == [5, 5]
    assert any(each["id"] == "highway-v0" for each in json.loads(worker.ask("list")[0]["environments"]))


def test_descriptions(worker):
    (half,) = json.loads(worker.ask("list", id="mymodule:Half-v0")[0]["environments"])
    assert (half["id"], half["max_episode_steps"], half["reward_threshold"]) == ("mymodule:Half-v0", 7, 3.5)
    made = worker.make("CartPole-v1")
    assert made["action_space"] == {"type": "Discrete", "dtype": "int64", "n": 2, "start": 0}
    assert made["observation_space"]["low"][1] == "-Infinity"
    known = made["description"]
    assert (known["id"], known["render_modes"], known["render_fps"]) == ("CartPole-v1", ["rgb_array"], 50)
    assert known["kwargs"]["sutton_barto_reward"] is False and "render_mode" not in known["kwargs"]
    assert worker.make("Taxi-v4", render_mode="ansi")["description"]["render_modes"] == ["ansi"]


def test_every_kind_of_space_is_described(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.syspath_prepend(HERE.parent / "python" / "src")
    from gymnasium import spaces
    from gymnasium_worker import describe
    from lamd.spaces import decode_space

    for space in [
        spaces.Box(0, 255, (3, 2), np.uint8),
        spaces.Box(np.array([-np.inf, 0]), np.array([1, np.inf]), dtype=np.float64),
        spaces.Box(-2, 3.5, ()), spaces.MultiDiscrete([[2, 3], [4, 5]], start=[[1, 0], [0, 0]]), spaces.MultiBinary(3),
        spaces.MultiBinary([2, 2]), spaces.Text(5, min_length=2, charset="abc"), spaces.Discrete(4, start=-2),
        spaces.Dict(a=spaces.Discrete(2), b=spaces.Tuple([spaces.Text(3), spaces.MultiBinary(2)])),
        spaces.Sequence(spaces.Discrete(3), stack=True), spaces.OneOf([spaces.Discrete(2), spaces.Box(0, 1, (1,))]),
        spaces.Graph(spaces.Box(0, 1, (2,)), None), spaces.Graph(spaces.Discrete(2), spaces.Discrete(3)),
    ]:  # fmt: skip
        assert decode_space(json.loads(json.dumps(describe(space, "observation")))) == space


def test_a_module_of_the_users_own(worker):
    made = worker.make("mymodule:My-v0", count=2)
    assert made["observation_space"]["subspaces"]["parts"]["subspaces"][0]["start"] == 5
    assert made["description"]["render_modes"] == []
    _, tensors = worker.reset([3, 4])
    assert list(tensors["observation.parts.0"]) == [6, 6] and tensors["observation.parts.1"].dtype == np.int8
    assert np.array_equal(tensors["observation.position"][1], np.random.default_rng(4).normal(size=(2, 2)))
    for speed in (0.25, 0.5):
        actions = {"action.speed": np.full((2, 2), speed, np.float32), "action.gear": np.array([-1, 1])}
        metadata, tensors = worker.ask("step", actions, handle=1)
        assert list(tensors["reward"]) == [2 * speed] * 2 and tensors["truncated"].all()
    info = {
        "kept": [0.25, 0.5], "inf": "Infinity", "nan": None, "big": 2.0**70, "array": [[1, 2]], "flag": True,
        "deep": {"float": 0.5, "3": None}, "text": "?e",
    }  # fmt: skip
    assert json.loads(metadata["infos"]) == [info, info]
    assert worker.refused("render", handle=1, index=0, mode="rgb_array")[0] == "failed"


def test_errors_of_an_environment_leave_the_batch_usable(worker):
    worker.make("mymodule:My-v0", fails_at=0)
    worker.reset([3])
    actions = {"action.speed": np.zeros((1, 2), np.float32), "action.gear": np.array([0])}
    kind, sentence, _ = worker.refused("step", actions, handle=1)
    assert (kind, sentence) == ("failed", "mymodule:My-v0 raised ValueError: no such gear")
    kind, sentence, _ = worker.refused("reset", handle=1, options={"bad": 1})
    assert (kind, sentence) == ("invalid_option", "mymodule:My-v0 raised KeyError: 'good'")
    worker.reset([3], options={"good": 1})
    worker.ask("step", {**actions, "action.gear": np.array([1])}, handle=1)
    assert worker.refused("step", {"action.gear": np.array([1])}, handle=1)[0] == "failed"


def test_what_does_not_fit_its_space_fails(worker):
    worker.make("mymodule:My-v0", shape=[3])
    kind, sentence, _ = worker.refused("reset", handle=1)
    assert kind == "failed" and "observation.position has the shape (3,), not (2, 2)" in sentence
    kind, sentence, _ = worker.refused("make", id="mymodule:Half-v0", kwargs={}, handle=2, count=1)
    assert kind == "failed" and "observation has the dtype float16" in sentence
    assert worker.make("mymodule:Worded-v0", handle=3)["observation_space"]["type"] == "Text"
    kind, sentence, _ = worker.refused("reset", handle=3)
    assert kind == "failed" and "observation is in a Text" in sentence


@pytest.mark.parametrize(
    "id, kwargs, kind, name, words",
    [
        ("Nowhere-v0", {}, "unknown_environment", None, "Environment `Nowhere` doesn't exist"),
        ("CartPole-v9", {}, "unknown_environment", None, "Environment version `v9`"),
        ("no_such_module:A-v0", {}, "unknown_environment", None, "No module named 'no_such_module'"),
        ("broken:A-v0", {}, "unknown_environment", None, "SyntaxError"),
        ("not an id", {}, "unknown_environment", None, "alformed"),
        ("a:b:c", {}, "unknown_environment", None, "ValueError"),
        ("Ant-v2", {}, "unknown_environment", None, "gymnasium-robotics"),
        ("CartPole-v1", {"colour": 1}, "invalid_kwarg", "colour", "unexpected keyword argument 'colour'"),
        ("CartPole-v1", {"max_episode_steps": 5}, "invalid_kwarg", "max_episode_steps", "max_episode_steps"),
        ("CartPole-v1", {"render_mode": "human"}, "invalid_kwarg", "render_mode", "human"),
        ("mymodule:My-v0", {"fails_at": []}, "invalid_kwarg", None, "fails_at is a number"),
        ("FrozenLake-v1", {"map_name": "9x9"}, "invalid_kwarg", None, "9x9"),
    ],
)
def test_what_cannot_be_made(worker, id, kwargs, kind, name, words):
    found, sentence, at = worker.refused("make", id=id, kwargs=kwargs, handle=1, count=2)
    assert (found, at) == (kind, name) and words in sentence
    if kind == "unknown_environment" and id != "Ant-v2":
        assert worker.refused("list", id=id)[:2] == (kind, sentence)
    worker.make("CartPole-v1")


def test_requests_that_make_no_sense(worker):
    assert worker.refused("dance", handle=1)[0] == "failed"
    assert "there is no batch 4" in worker.refused("step", handle=4)[1]
    worker.make("CartPole-v1")
    assert worker.refused("step", handle=1)[0] == "failed"
    worker.make("Pendulum-v1", handle=2)
    torque = {"action": np.zeros((1, 1), np.float32)}
    assert worker.refused("step", torque, handle=2)[1].startswith("Pendulum-v1 raised ResetNeeded")
    worker.ask("close", handle=1)
    assert worker.refused("reset", handle=1)[0] == "failed"


def test_requests_may_wait_in_the_socket(worker):
    for handle in range(1, 4):
        worker.send("make", id="CartPole-v1", kwargs={}, handle=handle, count=1)
        worker.send("reset", {"seed": np.array([handle], np.uint64)}, handle=handle)
    worker.send("step", {"action": np.array([1])}, handle=2)
    answers = [worker.receive() for _ in range(7)]
    assert all("error" not in metadata for metadata, _ in answers)
    env = gymnasium.make("CartPole-v1")
    assert np.array_equal(answers[3][1]["observation"][0], env.reset(seed=2)[0])
    assert np.array_equal(answers[6][1]["observation"][0], env.step(1)[0])


def test_pictures(worker):
    worker.make("CartPole-v1", count=2)
    worker.reset([1, 2])
    _, tensors = worker.ask("render", handle=1, index=1, mode="rgb_array")
    env = gymnasium.make("CartPole-v1", render_mode="rgb_array")
    env.reset(seed=2)
    assert np.array_equal(tensors["frame"], env.render())
    kind, sentence, _ = worker.refused("render", handle=1, index=0, mode="ansi")
    assert kind == "failed" and "as it was made it has rgb_array" in sentence
    worker.make("FrozenLake-v1", handle=2, render_mode="ansi")
    worker.reset([1], handle=2)
    assert "SFFF" in worker.ask("render", handle=2, index=0, mode="ansi")[0]["text"].replace("\x1b[41mS\x1b[0m", "S")
    worker.make("CartPole-v1", handle=3, render_mode="rgb_array_list")
    worker.reset([1], handle=3)
    assert worker.ask("render", handle=3, index=0, mode="rgb_array")[1]["frame"].shape == (400, 600, 3)


def test_mujoco_draws_without_a_display(worker):
    pytest.importorskip("mujoco")
    worker.make("Ant-v5")
    worker.reset([1])
    frame = worker.ask("render", handle=1, index=0, mode="rgb_array")[1]["frame"]
    assert frame.shape == (480, 480, 3) and frame.std() > 0


def test_the_worker_ends_with_its_socket_and_with_nothing_else(worker):
    worker.make("CartPole-v1")
    worker.process.send_signal(signal.SIGINT)
    worker.reset([1])
    worker.send("step", {"action": np.array([1])}, handle=1)
    code, errors = worker.end()
    assert code == 0 and "Traceback" not in errors


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc")
def test_it_needs_no_file(folder):
    with open(HERE / "gymnasium_worker.py") as file:
        worker = Worker([sys.executable, "/proc/self/fd/4"], folder, file)
    worker.make("mymodule:My-v0")
    assert worker.end()[0] == 0
