"""Environments that live in clients: episodes by act and observe, from many at once, sent again where replies are lost."""

import math
import re
import subprocess
import threading
import time
from collections import defaultdict
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import lamd

SPACES = {"observation_space": gymnasium.spaces.Discrete(6), "action_space": gymnasium.spaces.Discrete(2)}
SMALL = {
    "hidden_sizes": [32],
    "learning_starts": 100,
    "batch_size": 32,
    "exploration": {"initial": 1.0, "final": 0.1, "steps": 800},
}


class Corridor:
    """Six places in a row: the last is worth 1, each step costs 0.05, and 30 steps are all there are."""

    BEST = 1 - 0.05 * 5

    def reset(self):
        self.place, self.steps = 0, 0
        return self.place

    def play(self, action):
        self.place = max(0, self.place + (1 if action == 1 else -1))
        self.steps += 1
        terminated = self.place == 5
        return self.place, float(terminated) - 0.05, terminated, self.steps == 30


@pytest.fixture
def agent(client):
    agent = client.create_agent(**SPACES, seed=1, hyperparameters=SMALL)["agent_id"]
    yield agent
    client.delete_agent(agent)


def transition(episode, step, **changes):
    return {
        "observation": step % 6,
        "action": 1,
        "reward": 0.0,
        "next_observation": (step + 1) % 6,
        "terminated": False,
        "episode_id": episode,
        "step": step,
        **changes,
    }


def test_what_is_sent_again_is_taken_once(client, agent):
    first = [transition("a", step) for step in range(3)]
    assert client.observe(agent, first) == {
        "observed": 3,
        "repeated": 0,
        "episodes": 0,
        "returns": [],
        "steps": 3,
        "pending_updates": 0,
    }
    # All of it again, then a part of it with what comes next, which another episode crosses.
    again = client.observe(agent, first)
    assert (again["observed"], again["repeated"], again["steps"]) == (0, 3, 3)
    mixed = [transition("a", 2), transition("b", 0), transition("a", 3, terminated=True), transition("a", 3)]
    reply = client.observe(agent, mixed)
    assert (reply["observed"], reply["repeated"], reply["steps"], reply["episodes"]) == (2, 2, 5, 1)
    # An episode's last step is known after its end, too; what is told without a step always counts.
    assert client.observe(agent, [transition("a", 3, terminated=True)])["episodes"] == 0
    unnumbered = {key: value for key, value in transition("a", 0).items() if key != "step"}
    assert client.observe(agent, [unnumbered, unnumbered])["steps"] == 7
    # What a client left out is its own affair.
    assert client.observe(agent, [transition("b", 10)])["steps"] == 8
    assert client.get_agent(agent)["episodes"] == 1


def test_of_what_is_sent_again_the_rest_keeps_its_masks(client):
    agent = client.create_agent(**SPACES, seed=1, is_masked=True, hyperparameters=SMALL)["agent_id"]
    masks = [{"action_mask": [0, 1], "next_action_mask": [1, step % 2]} for step in range(4)]
    steps = [transition("a", step, **mask) for step, mask in enumerate(masks)]
    assert client.observe(agent, steps[:2])["observed"] == 2
    reply = client.observe(agent, [*steps, transition("a", 4, action=0, action_mask=[1, 0], next_action_mask=[1, 1])])
    assert (reply["observed"], reply["repeated"], reply["steps"]) == (3, 2, 5)
    client.delete_agent(agent)


def test_a_step_without_its_episode_is_refused(client, agent):
    with pytest.raises(lamd.Problem) as refused:
        client.observe(agent, [{key: value for key, value in transition("", 0).items() if key != "episode_id"}])
    assert refused.value.status == 400 and refused.value.pointer == "/transitions/0/step"
    with pytest.raises(lamd.Problem) as refused:
        client.observe(agent, [transition("a", -1)])
    assert refused.value.pointer == "/transitions/0/step"


class Forgetful(lamd.Client):
    """Every third reply to observe is lost, and the request is sent again."""

    count = 0

    def observe(self, *arguments, **options):
        self.count += 1
        reply = super().observe(*arguments, **options)
        return super().observe(*arguments, **options) if self.count % 3 == 0 else reply


def play(url, agent, episodes, every, played):
    with lamd.External(Forgetful(url), agent, every=every) as external:
        for _ in range(episodes):
            game = Corridor()
            action = external.start(game.reset())
            while action is not None:
                place, reward, terminated, truncated = game.play(action)
                action = external.step(reward, place, terminated=terminated, truncated=truncated)
                played.append(reward)


def test_four_clients_teach_one_agent(daemon, client, agent):
    played = []
    threads = [
        threading.Thread(target=play, args=(daemon.url, agent, 60, every, played)) for every in (1, 1, 4, 16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + 60
    while client.get_agent(agent)["pending_updates"] and time.monotonic() < deadline:
        time.sleep(0.1)
    known = client.get_agent(agent)
    assert known["steps"] == len(played) and known["episodes"] == 240
    best = lambda: [client.act(agent, place)["action"] for place in range(5)]
    while best() != [1] * 5 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert best() == [1] * 5
    with lamd.External(client, agent, explore=False, learn=False) as external:
        game = Corridor()
        action = external.start(game.reset())
        while action is not None:
            place, reward, terminated, truncated = game.play(action)
            action = external.step(reward, place, terminated=terminated, truncated=truncated)
    assert external.returns == pytest.approx([Corridor.BEST])


def test_returns_are_told_where_episodes_end(client, agent):
    assert client.get_agent(agent)["observed_return"] is None
    first = [transition("a", step, reward=float(step)) for step in range(3)]
    mixed = [transition("b", 0, reward=-1.0, terminated=True), transition("a", 3, reward=0.5, truncated=True)]
    assert client.observe(agent, first)["returns"] == []
    assert client.observe(agent, [*first, *mixed])["returns"] == [-1.0, 3.5]
    assert client.get_agent(agent)["observed_return"] == 1.25
    unnamed = {"observation": 0, "action": 1, "reward": 2.0, "next_observation": 1, "terminated": False}
    assert client.observe(agent, [unnamed, {**unnamed, "terminated": True}])["returns"] == [4.0]


@pytest.mark.parametrize("every", [1, 2])
def test_an_episode_that_is_left_ends_for_the_agent_too(client, agent, every):
    with lamd.External(client, agent, every=every) as external:
        external.start(0)
        for place in range(4):
            external.step(1.0, place)
        external.start(0)
        assert client.get_agent(agent)["episodes"] == 1
        external.step(1.0, 1)
    known = client.get_agent(agent)
    assert (known["steps"], known["episodes"], external.returns) == (5, 2, [4.0, 1.0])
    assert known["observed_return"] == 2.5


def test_an_episode_that_is_left_ends_as_truncated(client, agent):
    external = lamd.External(client, agent, every=10)
    with pytest.raises(RuntimeError):
        external.step(1.0, 0)
    external.start(0)
    external.step(1.0, np.int64(1), took=np.int64(0))
    external.step(2.0, 2)
    assert client.get_agent(agent)["steps"] == 0
    external.start(0)
    assert external.returns == [3.0]
    external.close()
    known = client.get_agent(agent)
    assert (known["steps"], known["episodes"]) == (2, 1)


INVENTORY = Path(__file__).parents[2] / "docs/recipes/inventory.mjs"


def shop(daemon, *arguments):
    command = ["node", INVENTORY, "--url", daemon.url, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_shop_in_javascript_learns_how_much_to_order(daemon):
    said, error = shop(daemon).communicate(timeout=120)
    assert not error
    random, learned, best = map(float, re.findall(r"-?[0-9]+\.[0-9]+", said))
    assert random < 0.8 * best and learned > 0.9 * best, said


def day(stock, order, demand):
    """What a day brings in the shop, and what is left."""
    there = min(stock + order, 20)
    left = max(there - demand, 0)
    return 4 * (there - left) - 2 * (there - stock) - 0.25 * left, left


def worth(orders):
    """What a day of a month brings on average, by an order for each stock: exactly."""
    likely = [math.comb(10, demand) / 2**10 for demand in range(11)]
    at, total = {0: 1.0}, 0.0
    for _ in range(30):
        after = defaultdict(float)
        for stock, chance in at.items():
            for demand, asked in enumerate(likely):
                reward, left = day(stock, orders[stock], demand)
                total += chance * asked * reward
                after[left] += chance * asked
        at = after
    return total / 30


def test_clients_in_two_languages_teach_one_agent_to_its_target(daemon, client):
    spaces = {"observation_space": gymnasium.spaces.Discrete(21), "action_space": gymnasium.spaces.Discrete(11)}
    settings = {"discount": 0.8, "n_step": 1}
    agent = client.create_agent(**spaces, seed=1, hyperparameters=settings)["agent_id"]
    shops = [shop(daemon, "--agent", agent, "--episodes", 75, "--seed", seed) for seed in (1, 2)]

    def order(seed):
        demands = np.random.default_rng(seed)
        with lamd.External(Forgetful(daemon.url), agent, every=5) as external:
            for _ in range(75):
                stock = 0
                action = external.start(stock)
                for number in range(30):
                    reward, stock = day(stock, action, demands.binomial(10, 0.5))
                    action = external.step(reward, stock, truncated=number == 29)

    threads = [threading.Thread(target=order, args=(seed,)) for seed in (3, 4)]
    for thread in threads:
        thread.start()
    assert [int(one.communicate(timeout=120)[0]) for one in shops] == [2250, 2250]
    for thread in threads:
        thread.join()
    known = client.get_agent(agent)
    assert (known["steps"], known["episodes"]) == (4 * 2250, 4 * 75)
    # The best order fills the shelf up to one number: nine tenths of what that brings is the target.
    target = 0.9 * max(worth([min(max(level - stock, 0), 10) for stock in range(21)]) for level in range(21))
    learned = lambda: worth([client.act(agent, stock)["action"] for stock in range(21)])
    deadline = time.monotonic() + 60
    while learned() < target and time.monotonic() < deadline:
        time.sleep(0.5)
    assert learned() >= target
    client.delete_agent(agent)
