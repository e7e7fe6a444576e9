/// Written by Tests/Goldens/wrappers.py.
let gymnasiumWrappers: [String: UInt64] = [
    "normalizedObservation": 0x2e64bce36225cb30,
    "normalizedObservations": 0x5547664eac96ef94,
    "normalizedObservationsFrozen": 0x59a756349293c19c,
    "normalizedRewards": 0x3f9ac35361d3d333,
    "normalizedRewardsCartPole": 0xf05cfa489655591b,
    "normalizedRewardsSameStep": 0x21baa2f5ef2a78ee,
    "stackedBox": 0x0c138e6df34fa643,
    "stackedZero": 0x9616de06a6eac1fc,
    "stackedTuple": 0x2cc512a670fe974c,
    "stackedDiscrete": 0x8a1d2d01257683b4,
    "discretized": 0x68d2eab1c1fcf3bd,
    "discretizedPlane": 0x3612bb72243eac24,
    "multiDiscretizedPlane": 0x4b160244f26de001,
]
