"""Writes Tests/GymTests/Seeding/SpaceSamples.swift from Gymnasium 1.4.0. Run it from the package's root.

Each figure is a checksum (FNV-1a) of 40 samples, spelt as `spell` below spells them.
"""

import struct

import numpy as np
from gymnasium import spaces as s

inf = np.inf
f32, f64, i8, i16, i64, u8 = np.float32, np.float64, np.int8, np.int16, np.int64, np.uint8
SPACES = {
    "box": s.Box(-1, 1, (3,), f32),
    "boxDouble": s.Box(np.array([[0.0, -2.5], [1e-3, 7]]), np.array([[1.0, 9], [1e3, 7]]), dtype=f64),
    "boxOpen": s.Box(np.array([-inf, 0, -inf, -3, -inf], f32), np.array([inf, inf, 5, 3, inf], f32), dtype=f32),
    "boxInteger": s.Box(-3, 12, (2, 2), i64),
    "boxByte": s.Box(0, 255, (4,), u8),
    "discrete": s.Discrete(7),
    "discreteStart": s.Discrete(1000, start=-500),
    "discreteByte": s.Discrete(11, dtype=i8),
    "discreteShort": s.Discrete(301, dtype=i16),
    "multiDiscrete": s.MultiDiscrete([[3, 1], [1000, 2]], start=[[-1, 5], [0, 10]]),
    "multiBinary": s.MultiBinary(9),
    "multiBinaryShape": s.MultiBinary([3, 2]),
    "text": s.Text(8),
    "textCharset": s.Text(6, min_length=0, charset="aAé漢"),
    "dict": s.Dict([("b", s.Discrete(5)), ("a", s.Dict([("x", s.Box(-inf, inf, (2,), f32)), ("y", s.Text(3))]))]),
    "tuple": s.Tuple([s.Discrete(4), s.Box(0, 1, (1,), f32), s.Tuple([s.MultiBinary(2)])]),
    "sequence": s.Sequence(s.Box(0, 1, (2,), f32)),
    "sequenceStack": s.Sequence(s.Discrete(9), stack=True),
    "oneOf": s.OneOf([s.Discrete(3), s.Box(-1, 1, (2,), f32), s.Text(4)]),
    "graph": s.Graph(s.Box(-1, 1, (3,), f32), s.Discrete(5, start=2)),
    "graphWithoutEdges": s.Graph(s.Discrete(6), None),
}


def spell(x):
    if x is None:
        return "null"
    if isinstance(x, s.GraphInstance):
        return "{%s}" % ",".join(f"{k}:{spell(getattr(x, k))}" for k in ("nodes", "edges", "edge_links"))
    if isinstance(x, dict):
        return "{%s}" % ",".join(f"{k}:{spell(v)}" for k, v in x.items())
    if isinstance(x, str):
        return f'"{x}"'
    if isinstance(x, (tuple, list)) or (isinstance(x, np.ndarray) and x.ndim):
        return "[%s]" % ",".join(map(spell, x))
    if np.asarray(x).dtype == f32:
        return "f%x" % struct.unpack("<I", struct.pack("<f", x))
    if np.asarray(x).dtype == f64:
        return "d%x" % struct.unpack("<Q", struct.pack("<d", x))
    return str(int(x))


def checksum(text):
    total = 0xCBF29CE484222325
    for byte in text.encode():
        total = (total ^ byte) * 0x100000001B3 % 2**64
    return total


with open("Tests/GymTests/Seeding/SpaceSamples.swift", "w") as file:
    file.write("/// Written by Tests/Goldens/space_samples.py: for each space, the checksum of 40 samples from each seed.\n")
    file.write("let spaceSamples: [(space: String, checksums: [(seed: UInt64, checksum: UInt64)])] = [\n")
    for name, space in SPACES.items():
        file.write(f'    (\n        "{name}",\n        [\n')
        for seed in (0, 1, 123456789):
            space.seed(seed)
            samples = "\n".join(spell(space.sample()) for _ in range(40))
            file.write(f"            ({seed}, {checksum(samples):#018x}),\n")
        file.write("        ]\n    ),\n")
    masked = s.Discrete(6, start=10)
    masked.seed(3)
    mask = np.array([0, 1, 1, 0, 0, 1], i8)
    samples = "\n".join(spell(masked.sample(mask)) for _ in range(40))
    file.write("]\n\n/// Discrete(6, start: 10) from seed 3 under the mask 011001.\n")
    file.write(f"let maskedSamples: UInt64 = {checksum(samples):#018x}\n")
