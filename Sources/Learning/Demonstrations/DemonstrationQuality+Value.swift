import Gym

extension DemonstrationQuality {
    /// As it goes over the wire.
    public var value: Value {
        [
            "episodes": .int(Int64(episodes)), "steps": .int(Int64(steps)), "returns": returns?.value ?? .null,
            "lengths": lengths?.value ?? .null, "terminated": .int(Int64(terminated)),
            "truncated": .int(Int64(truncated)),
            "coverage": [
                "share": coverageShare.map { .double($0) } ?? .null,
                "observations": .array(observations.map { .object($0.coverage) }),
            ],
            "actions": .array(actions.map { .object($0.coverage + $0.balance) }),
            "duplicates": ["episodes": .int(Int64(duplicateEpisodes)), "steps": .int(Int64(duplicateSteps))],
            "contradictions": ["exact": contradictions.value, "rounded": roundedContradictions.value],
            "outside": .array(
                observations.filter { $0.outside > 0 }.map { lane in
                    .object(
                        [.init("pointer", .string(lane.pointer)), .init("count", .int(Int64(lane.outside)))]
                            + lane.range)
                }),
            "disallowed_actions": .int(Int64(disallowed)),
            "findings": .array(
                findings.map {
                    [
                        "kind": .string($0.kind), "severity": .string($0.severity.rawValue),
                        "sentence": .string($0.sentence),
                    ]
                }),
        ]
    }

    /// The mean of the lanes' shares.
    private var coverageShare: Double? {
        guard episodes > 0 else { return nil }
        return observations.reduce(0) { $0 + $1.share } / Double(observations.count)
    }
}

extension DemonstrationQuality.Spread {
    fileprivate var value: Value {
        [
            "mean": .double(mean), "std": .double(standardDeviation), "min": .double(minimum),
            "max": .double(maximum),
        ]
    }
}

extension DemonstrationQuality.Contradictions {
    fileprivate var value: Value { ["observations": .int(Int64(observations)), "share": .double(share)] }
}

extension DemonstrationQuality.Lane {
    fileprivate var range: [Value.Member] {
        [
            .init("low", .double(low)), .init("high", .double(high)), .init("seen_low", .double(seenLow)),
            .init("seen_high", .double(seenHigh)),
        ]
    }

    fileprivate var coverage: [Value.Member] {
        [.init("pointer", .string(pointer)), .init("kind", isCategory ? "category" : "number")] + range + [
            .init("cells", .int(Int64(cells))), .init("cells_seen", .int(Int64(cellsSeen))),
            .init("share", .double(share)),
        ]
    }

    /// Of an action.
    fileprivate var balance: [Value.Member] {
        guard isCategory else { return [] }
        return [
            .init("never_taken", .int(Int64(cells - cellsSeen))),
            .init("most_frequent", .int(Int64(mostFrequent))),
            .init("most_frequent_share", .double(mostFrequentShare)),
        ] + (shares.isEmpty ? [] : [.init("shares", .array(shares.map { .double($0) }))])
    }
}
