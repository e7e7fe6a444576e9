import Gym

/// A number that stands for a sequence of values: equal sequences have equal marks, different ones almost never (64 bits).
/// The same in every process.
struct Mark {
    private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// The finalizer of SplitMix64 over what there is and what comes.
    mutating func mix(_ bits: UInt64) {
        var mixed = (value ^ bits) &* 0xBF58_476D_1CE4_E5B9
        mixed ^= mixed >> 27
        mixed &*= 0x94D0_49BB_1331_11EB
        value = mixed ^ (mixed >> 31)
    }

    mutating func mix(_ lanes: Lanes, _ range: Range<Int>) {
        // Zero and minus zero are the same observation.
        for index in range { mix((lanes.double(index) + 0).bitPattern) }
    }
}

/// Marks of every step of some trajectories, by which equal ones find each other.
struct Marks {
    private(set) var steps: [UInt64] = []
    private var choices: [(observation: UInt64, action: UInt64)] = []

    /// - Parameters:
    ///   - observations: by whose ranges observations are rounded to hundredths; nil for observations as they are.
    ///   - actions: by whose ranges actions are rounded, since no two real numbers are alike.
    init(
        _ trajectories: [Trajectory], _ width: Int, _ actionWidth: Int, observations: [DemonstrationQuality.Lane]?,
        actions: [DemonstrationQuality.Lane]
    ) {
        let count = trajectories.reduce(0) { $0 + $1.length }
        choices.reserveCapacity(count)
        steps.reserveCapacity(observations == nil ? count : 0)
        for trajectory in trajectories {
            for step in 0..<trajectory.length {
                let row = step * width..<(step + 1) * width
                let actionRow = step * actionWidth..<(step + 1) * actionWidth
                var seen = Mark()
                if let observations {
                    seen.mix(trajectory.observations, row, rounded: observations, to: 100)
                } else {
                    seen.mix(trajectory.observations, row)
                }
                var done = Mark()
                done.mix(trajectory.actions, actionRow, rounded: actions, to: DemonstrationQuality.cells)
                choices.append((seen.value, done.value))
                guard observations == nil else { continue }
                var whole = seen
                whole.mix(trajectory.actions, actionRow)
                whole.mix(trajectory.observations, (step + 1) * width..<(step + 2) * width)
                whole.mix(trajectory.rewards[step].bitPattern)
                steps.append(whole.value)
            }
        }
        choices.sort { ($0.observation, $0.action) < ($1.observation, $1.action) }
    }

    var contradictions: DemonstrationQuality.Contradictions {
        var observations = 0
        var others = 0
        var start = 0
        while start < choices.count {
            let mark = choices[start].observation
            var (end, run, longest, kinds) = (start, 0, 0, 0)
            while end < choices.count, choices[end].observation == mark {
                let isNew = end == start || choices[end].action != choices[end - 1].action
                run = isNew ? 1 : run + 1
                kinds += isNew ? 1 : 0
                longest = max(longest, run)
                end += 1
            }
            observations += kinds > 1 ? 1 : 0
            others += end - start - longest
            start = end
        }
        return DemonstrationQuality.Contradictions(
            observations: observations, share: Double(others) / Double(max(1, choices.count)))
    }
}

extension Mark {
    /// Numbers by the cell of `count` that they are in; categories, and lanes that were not looked at, as they are.
    fileprivate mutating func mix(
        _ lanes: Lanes, _ row: Range<Int>, rounded ranges: [DemonstrationQuality.Lane], to count: Int
    ) {
        for (lane, index) in row.enumerated() {
            let value = lanes.double(index) + 0
            guard lane < ranges.count, !ranges[lane].isCategory else {
                mix(value.bitPattern)
                continue
            }
            let range = ranges[lane]
            let low = range.low.isFinite ? range.low : range.seenLow
            let high = range.high.isFinite ? range.high : range.seenHigh
            mix(UInt64(DemonstrationQuality.Lane.cell(value, low, high, of: count)))
        }
    }
}
