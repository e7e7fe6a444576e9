/// Written by Tests/Goldens/space_samples.py: for each space, the checksum of 40 samples from each seed.
let spaceSamples: [(space: String, checksums: [(seed: UInt64, checksum: UInt64)])] = [
    (
        "box",
        [
            (0, 0x1a89e7b00c34b0cd),
            (1, 0x161bbe9680383a8d),
            (123456789, 0xffdf4bab19d11c06),
        ]
    ),
    (
        "boxDouble",
        [
            (0, 0x5a581c091bad648d),
            (1, 0x603965d4950a76f3),
            (123456789, 0x420ddb7f527bddf9),
        ]
    ),
    (
        "boxOpen",
        [
            (0, 0x830f13acc678420b),
            (1, 0x07131a27865993ef),
            (123456789, 0x4b6103ba70ae1c6a),
        ]
    ),
    (
        "boxInteger",
        [
            (0, 0xd6fe45bff0485cd8),
            (1, 0x35c23529748f0371),
            (123456789, 0xbb0338f9f3f05b80),
        ]
    ),
    (
        "boxByte",
        [
            (0, 0xe36e0e0eb799f17c),
            (1, 0xd49901f5e5878bb6),
            (123456789, 0x7d837212f47a85d0),
        ]
    ),
    (
        "discrete",
        [
            (0, 0x0ca2949df363a9c9),
            (1, 0x80d67a1f6d36eae5),
            (123456789, 0x670bd7697fc07fb4),
        ]
    ),
    (
        "discreteStart",
        [
            (0, 0x3c6300d6e9c60962),
            (1, 0x84c88b71d4acb1e2),
            (123456789, 0x9f3bc019e570b9c6),
        ]
    ),
    (
        "discreteByte",
        [
            (0, 0x0e82d69d7ba31687),
            (1, 0x54f8c19d34264717),
            (123456789, 0xb4b3a86167fb2de1),
        ]
    ),
    (
        "discreteShort",
        [
            (0, 0x97703615e74adcec),
            (1, 0x69fa4fd6c1d0ac5d),
            (123456789, 0x1dbe90072bf79ea8),
        ]
    ),
    (
        "multiDiscrete",
        [
            (0, 0x8da1eb7b3f4fb7e4),
            (1, 0x30a2e6cbbb7ce403),
            (123456789, 0xf057d0b4eaff477a),
        ]
    ),
    (
        "multiBinary",
        [
            (0, 0x33d35e2ef2a52399),
            (1, 0xd6f337d44c933fd4),
            (123456789, 0x5b7b170e975e91a8),
        ]
    ),
    (
        "multiBinaryShape",
        [
            (0, 0xf5e23dab3bc40cae),
            (1, 0x352fa8ff302ea9da),
            (123456789, 0x574a1c5aa34df089),
        ]
    ),
    (
        "text",
        [
            (0, 0x1af67cb1e5a37cc0),
            (1, 0xefa89026ecd469dd),
            (123456789, 0x2c7391467dd36cb0),
        ]
    ),
    (
        "textCharset",
        [
            (0, 0x47701bf196619a4b),
            (1, 0x11aa6d2e3b515729),
            (123456789, 0xf4b40e874042c447),
        ]
    ),
    (
        "dict",
        [
            (0, 0x7d00854747a9fba7),
            (1, 0x9aa0bc740debd5ae),
            (123456789, 0x89f6f1d0bfad7007),
        ]
    ),
    (
        "tuple",
        [
            (0, 0x0b6ab4c08edb39d8),
            (1, 0xd097c1e48a3b74b0),
            (123456789, 0x0c595ad3cb24b40d),
        ]
    ),
    (
        "sequence",
        [
            (0, 0x098ebb021ade4049),
            (1, 0xd301773b0d8fd11c),
            (123456789, 0x988b85eb5cb018ac),
        ]
    ),
    (
        "sequenceStack",
        [
            (0, 0xbdd3a0f0ebfe4bdf),
            (1, 0xcee39fab634b780d),
            (123456789, 0x6ffa0e31b9073b1c),
        ]
    ),
    (
        "oneOf",
        [
            (0, 0x2fb1f7681170fbe5),
            (1, 0x4e8fc358a8d60f0a),
            (123456789, 0x66121aacf5530179),
        ]
    ),
    (
        "graph",
        [
            (0, 0x50c44dde58e263d0),
            (1, 0x084e0c4a32980e67),
            (123456789, 0x81010c4dd0b56412),
        ]
    ),
    (
        "graphWithoutEdges",
        [
            (0, 0xd8aa5d8225c56431),
            (1, 0xccf051300c0de80c),
            (123456789, 0x8914a09191a458bf),
        ]
    ),
]

/// Discrete(6, start: 10) from seed 3 under the mask 011001.
let maskedSamples: UInt64 = 0x1fc62ac7755a60ce
