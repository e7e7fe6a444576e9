import Gym

// Written by Tests/Goldens/experts.py.

/// What the best policy by discounted values is worth under the time limit, and the most that any could be.
let tableOptima: [(id: String, kwargs: Value, value: Double, bound: Double)] = [
    (
        "FrozenLake-v1", [:],
        0.7401648977587051, 0.7441902878292697
    ),
    (
        "FrozenLake-v1", ["is_slippery": false],
        1.0, 1.0
    ),
    (
        "FrozenLake-v1", ["desc": ["SFSF", "FHFF", "SFFG"], "success_rate": 0.7, "reward_schedule": [5, -2, -0.25]],
        3.0619332702330366, 3.0649663040459947
    ),
    (
        "FrozenLake8x8-v1", [:],
        0.893568385974862, 0.9132201502016296
    ),
    (
        "Taxi-v4", [:],
        7.930000000000001, 7.930000000000001
    ),
    (
        "Taxi-v4", ["is_rainy": true, "rainy_probability": 0.31],
        -41.39309852439045, -41.391560105402235
    ),
    (
        "CliffWalking-v1", [:],
        -13.0, -13.0
    ),
    (
        "CliffWalkingSlippery-v1", [:],
        -64.70917590996211, -64.70917590996211
    ),
]

/// The best value of a hand of Blackjack under each of its rules.
let blackjackValues: [(kwargs: Value, value: Double)] = [
    (["natural": false, "sab": true], -0.043113105413476925),
    (["natural": false, "sab": false], -0.046555977066697514),
    (["natural": true, "sab": false], -0.025729182789319738),
]

/// For each usable ace, sum and card shown from ace to ten: whether to hit (1) or stick (0).
let blackjackStrategy: [(ace: Int64, sum: Int64, hits: String)] = [
    (0, 4, "1111111111"),
    (0, 5, "1111111111"),
    (0, 6, "1111111111"),
    (0, 7, "1111111111"),
    (0, 8, "1111111111"),
    (0, 9, "1111111111"),
    (0, 10, "1111111111"),
    (0, 11, "1111111111"),
    (0, 12, "1110001111"),
    (0, 13, "1000001111"),
    (0, 14, "1000001111"),
    (0, 15, "1000001111"),
    (0, 16, "1000001111"),
    (0, 17, "0000000000"),
    (0, 18, "0000000000"),
    (0, 19, "0000000000"),
    (0, 20, "0000000000"),
    (0, 21, "0000000000"),
    (1, 12, "1111111111"),
    (1, 13, "1111111111"),
    (1, 14, "1111111111"),
    (1, 15, "1111111111"),
    (1, 16, "1111111111"),
    (1, 17, "1111111111"),
    (1, 18, "1000000011"),
    (1, 19, "0000000000"),
    (1, 20, "0000000000"),
    (1, 21, "0000000000"),
]
