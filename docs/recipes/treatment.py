"""How much of a drug to give: an environment that lives in this program, and an agent that learns from it.

    python docs/recipes/treatment.py [--url http://127.0.0.1:8808] [--patients 1500] [--seed 1]

Vancomycin, an antibiotic, every twelve hours for a week. Too little does not cure, too much harms the kidneys: the area
under the curve of its concentration is to be 200 to 300 mg·h/L in each twelve hours. Patients differ in how fast they
clear it. Known are their weight, how fast their kidneys clear creatinine, and before each dose the concentration, as a
laboratory measures it.

One compartment, from which a share goes each hour. What patients clear on average, and that it is a matter of their
kidneys, is from G. R. Matzke et al., "Pharmacokinetics of vancomycin in patients with various degrees of renal
function" (1984). A toy: no patient was treated by it, and none may be.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence

import lamd
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

HOURS, DOSES = 12, 14
STEP, MOST = 125, 2_000  # mg
LOW, HIGH = 200.0, 300.0  # mg·h/L
VOLUME = 0.75  # L/kg
# Standard deviations of logarithms: how much patients differ from their mean, and measurements from the truth.
CLEARANCE_SPREAD, VOLUME_SPREAD, ERROR = 0.3, 0.15, 0.05

# Weight, creatinine clearance, the concentration before the last dose, that dose, the concentration now.
OBSERVATIONS = spaces.Box(0, np.inf, (5,))
ACTIONS = spaces.Discrete(MOST // STEP + 1)

# A dose matters for a day or two.
SETTINGS = {"discount": 0.8}

Doctor = Callable[[Sequence["Patient"]], Sequence[float]]
"""Gives each of many patients a dose, in mg."""


class Patient:
    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        self.weight = random.uniform(50, 100)
        self.creatinine = random.uniform(30, 130)
        self.volume = VOLUME * self.weight * random.lognormal(0, VOLUME_SPREAD)
        self.clearance = mean_clearance(self.creatinine) * random.lognormal(0, CLEARANCE_SPREAD)
        self.concentration = 0.0
        self.measured = [0.0]
        self.doses: list[float] = []

    def give(self, dose: float) -> float:
        """A dose, and twelve hours. 1 where the area was right, 0 where it was too small, -1 where it was too large."""
        rate = self.clearance / self.volume
        peak = self.concentration + dose / self.volume
        self.concentration = peak * math.exp(-rate * HOURS)
        self.doses.append(dose)
        self.measured.append(self.concentration * self.random.lognormal(0, ERROR))
        area = (peak - self.concentration) / rate
        return -1.0 if area > HIGH else float(area >= LOW)

    def observe(self) -> list[float]:
        before, dose = (self.measured[-2], self.doses[-1]) if self.doses else (0.0, 0.0)
        return [self.weight, self.creatinine, before, dose, self.measured[-1]]


def mean_clearance(creatinine: float) -> float:
    """What patients of that creatinine clearance, in ml/min, clear on average, in L/h."""
    return (0.689 * creatinine + 3.66) * 60 / 1_000


def anything(patients: Sequence[Patient]) -> Sequence[float]:
    return [float(each.random.integers(ACTIONS.n)) * STEP for each in patients]


def same(dose: float) -> Doctor:
    return lambda patients: [dose] * len(patients)


def by_kidneys(patients: Sequence[Patient]) -> Sequence[float]:
    """As much as such patients clear on average."""
    return [(LOW + HIGH) / 2 * mean_clearance(each.creatinine) for each in patients]


def by_likelihood(patients: Sequence[Patient]) -> Sequence[float]:
    """The dose that promises most, by how likely each clearance and volume is after all that was measured.

    It knows this model and each of its numbers, which no doctor does.
    """
    return [_most_promising(each) for each in patients]


def _most_promising(patient: Patient) -> float:
    one, other = np.meshgrid(np.linspace(-2.5, 2.5, 31), np.linspace(-2.5, 2.5, 15))
    clearance = mean_clearance(patient.creatinine) * np.exp(CLEARANCE_SPREAD * one)
    volume = VOLUME * patient.weight * np.exp(VOLUME_SPREAD * other)
    stays = np.exp(-clearance / volume * HOURS)
    likely, level = -(one**2 + other**2) / 2, np.zeros_like(volume)
    for dose, measured in zip(patient.doses, patient.measured[1:]):
        level = (level + dose / volume) * stays
        likely -= (np.log(np.maximum(measured, 1e-9) / np.maximum(level, 1e-9)) / ERROR) ** 2 / 2
    doses = STEP * np.arange(ACTIONS.n)[:, None, None]
    areas = (level + doses / volume) * (1 - stays) * volume / clearance
    rewards = 1.0 * ((areas >= LOW) & (areas <= HIGH)) - (areas > HIGH)
    return float(STEP * (rewards * np.exp(likely - likely.max())).sum((1, 2)).argmax())


def served(client: lamd.Client, agent: str) -> Doctor:
    def treat(patients: Sequence[Patient]) -> Sequence[float]:
        actions = client.act(agent, observations=[each.observe() for each in patients])["actions"]
        return [STEP * action for action in actions]

    return treat


def worth(doctor: Doctor, patients: int = 300, seed: int = 1_000_000) -> NDArray[np.float64]:
    """What each of so many patients came to in a week, 14 at best; the same patients for the same seed."""
    ill = [Patient(np.random.default_rng((seed, number))) for number in range(patients)]
    returns = np.zeros(patients)
    for _ in range(DOSES):
        returns += [patient.give(dose) for patient, dose in zip(ill, doctor(ill))]
    return returns


def settle(client: lamd.Client, agent: str) -> None:
    """Waits until all that was observed is learned; the last of it is published some seconds later."""
    while client.get_agent(agent)["pending_updates"]:
        time.sleep(0.1)
    time.sleep(3)


def learn(client: lamd.Client, patients: int, seed: int) -> tuple[str, list[tuple[int, float]]]:
    """An agent that has treated so many, and how the next ones fared in between: after so many doses, so well."""
    agent = client.create_agent(
        observation_space=OBSERVATIONS, action_space=ACTIONS, hyperparameters=SETTINGS, seed=seed
    )["agent_id"]
    random = np.random.default_rng(seed)
    curve = []
    with lamd.External(client, agent, every=DOSES) as episodes:
        for number in range(patients):
            if number % max(patients // 10, 1) == 0:
                curve.append((number * DOSES, float(worth(served(client, agent), 200).mean())))
            patient = Patient(random)
            action = episodes.start(patient.observe())
            while action is not None:
                reward = patient.give(STEP * action)
                action = episodes.step(reward, patient.observe(), truncated=len(patient.doses) == DOSES)
    settle(client, agent)
    curve.append((patients * DOSES, float(worth(served(client, agent), 200).mean())))
    return agent, curve


def references(patients: int = 300, seed: int = 2) -> dict[str, float]:
    """What others come to."""
    best = max((worth(same(STEP * many)).mean(), STEP * many) for many in range(ACTIONS.n))[1]
    doctors = {
        "at random": anything,
        f"{best} mg for everybody": same(best),
        "by the kidneys": by_kidneys,
        "by likelihood": by_likelihood,
    }
    return {name: float(worth(doctor, patients, seed).mean()) for name, doctor in doctors.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url")
    parser.add_argument("--patients", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for name, mean in references().items():
        print(f"{mean:6.2f}  {name}")
    client = lamd.Client(given.url)
    agent, curve = learn(client, given.patients, given.seed)
    for doses, mean in curve:
        print(f"{mean:6.2f}  as learned from {doses} doses")
    print(f"{worth(served(client, agent), seed=2).mean():6.2f}  as learned, agent {agent}")


if __name__ == "__main__":
    main()
