"""Writes Tests/EnvironmentsTests/ExpertReferences.swift with Gymnasium 1.4.0 and numpy. Run it from the package's root.

Tables: policy iteration by linear equations on Gymnasium's `P`. Blackjack: all hands of Gymnasium's own rules.
"""

from functools import cache

import gymnasium as gym
import numpy as np
from gymnasium.envs.toy_text.blackjack import deck, is_bust, is_natural, score, sum_hand, usable_ace

TABLES = [
    ("FrozenLake-v1", {}),
    ("FrozenLake-v1", {"is_slippery": False}),
    ("FrozenLake-v1", {"desc": ["SFSF", "FHFF", "SFFG"], "success_rate": 0.7, "reward_schedule": [5, -2, -0.25]}),
    ("FrozenLake8x8-v1", {}),
    ("Taxi-v4", {}),
    ("Taxi-v4", {"is_rainy": True, "rainy_probability": 0.31}),
    ("CliffWalking-v1", {}),
    ("CliffWalkingSlippery-v1", {}),
]
#: Where a world has no time limit.
LIMIT = 1000
CARDS = {card: deck.count(card) / len(deck) for card in set(deck)}


def tables(env):
    states, actions = len(env.P), len(env.P[0])
    transitions, rewards = np.zeros((states, actions, states)), np.zeros((states, actions))
    for state in range(states):
        for action in range(actions):
            for probability, following, reward, terminated in env.P[state][action]:
                rewards[state, action] += probability * reward
                transitions[state, action, following] += 0 if terminated else probability
    return transitions, rewards


def optimum(id, kwargs):
    """What the best policy by discounted values is worth under the time limit, and the most that any could be."""
    env = gym.make(id, **kwargs)
    limit = env.spec.max_episode_steps or LIMIT
    transitions, rewards = tables(env.unwrapped)
    discount, everything = 1 - 1 / limit, np.arange(len(rewards))
    policy = np.zeros(len(rewards), int)
    while True:
        matrix = np.eye(len(rewards)) - discount * transitions[everything, policy]
        q = rewards + discount * transitions @ np.linalg.solve(matrix, rewards[everything, policy])
        if np.all(q[everything, policy] >= q.max(1) - 1e-9):
            break
        policy = q.argmax(1)
    value, bound = np.zeros(len(rewards)), np.zeros(len(rewards))
    for _ in range(limit):
        value = (rewards + transitions @ value)[everything, policy]
        bound = (rewards + transitions @ bound).max(1)
    initial = env.unwrapped.initial_state_distrib
    return float(initial @ value), float(initial @ bound)


@cache
def dealt(hand):
    """How probable it is that the dealer ends with each score, naturally or not."""
    if sum_hand(hand) >= 17:
        return {(score(hand), bool(is_natural(hand))): 1.0}
    ends = {}
    for card, probability in CARDS.items():
        for end, rest in dealt(tuple(sorted((*hand, card)))).items():
            ends[end] = ends.get(end, 0) + probability * rest
    return ends


@cache
def stick(player, shown, natural, sab):
    """`BlackjackEnv.step`, averaged."""
    value = 0.0
    for hidden, chance in CARDS.items():
        for (dealer, dealer_is_natural), probability in dealt(tuple(sorted((shown, hidden)))).items():
            reward = float(score(player) > dealer) - float(score(player) < dealer)
            if sab and is_natural(player) and not dealer_is_natural:
                reward = 1.0
            elif not sab and natural and is_natural(player) and reward == 1.0:
                reward = 1.5
            value += chance * probability * reward
    return value


@cache
def hit(player, shown, natural, sab):
    value = 0.0
    for card, probability in CARDS.items():
        hand = tuple(sorted((*player, card)))
        value += probability * (-1 if is_bust(hand) else max(stick(hand, shown, natural, sab), hit(hand, shown, natural, sab)))
    return value


def blackjack(natural, sab):
    """The value of a hand, and whether to hit in each observation that two cards or more can show."""
    value, hits = 0.0, {}
    hands, seen = [tuple(sorted((a, b))) for a in CARDS for b in CARDS], set()
    for shown, chance in CARDS.items():
        for a, first in CARDS.items():
            for b, second in CARDS.items():
                hand = tuple(sorted((a, b)))
                best = max(stick(hand, shown, natural, sab), hit(hand, shown, natural, sab))
                value += chance * first * second * best
    while hands:
        hand = hands.pop()
        if hand in seen:
            continue
        seen.add(hand)
        for shown in CARDS:
            key = (int(bool(usable_ace(hand))), int(sum_hand(hand)), shown)
            choice = hit(hand, shown, natural, sab) > stick(hand, shown, natural, sab)
            assert hits.setdefault(key, choice) == choice, "an observation says enough"
        hands += [more for card in CARDS if not is_bust(more := tuple(sorted((*hand, card))))]
    return value, hits


def swift(x):
    if isinstance(x, dict):
        return "[%s]" % (", ".join(f'"{k}": {swift(v)}' for k, v in x.items()) or ":")
    if isinstance(x, (list, tuple)):
        return "[%s]" % ", ".join(map(swift, x))
    if isinstance(x, bool):
        return "true" if x else "false"
    return f'"{x}"' if isinstance(x, str) else repr(x)


with open("Tests/EnvironmentsTests/ExpertReferences.swift", "w") as file:
    file.write("import Gym\n\n// Written by Tests/Goldens/experts.py.\n\n")
    file.write("/// What the best policy by discounted values is worth under the time limit, and the most that any could be.\n")
    file.write("let tableOptima: [(id: String, kwargs: Value, value: Double, bound: Double)] = [\n")
    for id, kwargs in TABLES:
        value, bound = optimum(id, kwargs)
        file.write(f"    (\n        {swift(id)}, {swift(kwargs)},\n        {value!r}, {bound!r}\n    ),\n")
    rules = {(natural, sab): blackjack(natural, sab) for natural, sab in ((False, True), (False, False), (True, False))}
    strategies = [hits for _, hits in rules.values()]
    assert all(hits == strategies[0] for hits in strategies)
    file.write("]\n\n/// The best value of a hand of Blackjack under each of its rules.\n")
    file.write("let blackjackValues: [(kwargs: Value, value: Double)] = [\n")
    for (natural, sab), (value, _) in rules.items():
        file.write(f'    (["natural": {swift(natural)}, "sab": {swift(sab)}], {value!r}),\n')
    file.write("]\n\n/// For each usable ace, sum and card shown from ace to ten: whether to hit (1) or stick (0).\n")
    file.write("let blackjackStrategy: [(ace: Int64, sum: Int64, hits: String)] = [\n")
    for ace, total in sorted({key[:2] for key in strategies[0]}):
        row = "".join(str(int(strategies[0][ace, total, shown])) for shown in range(1, 11))
        file.write(f'    ({ace}, {total}, "{row}"),\n')
    file.write("]\n")
