import Gym

// Written by Tests/Goldens/worlds.py.

let gymnasiumSpecs: [GymnasiumSpec] = [
    GymnasiumSpec(
        id: "CartPole-v0", maxEpisodeSteps: 200, rewardThreshold: 195.0, renderFPS: 50,
        observationSpace: .box(
            Box(
                low: [-4.800000190734863, -.infinity, -0.41887903213500977, -.infinity],
                high: [4.800000190734863, .infinity, 0.41887903213500977, .infinity], shape: [4])),
        actionSpace: .discrete(Discrete(2))),
    GymnasiumSpec(
        id: "CartPole-v1", maxEpisodeSteps: 500, rewardThreshold: 475.0, renderFPS: 50,
        observationSpace: .box(
            Box(
                low: [-4.800000190734863, -.infinity, -0.41887903213500977, -.infinity],
                high: [4.800000190734863, .infinity, 0.41887903213500977, .infinity], shape: [4])),
        actionSpace: .discrete(Discrete(2))),
    GymnasiumSpec(
        id: "MountainCar-v0", maxEpisodeSteps: 200, rewardThreshold: -110.0, renderFPS: 30,
        observationSpace: .box(
            Box(
                low: [-1.2000000476837158, -0.07000000029802322], high: [0.6000000238418579, 0.07000000029802322],
                shape: [2])),
        actionSpace: .discrete(Discrete(3))),
    GymnasiumSpec(
        id: "MountainCarContinuous-v0", maxEpisodeSteps: 999, rewardThreshold: 90.0, renderFPS: 30,
        observationSpace: .box(
            Box(
                low: [-1.2000000476837158, -0.07000000029802322], high: [0.6000000238418579, 0.07000000029802322],
                shape: [2])),
        actionSpace: .box(Box(low: [-1.0], high: [1.0], shape: [1]))),
    GymnasiumSpec(
        id: "Pendulum-v1", maxEpisodeSteps: 200, rewardThreshold: nil, renderFPS: 30,
        observationSpace: .box(Box(low: [-1.0, -1.0, -8.0], high: [1.0, 1.0, 8.0], shape: [3])),
        actionSpace: .box(Box(low: [-2.0], high: [2.0], shape: [1]))),
    GymnasiumSpec(
        id: "Acrobot-v1", maxEpisodeSteps: 500, rewardThreshold: -100.0, renderFPS: 15,
        observationSpace: .box(
            Box(
                low: [-1.0, -1.0, -1.0, -1.0, -12.566370964050293, -28.274333953857422],
                high: [1.0, 1.0, 1.0, 1.0, 12.566370964050293, 28.274333953857422], shape: [6])),
        actionSpace: .discrete(Discrete(3))),
    GymnasiumSpec(
        id: "FrozenLake-v1", maxEpisodeSteps: 100, rewardThreshold: 0.7, renderFPS: 4,
        observationSpace: .discrete(Discrete(16)),
        actionSpace: .discrete(Discrete(4))),
    GymnasiumSpec(
        id: "FrozenLake8x8-v1", maxEpisodeSteps: 200, rewardThreshold: 0.85, renderFPS: 4,
        observationSpace: .discrete(Discrete(64)),
        actionSpace: .discrete(Discrete(4))),
    GymnasiumSpec(
        id: "Taxi-v4", maxEpisodeSteps: 200, rewardThreshold: 8, renderFPS: 4,
        observationSpace: .discrete(Discrete(500)),
        actionSpace: .discrete(Discrete(6))),
    GymnasiumSpec(
        id: "CliffWalking-v1", maxEpisodeSteps: nil, rewardThreshold: nil, renderFPS: 4,
        observationSpace: .discrete(Discrete(48)),
        actionSpace: .discrete(Discrete(4))),
    GymnasiumSpec(
        id: "CliffWalkingSlippery-v1", maxEpisodeSteps: nil, rewardThreshold: nil, renderFPS: 4,
        observationSpace: .discrete(Discrete(48)),
        actionSpace: .discrete(Discrete(4))),
    GymnasiumSpec(
        id: "Blackjack-v1", maxEpisodeSteps: nil, rewardThreshold: nil, renderFPS: 4,
        observationSpace: .tuple(Tuple([.discrete(Discrete(32)), .discrete(Discrete(11)), .discrete(Discrete(2))])),
        actionSpace: .discrete(Discrete(2))),
]

let gymnasiumEpisodes: [GymnasiumEpisodes] = [
    GymnasiumEpisodes(
        id: "CartPole-v0", kwargs: [:], options: nil, policy: .sampled, count: 2,
        results: [
            (0, 34, 34.0, 0x8be2ad458a7149d7),
            (1, 39, 39.0, 0x5e42303556a5856e),
            (2, 42, 42.0, 0x866d5325e6fe74d1),
            (3, 64, 64.0, 0x8c19bb22c91b4930),
            (4294967303, 45, 45.0, 0xedd77c1f652541fe),
        ]),
    GymnasiumEpisodes(
        id: "CartPole-v1", kwargs: ["sutton_barto_reward": true], options: ["low": -0.2, "high": 0.1], policy: .sampled,
        count: 2,
        results: [
            (0, 16, -2.0, 0xf622d78acc3e9bf9),
            (1, 28, -2.0, 0xe7f23995cd210ba3),
            (2, 34, -2.0, 0xc0d6a0894f27fd7b),
            (3, 41, -2.0, 0x6bd949f892f428d4),
            (4294967303, 18, -2.0, 0xfb78b3c5570fe4b5),
        ]),
    GymnasiumEpisodes(
        id: "MountainCar-v0", kwargs: [:], options: nil, policy: .sampled, count: 1,
        results: [
            (0, 200, -200.0, 0x37b03f7b1cf2bda4),
            (1, 200, -200.0, 0xb7d2c0feb2dcf460),
            (2, 200, -200.0, 0xb34e9f8fd8716a0b),
            (3, 200, -200.0, 0x54e8ef9b2827ed34),
            (4294967303, 200, -200.0, 0x45656472d8f78c0e),
        ]),
    GymnasiumEpisodes(
        id: "MountainCar-v0", kwargs: [:], options: nil, policy: .swing, count: 2,
        results: [
            (0, 238, -238.0, 0x6d349741427a43c5),
            (1, 246, -246.0, 0x5db44d016bcd0784),
            (2, 232, -232.0, 0x9558ed1f3735a6d1),
            (3, 229, -229.0, 0x63a25416b0810510),
            (4294967303, 235, -235.0, 0xf047c16d01d01457),
        ]),
    GymnasiumEpisodes(
        id: "MountainCar-v0", kwargs: ["goal_velocity": 0.02], options: ["low": -1.2, "high": -0.2], policy: .swing,
        count: 1,
        results: [
            (0, 114, -114.0, 0xd3107423c6ebb444),
            (1, 113, -113.0, 0xbfdd4dbcb601a401),
            (2, 47, -47.0, 0x7570591af5ee01fa),
            (3, 39, -39.0, 0x56ce186e3a3f9298),
            (4294967303, 121, -121.0, 0x7515ecb00e7ce9d4),
        ]),
    GymnasiumEpisodes(
        id: "MountainCarContinuous-v0", kwargs: [:], options: nil, policy: .sampled, count: 1,
        results: [
            (0, 999, -32.50420102470027, 0xe4f8ab3c3a9fd7ca),
            (1, 999, -33.52377062220096, 0x7eb806083732b82e),
            (2, 999, -33.01199566961053, 0x8a4a546d57a0094a),
            (3, 999, -32.63629692595707, 0x43644f085e89bdd2),
            (4294967303, 999, -32.79745806673711, 0x7f590018f6e81858),
        ]),
    GymnasiumEpisodes(
        id: "MountainCarContinuous-v0", kwargs: ["goal_velocity": 0.02], options: ["low": -1.0], policy: .swing,
        count: 2,
        results: [
            (0, 153, 184.70000000000024, 0xf3cc81198b65780e),
            (1, 163, 183.7000000000006, 0x8cf2290882b10b8f),
            (2, 79, 192.10000000000025, 0x5d6e309b941167f6),
            (3, 73, 192.70000000000022, 0xab6183457bb40ae2),
            (4294967303, 143, 185.70000000000022, 0xd69c93fce52a26eb),
        ]),
    GymnasiumEpisodes(
        id: "Pendulum-v1", kwargs: [:], options: nil, policy: .sampled, count: 2,
        results: [
            (0, 400, -2580.087086578835, 0xd9aa32eb98601252),
            (1, 400, -2326.759764198364, 0x66c7e5af989c5f6a),
            (2, 400, -2218.7720756635053, 0x9a334c6abc88c7af),
            (3, 400, -2713.6641708799193, 0x0db67179c91a3f3b),
            (4294967303, 400, -2492.708300715432, 0x06140213bc7c2d5a),
        ]),
    GymnasiumEpisodes(
        id: "Pendulum-v1", kwargs: ["g": 9.81], options: ["x_init": 1.5, "y_init": 8.0], policy: .swing, count: 1,
        results: [
            (0, 200, -1671.3757635905965, 0xc18eacbf298f5bca),
            (1, 200, -1728.0856687887863, 0xa3957da756f6dcbd),
            (2, 200, -1711.1043098276402, 0xdd3e42f47e4c39b2),
            (3, 200, -1717.6770282626903, 0xf540730ad9919d16),
            (4294967303, 200, -1698.379267577393, 0xc3ff3c20b80e0d5c),
        ]),
    GymnasiumEpisodes(
        id: "Acrobot-v1", kwargs: [:], options: nil, policy: .sampled, count: 1,
        results: [
            (0, 500, -500.0, 0xf9ab65de48677f96),
            (1, 500, -500.0, 0xc9a7602ae9d46d11),
            (2, 500, -500.0, 0xf84cc61250c5a506),
            (3, 500, -500.0, 0x16f1c27f6fb14f83),
            (4294967303, 500, -500.0, 0x03350915beba9a44),
        ]),
    GymnasiumEpisodes(
        id: "Acrobot-v1", kwargs: [:], options: ["low": -0.01, "high": 0.02], policy: .swing, count: 1,
        results: [
            (0, 74, -73.0, 0xcb8ad5e791cac615),
            (1, 73, -72.0, 0xa5322d4d7ab0c37c),
            (2, 73, -72.0, 0x248062931d1e2a20),
            (3, 74, -73.0, 0xf1d4072523b434ff),
            (4294967303, 74, -73.0, 0xb55179296731197a),
        ]),
    GymnasiumEpisodes(
        id: "FrozenLake-v1", kwargs: [:], options: nil, policy: .sampled, count: 10,
        results: [
            (0, 72, 0.0, 0x04db285a61a7b56a),
            (1, 59, 1.0, 0xe2a5cc7596d59fa0),
            (2, 76, 0.0, 0xc4a72704b10fcb1f),
            (3, 86, 0.0, 0x8c84a2cc1db603e0),
            (4294967303, 72, 0.0, 0xd8a4286d3b5cfb71),
        ]),
    GymnasiumEpisodes(
        id: "FrozenLake8x8-v1", kwargs: ["is_slippery": false], options: nil, policy: .sampled, count: 5,
        results: [
            (0, 273, 1.0, 0x87f77f920b9fa0ac),
            (1, 128, 0.0, 0xf3f959c7e1349787),
            (2, 103, 0.0, 0xeb6e28f7eec83aa4),
            (3, 103, 0.0, 0x641a34387be742e6),
            (4294967303, 113, 0.0, 0x16d1f96debfd2eb8),
        ]),
    GymnasiumEpisodes(
        id: "FrozenLake-v1",
        kwargs: ["desc": ["SFSF", "FHFF", "SFFG"], "success_rate": 0.7, "reward_schedule": [5, -2, -0.25]],
        options: nil, policy: .sampled, count: 10,
        results: [
            (0, 75, -8.25, 0xe5b617d0f93986f0),
            (1, 110, -31.0, 0x2922dfb84b9577b5),
            (2, 56, -31.5, 0x7b20070fba23315c),
            (3, 101, -21.75, 0x4ca450fb7c04da02),
            (4294967303, 81, -30.75, 0xb300c89e236d8f5f),
        ]),
    GymnasiumEpisodes(
        id: "Taxi-v4", kwargs: [:], options: nil, policy: .sampled, count: 2,
        results: [
            (0, 400, -1723.0, 0xbf63e5dd4fb55503),
            (1, 400, -1705.0, 0xf922802a57746762),
            (2, 253, -970.0, 0x9736b0a214a67e46),
            (3, 400, -1480.0, 0x19dc5b634e127a84),
            (4294967303, 400, -1516.0, 0x017e112b6361f713),
        ]),
    GymnasiumEpisodes(
        id: "Taxi-v4", kwargs: ["is_rainy": true, "rainy_probability": 0.31], options: nil, policy: .masked, count: 2,
        results: [
            (0, 400, -400.0, 0x1436f14735b8372d),
            (1, 400, -400.0, 0x1ebffb46e2b7c00e),
            (2, 400, -400.0, 0x7b15f84a0b8b332f),
            (3, 400, -400.0, 0x1ad727e4f3b7fb61),
            (4294967303, 400, -400.0, 0x5943c82b4279b976),
        ]),
    GymnasiumEpisodes(
        id: "Taxi-v4", kwargs: ["fickle_passenger": true, "fickle_probability": 0.9], options: nil, policy: .masked,
        count: 3,
        results: [
            (0, 600, -600.0, 0x4518128e332f7ac0),
            (1, 600, -600.0, 0xf947a4f4f291c4d0),
            (2, 600, -600.0, 0x39d11222687159ee),
            (3, 600, -600.0, 0x0d57ab3e887735ea),
            (4294967303, 600, -600.0, 0xdfc4ef351e17ce2d),
        ]),
    GymnasiumEpisodes(
        id: "CliffWalking-v1", kwargs: [:], options: nil, policy: .sampled, count: 1,
        results: [
            (0, 1000, -10504.0, 0x323a32959411efb9),
            (1, 1000, -12187.0, 0xacacc02d675bf970),
            (2, 1000, -10801.0, 0x7c5cf2e83e192403),
            (3, 1000, -11197.0, 0x672b42d0d0f02012),
            (4294967303, 1000, -11197.0, 0x1d23ce42b9149818),
        ]),
    GymnasiumEpisodes(
        id: "CliffWalkingSlippery-v1", kwargs: [:], options: nil, policy: .sampled, count: 1,
        results: [
            (0, 1000, -11197.0, 0xfe5cca99cf517472),
            (1, 1000, -10702.0, 0xa883f1bf774a8faf),
            (2, 1000, -8821.0, 0x18192ea143bd4ed4),
            (3, 1000, -10801.0, 0xf96cd942afa393d6),
            (4294967303, 1000, -13474.0, 0x07c085a069633e30),
        ]),
    GymnasiumEpisodes(
        id: "Blackjack-v1", kwargs: [:], options: nil, policy: .sampled, count: 30,
        results: [
            (0, 41, -18.0, 0xbab08d7aef06d6a9),
            (1, 41, -3.0, 0x846f86932e6c47c4),
            (2, 41, -9.0, 0x90b4b7a1d31dd687),
            (3, 42, -20.0, 0x744ab8b31b35b047),
            (4294967303, 39, -16.0, 0x6ff453087dcf0447),
        ]),
    GymnasiumEpisodes(
        id: "Blackjack-v1", kwargs: ["sab": false, "natural": true], options: nil, policy: .sampled, count: 30,
        results: [
            (0, 41, -18.0, 0xbab08d7aef06d6a9),
            (1, 41, -2.5, 0xf3f786932e6c47c4),
            (2, 41, -9.0, 0x90b4b7a1d31dd687),
            (3, 42, -20.0, 0x744ab8b31b35b047),
            (4294967303, 39, -15.5, 0xee7c53087dcf0447),
        ]),
]

let gymnasiumTables: [GymnasiumTable] = [
    GymnasiumTable(id: "FrozenLake-v1", kwargs: [:], checksum: 0xf61625b30861f5e0),
    GymnasiumTable(id: "FrozenLake-v1", kwargs: ["is_slippery": false], checksum: 0x5004df84e9b9a9e8),
    GymnasiumTable(
        id: "FrozenLake-v1",
        kwargs: ["desc": ["SFSF", "FHFF", "SFFG"], "success_rate": 0.7, "reward_schedule": [5, -2, -0.25]],
        checksum: 0xa983a0b8f0d90bf0),
    GymnasiumTable(id: "FrozenLake8x8-v1", kwargs: [:], checksum: 0x9117c8c6bb6dae40),
    GymnasiumTable(id: "Taxi-v4", kwargs: [:], checksum: 0xb3f153bf3f2b8590),
    GymnasiumTable(id: "Taxi-v4", kwargs: ["is_rainy": true, "rainy_probability": 0.31], checksum: 0x8da81d3eb4545370),
    GymnasiumTable(id: "CliffWalking-v1", kwargs: [:], checksum: 0xf8b2f17c7c0c74c8),
    GymnasiumTable(id: "CliffWalkingSlippery-v1", kwargs: [:], checksum: 0x15947069ad321438),
]

/// The text of a reset with seed 1 and of up to 6 sampled steps.
let gymnasiumTexts: [(id: String, text: String)] = [
    (
        "FrozenLake-v1",
        """

        \u{1b}[41mS\u{1b}[0mFFF
        FHFH
        FFFH
        HFFG
          (Down)
        S\u{1b}[41mF\u{1b}[0mFF
        FHFH
        FFFH
        HFFG
          (Right)
        SFFF
        F\u{1b}[41mH\u{1b}[0mFH
        FFFH
        HFFG

        """
    ),
    (
        "Taxi-v4",
        """
        +---------+
        |\u{1b}[35mR\u{1b}[0m: | : :G|
        | : | : : |
        | : :\u{1b}[43m \u{1b}[0m: : |
        | | : | : |
        |Y| : |\u{1b}[34;1mB\u{1b}[0m: |
        +---------+

        +---------+
        |\u{1b}[35mR\u{1b}[0m: | : :G|
        | : | : : |
        | : : :\u{1b}[43m \u{1b}[0m: |
        | | : | : |
        |Y| : |\u{1b}[34;1mB\u{1b}[0m: |
        +---------+
          (East)
        +---------+
        |\u{1b}[35mR\u{1b}[0m: | : :G|
        | : | : : |
        | : :\u{1b}[43m \u{1b}[0m: : |
        | | : | : |
        |Y| : |\u{1b}[34;1mB\u{1b}[0m: |
        +---------+
          (West)
        +---------+
        |\u{1b}[35mR\u{1b}[0m: | : :G|
        | : | : : |
        | : :\u{1b}[43m \u{1b}[0m: : |
        | | : | : |
        |Y| : |\u{1b}[34;1mB\u{1b}[0m: |
        +---------+
          (Pickup)
        +---------+
        |\u{1b}[35mR\u{1b}[0m: | : :G|
        | : | : : |
        | : :\u{1b}[43m \u{1b}[0m: : |
        | | : | : |
        |Y| : |\u{1b}[34;1mB\u{1b}[0m: |
        +---------+
          (Dropoff)
        +---------+
        |\u{1b}[35mR\u{1b}[0m: | : :G|
        | : | : : |
        | : : : : |
        | | :\u{1b}[43m \u{1b}[0m| : |
        |Y| : |\u{1b}[34;1mB\u{1b}[0m: |
        +---------+
          (South)
        +---------+
        |\u{1b}[35mR\u{1b}[0m: | : :G|
        | : | : : |
        | : : : : |
        | | : | : |
        |Y| :\u{1b}[43m \u{1b}[0m|\u{1b}[34;1mB\u{1b}[0m: |
        +---------+
          (South)

        """
    ),
    (
        "CliffWalking-v1",
        """
        o  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        x  C  C  C  C  C  C  C  C  C  C  T

        o  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        x  C  C  C  C  C  C  C  C  C  C  T

        o  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        x  C  C  C  C  C  C  C  C  C  C  T

        o  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        x  C  C  C  C  C  C  C  C  C  C  T

        o  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        x  C  C  C  C  C  C  C  C  C  C  T

        o  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        x  o  o  o  o  o  o  o  o  o  o  o
        o  C  C  C  C  C  C  C  C  C  C  T

        o  o  o  o  o  o  o  o  o  o  o  o
        x  o  o  o  o  o  o  o  o  o  o  o
        o  o  o  o  o  o  o  o  o  o  o  o
        o  C  C  C  C  C  C  C  C  C  C  T


        """
    ),
]
