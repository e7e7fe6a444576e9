import Gym

/// Episodes played to be imitated.
public enum Demonstration {
    /// Plays the first episode of each seed, side by side.
    /// - Parameters:
    ///   - exploration: the share of steps in which a random allowed action is taken instead. The draws belong to the
    ///     seed: it gives the same episode whatever the others are.
    ///   - expert: answers for all of them at once, those that are over among them.
    /// - Returns: an episode for each seed, in the order of the seeds.
    public static func play(
        _ request: EnvironmentRequest, _ seeds: [UInt64], exploration: Double = 0, by expert: any Expert
    ) throws(LearningError) -> [Trajectory] {
        let vector = try request.make(count: seeds.count)
        do { try vector.reset(seeds: seeds, mask: nil, options: nil) } catch { throw .environment(error) }
        var recorder = TrajectoryRecorder(of: vector)
        _ = recorder.begin(vector, seeds: seeds)
        var explorers = seeds.map { Explorer(vector.actionSpace, seed: $0, share: exploration) }
        var episodes = [Trajectory?](repeating: nil, count: seeds.count)
        while episodes.contains(nil) {
            let masks = vector.actionMasks
            var actions = expert.act(vector.observations, rows: seeds.count, masks: masks)
            for row in explorers.indices { explorers[row].explore(&actions, row: row, masks: masks) }
            do { try vector.step(actions) } catch { throw .environment(error) }
            for ended in recorder.record(vector, actions) where episodes[ended.index] == nil {
                episodes[ended.index] = ended.trajectory
            }
        }
        return episodes.compactMap(\.self)
    }

    /// Now and then does something else than it was told.
    private struct Explorer {
        private let share: Double
        private let layout: Layout
        private var random: RandomGenerator
        private var sampler: SpaceSampler

        /// - Precondition: the space has a layout.
        init(_ space: Space, seed: UInt64, share: Double) {
            guard let layout = space.layout else { preconditionFailure("an environment's spaces have a layout") }
            self.share = share
            self.layout = layout
            // Another stream than the environment's own, which begins with the same seed.
            random = RandomGenerator(seed: ~seed)
            sampler = SpaceSampler(space, seed: ~seed &- 1)
        }

        mutating func explore(_ actions: inout Lanes, row: Int, masks: [Bool]) {
            guard share > 0, random.random() < share else { return }
            if masks.isEmpty {
                let drawn = sampler.lanes(layout, count: 1)
                for lane in 0..<layout.count { actions.copy(drawn, lane, to: row * layout.count + lane) }
            } else {
                // Masks are of Discrete spaces: one lane.
                let width = masks.count / (actions.count / layout.count)
                actions.set(row, to: sampler.sample(mask: Array(masks[row * width..<(row + 1) * width])))
            }
        }
    }
}

extension Lanes {
    /// Copies one lane of another batch of the same element type.
    fileprivate mutating func copy(_ other: Lanes, _ lane: Int, to index: Int) {
        if case .int64 = other { set(index, to: other.integer(lane)) } else { set(index, to: other.double(lane)) }
    }
}
