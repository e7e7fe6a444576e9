"""docs/recipes: their programs and the walk by curl, as they are written."""

import re
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from daemon import ROOT, Daemon

import lamd

RECIPES = ROOT / "docs" / "recipes"
sys.path.insert(0, str(RECIPES))

import connect_four  # noqa: E402
import irrigation  # noqa: E402
import treatment  # noqa: E402


def board(*rows):
    """Connect Four's lowest rows: x one's own pieces, o the other's."""
    padded = ["." * 7] * (6 - len(rows)) + list(rows)
    return np.array([[(piece == "x", piece == "o") for piece in row] for row in padded], np.int8)


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        (("xxx....",), 3),
        (("ooo....",), 3),
        (("ooo.xxx", "xoxxoox"), 3),
        (("x......", "x......", "x.o.o.o"), 0),
        (("..x....", ".xo....", "xooxo.."), None),
    ],
)
def test_the_script_wins_where_it_can_and_blocks_where_it_must(rows, column):
    chosen = {connect_four.scripted(board(*rows), np.random.default_rng(seed)) for seed in range(20)}
    assert chosen == {column} if column is not None else len(chosen) > 1


def test_connect_four_is_played_through_the_daemon(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(RECIPES))
    daemon = Daemon(tmp_path / "lamd", "--gymnasium", sys.executable).start()
    own = gymnasium.make("ConnectFour-v0")
    ours = lamd.make("gymnasium/connect_four:ConnectFour-v0", url=daemon.url)
    rewards = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        (shown, info), (expected, own_info) = ours.reset(seed=seed), own.reset(seed=seed)
        ended = False
        while not ended:
            assert np.array_equal(shown, expected) and np.array_equal(info["action_mask"], own_info["action_mask"])
            column = int(random.choice(np.flatnonzero(info["action_mask"])))
            shown, reward, ended, _, info = ours.step(column)
            expected, own_reward, own_ended, _, own_info = own.step(column)
            assert (reward, ended) == (own_reward, own_ended)
        rewards.append(reward)
    assert set(rewards) <= {-1.0, 0.0, 1.0} and sum(rewards) < 0
    ours.close()
    assert daemon.stop() == 0


@pytest.mark.parametrize(
    ("program", "arguments"), [("treatment", ["--patients", "20"]), ("irrigation", ["--seasons", "3"])]
)
def test_programs_run(daemon, program, arguments):
    command = [sys.executable, RECIPES / f"{program}.py", "--url", daemon.url, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert "as learned, agent" in ran.stdout


def test_who_knows_more_does_better():
    for program, order in (
        (treatment, ["at random", "for everybody", "by likelihood"]),
        (irrigation, ["at random", "the best threshold", "the best there is"]),
    ):
        found = program.references(100)
        worths = [next(worth for name, worth in found.items() if wanted in name) for wanted in order]
        assert worths == sorted(worths) and len(set(worths)) == 3, found


def test_the_walk_by_curl_does_what_it_says(daemon, tmp_path):
    walk = (RECIPES / "README.md").read_text().split("Learning begins")[0]
    steps = []
    for block in re.findall(r"```console\n(.*?)```", walk, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append([line[2:].replace("U=http://127.0.0.1:8808", f"U={daemon.url}"), None])
            else:
                steps[-1][1] = line
    script = "set -eu\n" + "\n".join(f"{command}; echo" for command, _ in steps)
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    said = [shown for _, shown in steps if shown and shown.startswith('{"observed"')]
    assert len(said) == 3 and [line for line in ran.stdout.splitlines() if line.startswith('{"observed"')][:2] == said[:2]
    assert said[-1] in ran.stdout
