"""Writes Tests/GymTests/Seeding/NumpyDraws.swift from NumPy (2.4). Run it from the package's root.

Each figure is a checksum of every draw's bits, so that thousands of draws (tails included) fit one line.
"""

import numpy as np

SEEDS = [0, 1, 42, 2**32 + 5, 2**64 - 1]


def checksum(values):
    total = 0
    for word in np.asarray(values).reshape(-1):
        word = word.view({8: np.uint64, 4: np.uint32, 2: np.uint16, 1: np.uint8}[word.dtype.itemsize])
        total = (total * 6364136223846793005 + int(word) + 1) % 2**64
    return total


def draws(seed):
    g = np.random.default_rng(seed)
    yield "state", np.random.SeedSequence(seed).generate_state(4, np.uint64)
    yield "random", [g.random() for _ in range(1000)]
    yield "randomFloat", g.random(1001, dtype=np.float32)
    yield "uniform", [g.uniform(-0.05, 0.05) for _ in range(1000)]
    yield "standardNormal", g.standard_normal(200_000)
    yield "standardExponential", g.standard_exponential(200_000)
    yield "integers", [g.integers(-5, high) for high in range(-4, 1001)]
    yield "integersWide", [g.integers(0, 3 * 2**shift) for shift in range(20, 61) for _ in range(10)]
    yield "integersWhole", [
        g.integers(low, high, endpoint=True)
        for low, high in [(0, 2**32 - 1), (0, 2**32), (-(2**63), 2**63 - 2)] * 100
    ]
    yield "integers8", g.integers(0, 2, 1001, dtype=np.int8)
    yield "integersOdd8", g.integers(3, 200, 1001, dtype=np.uint8)
    yield "integersWhole8", g.integers(0, 255, 1001, dtype=np.uint8, endpoint=True)
    yield "integers16", g.integers(-300, 9000, 1001, dtype=np.int16)
    yield "integers32", g.integers(-300, 9000, 1001, dtype=np.int32)
    yield "choice", [g.choice(7) for _ in range(1000)]
    yield "weighted", [g.choice(4, p=[0.1, 0.2, 0.3, 0.4]) for _ in range(1000)]
    yield "permutation", [x for n in range(101) for x in g.permutation(n)]
    yield "after", [g.random() for _ in range(3)]


with open("Tests/GymTests/Seeding/NumpyDraws.swift", "w") as file:
    file.write("/// Written by Tests/Goldens/numpy_draws.py: for each seed, checksums of draws in this order.\n")
    file.write("let numpyDraws: [(seed: UInt64, checksums: [(draw: String, checksum: UInt64)])] = [\n")
    for seed in SEEDS:
        file.write(f"    (\n        {seed},\n        [\n")
        for name, values in draws(seed):
            file.write(f'            ("{name}", {checksum(np.asarray(values)):#018x}),\n')
        file.write("        ]\n    ),\n")
    file.write("]\n")
