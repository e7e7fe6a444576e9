"""The example in JavaScript as a process, spoken to as the daemon does: `python -m pytest protocol/workers`, where node is."""

import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from frames import Worker

HERE = Path(__file__).parent


@pytest.fixture
def example(tmp_path):
    assert shutil.which("node"), "the example needs node"
    worker = Worker(["node", str(HERE / "example.mjs")], tmp_path)
    yield worker
    assert worker.end() == (0, "")


def test_example_counts(example):
    made = example.make("Count-v0", count=2, target=3)
    assert made["observation_space"]["high"] == 3 and not made["action_mask"]
    assert list(example.reset([1, 2])[1]["observation"].ravel()) == [0, 0]
    example.ask("step", {"action": np.array([1, 1]), "mask": np.array([True, False])}, handle=1)
    example.step([1, 1])
    _, tensors = example.step([1, 1])
    assert tensors["observation"].tolist() == [[3], [2]] and tensors["observation"].dtype == np.float32
    assert tensors["terminated"].tolist() == [True, False] and tensors["reward"].tolist() == [1, 1]
    assert example.ask("render", handle=1, index=1, mode="ansi")[0]["text"] == "2 of 3\n"
    assert example.reset([1, 2], options={"start": 2})[1]["observation"].tolist() == [[2], [2]]


def test_example_walks(example):
    assert example.make("GridWalk-v0", count=3, size=4)["action_mask"] is True
    metadata, tensors = example.reset([5, 2**64 - 1, 5])
    places = tensors["observation"]
    assert places.dtype == np.int64 and places.shape == (3, 2) and np.array_equal(places[0], places[2])
    for _ in range(6):
        for row, (x, y) in enumerate(places):
            assert json.loads(metadata["infos"])[row] == {"distance": 6 - x - y}
            assert tensors["action_mask"][row].tolist() == [x < 3, y < 3, x > 0, y > 0]
        action = np.array([0 if x < 3 else 1 for x, _ in places])
        metadata, tensors = example.step(action)
        places = tensors["observation"]
    assert places.tolist() == [[3, 3]] * 3 and tensors["terminated"].all()
    assert tensors["action_mask"][0].tolist() == [False, False, True, True]
    frame = example.ask("render", handle=1, index=0, mode="rgb_array")[1]["frame"]
    assert frame.shape == (64, 64, 3) and frame[-1, -1].tolist() == [220, 60, 60]


def test_example_goes_on_with_its_generator(example):
    example.make("GridWalk-v0", size=50)
    once = [example.reset([9])[1]["observation"].tolist(), example.ask("reset", handle=1)[1]["observation"].tolist()]
    again = [example.reset([9])[1]["observation"].tolist(), example.ask("reset", handle=1)[1]["observation"].tolist()]
    assert once == again and once[0] != once[1]


def test_example_refuses(example):
    assert {each["id"] for each in json.loads(example.ask("list")[0]["environments"])} == {"Count-v0", "GridWalk-v0"}
    assert json.loads(example.ask("list", id="Count-v0")[0]["environments"])[0]["kwargs"] == {"target": 10}
    assert example.refused("list", id="A-v0")[0] == "unknown_environment"
    assert example.refused("make", id="toString", kwargs={}, handle=1, count=1)[0] == "unknown_environment"
    make = {"id": "Count-v0", "handle": 1, "count": 1}
    assert example.refused("make", **make, kwargs={"tarhet": 1})[::2] == ("invalid_kwarg", "tarhet")
    assert example.refused("make", **make, kwargs={"target": 0.5})[::2] == ("invalid_kwarg", "target")
    example.make("Count-v0")
    assert example.refused("reset", handle=1, options={"start": 10})[::2] == ("invalid_option", "start")
    example.reset([1])


def test_example_survives_what_fails():
    worker = Worker(["node", str(HERE / "example.mjs")], HERE)
    assert worker.refused("dance")[0] == "failed"
    worker.make("Count-v0")
    assert worker.refused("step", {"action": np.array([1])}, handle=1)[0] == "failed"
    assert worker.refused("render", handle=1, index=0, mode="rgb_array")[0] == "failed"
    worker.process.send_signal(signal.SIGINT)
    worker.send("reset", handle=1)
    worker.send("step", {"action": np.array([1])}, handle=1)
    worker.send("close", handle=1)
    answers = [worker.receive() for _ in range(3)]
    assert answers[1][1]["observation"].tolist() == [[1]] and answers[2] == ({}, {})
    assert worker.refused("reset", handle=1)[0] == "failed"
    assert worker.end()[0] == 0
