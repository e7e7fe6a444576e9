"""When to water a field, and how much: an environment that lives in this program, and an agent that learns from it.

    python docs/recipes/irrigation.py [--url http://127.0.0.1:8808] [--seasons 240] [--seed 1]

A hectare of maize, 125 days from sowing to harvest. Each morning the farmer sees how dry the soil is, what the crop
will need, and whether rain is forecast, and gives 0 to 40 mm of water. A plant that lacks water grows less; what the soil
cannot hold is lost; rain may come the day after all was paid for.

The soil is a bucket, from which the crop drinks as in FAO Irrigation and Drainage Paper 56 (R. G. Allen et al., 1998,
chapter 8); the yield falls with what it did not drink as in Paper 33 (J. Doorenbos and A. H. Kassam, 1979). Rain is a
Markov chain of wet and dry days with exponential amounts (C. W. Richardson, 1981). A toy: one field, known to the last
millimetre, in a climate without years, and prices that were made up.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import lamd
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

# The crop: days of the four stages, what it drinks of what grass would (Kc), the share of the soil's water that it
# takes without effort (p), and how much of the yield it costs to drink less (Ky). FAO 56, tables 11, 12, 22; FAO 33.
STAGES, DAYS = (20, 35, 40, 30), 125
CROP = np.interp(np.arange(DAYS) + 0.5, np.cumsum((0, *STAGES)), (0.3, 0.3, 1.2, 1.2, 0.6))
EASY, YIELD_RESPONSE = 0.55, 1.25
# The weather: what grass would drink in a day (ET0), and rain.
GRASS = 5.0  # mm
NEED = CROP * GRASS
WET_AFTER = (0.15, 0.4)  # How often a day is wet after a dry and after a wet one.
RAIN = 9.0  # mm on a wet day, on average
FORECAST = 0.8  # How often it is right.
# The field and the prices.
HOLDS = 140.0  # mm of water that the roots can reach in the soil
HARVEST, WATER, WORK = 2_000.0, 1.0, 8.0  # for all of it, for a mm, for each day with any

AMOUNTS = (0, 10, 20, 30, 40)  # mm

# How dry the soil is as a share of what it holds, the day, its need in mm, whether it rained yesterday, and is to today.
OBSERVATIONS = spaces.Box(0, np.array([1, DAYS, 10, 1, 1], np.float32))
ACTIONS = spaces.Discrete(len(AMOUNTS))

# Water that is given today is drunk within two weeks: looking farther ahead only adds noise.
SETTINGS = {"discount": 0.95}

Farmer = Callable[[Sequence["Field"]], Sequence[int]]
"""Says for each of many fields which of the amounts it gets."""

Numbers = NDArray[np.float64]


def drinks(dry: Numbers, need: float) -> Numbers:
    """What the crop drinks of what it needs, where the soil lacks so many mm."""
    return need * np.clip((HOLDS - dry) / ((1 - EASY) * HOLDS), 0, 1)


def earns(need: float, drunk: Numbers) -> Numbers:
    """A day's part of the harvest."""
    return HARVEST * (need - YIELD_RESPONSE * (need - drunk)) / NEED.sum()


def pass_day(day: int, dry: Numbers, amount: int, rain: Numbers) -> tuple[Numbers, Numbers]:
    """What a day brings of the harvest less what its water costs, and how dry the soil is then."""
    dry = np.maximum(dry - AMOUNTS[amount] - rain, 0)
    drunk = drinks(dry, NEED[day])
    return earns(NEED[day], drunk) - WATER * AMOUNTS[amount] - WORK * (amount > 0), np.minimum(dry + drunk, HOLDS)


class Field:
    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        self.day, self.dry, self.was_wet = 0, random.uniform(0, 0.3) * HOLDS, False
        self._dawn()

    def _dawn(self) -> None:
        self.is_wet = bool(self.random.random() < WET_AFTER[self.was_wet])
        self.forecast = self.is_wet == bool(self.random.random() < FORECAST)

    def water(self, amount: int) -> float:
        """Waters, and a day passes. What it brings."""
        rain = self.random.exponential(RAIN) if self.is_wet else 0.0
        reward, dry = pass_day(self.day, np.float64(self.dry), amount, rain)
        self.day, self.dry, self.was_wet = self.day + 1, float(dry), self.is_wet
        self._dawn()
        return float(reward)

    def observe(self) -> list[float]:
        need = NEED[min(self.day, DAYS - 1)]
        return [self.dry / HOLDS, self.day, need, float(self.was_wet), float(self.forecast)]


def anything(fields: Sequence[Field]) -> Sequence[int]:
    return [int(each.random.integers(len(AMOUNTS))) for each in fields]


def nothing(fields: Sequence[Field]) -> Sequence[int]:
    return [0] * len(fields)


def threshold(share: float, amount: int) -> Farmer:
    """So much once the soil lacks that share of what it holds, unless rain is forecast."""
    return lambda fields: [amount if each.dry > share * HOLDS and not each.forecast else 0 for each in fields]


def best_threshold() -> Farmer:
    """The best of its kind, by a hundred seasons each."""
    rules = [threshold(share, amount) for share in np.arange(0.2, 0.7, 0.1) for amount in range(1, len(AMOUNTS))]
    return max(rules, key=lambda rule: worth(rule, 100, seed=3).mean())


def best() -> Farmer:
    """The best there is for who knows this model, by dynamic programming backwards from the harvest."""
    grid = np.linspace(0, HOLDS, 141)
    rains = -RAIN * np.log(1 - (np.arange(20) + 0.5) / 20)
    plan = np.zeros((DAYS, 2, 2, len(grid)), int)
    later = np.zeros((2, len(grid)))

    def brings(day: int, amount: int, rain: Numbers, is_wet: bool) -> Numbers:
        reward, dry = pass_day(day, grid[:, None], amount, rain)
        return (reward + np.interp(dry, grid, later[int(is_wet)])).mean(axis=1)

    for day in reversed(range(DAYS)):
        amounts = range(len(AMOUNTS))
        if_dry = np.array([brings(day, amount, np.zeros(1), False) for amount in amounts])
        if_wet = np.array([brings(day, amount, rains, True) for amount in amounts])
        later = np.zeros((2, len(grid)))
        for was_wet, wet in enumerate(WET_AFTER):
            for forecast, right in enumerate((1 - FORECAST, FORECAST)):
                # By the chances of such a forecast and such weather together, so that both forecasts add up.
                values = wet * right * if_wet + (1 - wet) * (1 - right) * if_dry
                plan[day, was_wet, forecast] = values.argmax(axis=0)
                later[was_wet] += values.max(axis=0)

    def choose(field: Field) -> int:
        return int(plan[field.day, int(field.was_wet), int(field.forecast), round(field.dry / HOLDS * (len(grid) - 1))])

    return lambda fields: [choose(each) for each in fields]


def served(client: lamd.Client, agent: str) -> Farmer:
    return lambda fields: client.act(agent, observations=[each.observe() for each in fields])["actions"]


def worth(farmer: Farmer, fields: int = 300, seed: int = 1_000_000) -> Numbers:
    """What each of so many fields brings in a season; the same weather for the same seed."""
    sown = [Field(np.random.default_rng((seed, number))) for number in range(fields)]
    returns = np.zeros(fields)
    for _ in range(DAYS):
        returns += [field.water(amount) for field, amount in zip(sown, farmer(sown))]
    return returns


def settle(client: lamd.Client, agent: str) -> None:
    """Waits until all that was observed is learned; the last of it is published some seconds later."""
    while client.get_agent(agent)["pending_updates"]:
        time.sleep(0.1)
    time.sleep(3)


def learn(client: lamd.Client, seasons: int, seed: int) -> tuple[str, list[tuple[int, float]]]:
    """An agent after so many seasons, and what it would have earned in between: after so many days, so much."""
    agent = client.create_agent(
        observation_space=OBSERVATIONS, action_space=ACTIONS, hyperparameters=SETTINGS, seed=seed
    )["agent_id"]
    random = np.random.default_rng(seed)
    curve = []
    with lamd.External(client, agent, every=DAYS) as episodes:
        for number in range(seasons):
            if number % max(seasons // 10, 1) == 0:
                curve.append((number * DAYS, float(worth(served(client, agent), 50).mean())))
            field = Field(random)
            action = episodes.start(field.observe())
            while action is not None:
                reward = field.water(action)
                action = episodes.step(reward, field.observe(), terminated=field.day == DAYS)
    settle(client, agent)
    curve.append((seasons * DAYS, float(worth(served(client, agent), 50).mean())))
    return agent, curve


def references(fields: int = 300, seed: int = 2) -> dict[str, float]:
    """What others earn."""
    farmers = {
        "at random": anything,
        "no water": nothing,
        "the best threshold": best_threshold(),
        "the best there is": best(),
    }
    return {name: float(worth(farmer, fields, seed).mean()) for name, farmer in farmers.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url")
    parser.add_argument("--seasons", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for name, mean in references().items():
        print(f"{mean:7.0f}  {name}")
    client = lamd.Client(given.url)
    agent, curve = learn(client, given.seasons, given.seed)
    for days, mean in curve:
        print(f"{mean:7.0f}  as learned from {days} days")
    print(f"{worth(served(client, agent), seed=2).mean():7.0f}  as learned, agent {agent}")


if __name__ == "__main__":
    main()
