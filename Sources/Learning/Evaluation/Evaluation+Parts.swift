import Dispatch
import Gym
import Synchronization

extension Evaluation {
    /// Episodes of a part, which are played side by side.
    private static let episodesInPart = 50

    /// Evaluates what some policies think best, each by an episode on each seed, in parts on as many cores as are free:
    /// which thread plays which part changes no result. Where another process hosts the environments, one after the other.
    /// - Throws: ``LearningError/interrupted`` where `isInterrupted` says so, and what environments do.
    static func of(
        _ policies: [Policy], in request: EnvironmentRequest, seeds: [UInt64],
        isInterrupted: @escaping @Sendable () -> Bool
    ) throws(LearningError) -> [Evaluation] {
        let size = request.spec.isHosted ? seeds.count : episodesInPart
        let parts = stride(from: 0, to: seeds.count, by: size).map { Array(seeds[$0..<min($0 + size, seeds.count)]) }
        let results = Mutex([Result<Evaluation, LearningError>?](repeating: nil, count: policies.count * parts.count))
        let play: @Sendable (Int) -> Void = { index in
            let (policy, part) = (policies[index / parts.count], parts[index % parts.count])
            let result = Result { () throws(LearningError) in
                try Evaluation(greedily: policy, in: request, seeds: part, isInterrupted: isInterrupted)
            }
            results.withLock { $0[index] = result }
        }
        let count = policies.count * parts.count
        if request.spec.isHosted {
            (0..<count).forEach(play)
        } else {
            DispatchQueue.concurrentPerform(iterations: count, execute: play)
        }
        var played: [Evaluation] = []
        for result in results.withLock({ $0 }) { if let result { played.append(try result.get()) } }
        return stride(from: 0, to: count, by: parts.count).map { Evaluation(joining: played[$0..<$0 + parts.count]) }
    }

    private init(
        greedily policy: Policy, in request: EnvironmentRequest, seeds: [UInt64], isInterrupted: () -> Bool
    ) throws(LearningError) {
        var random = RandomGenerator(seed: 0)
        try self.init(in: request, seeds: seeds) { observations, rows, masks throws(LearningError) in
            if isInterrupted() { throw .interrupted }
            return try policy.act(observations, rows: rows, masks: masks, deterministic: true, random: &random)
        }
    }

    private init(joining parts: ArraySlice<Evaluation>) {
        self.init(
            seeds: parts.flatMap(\.seeds), returns: parts.flatMap(\.returns), lengths: parts.flatMap(\.lengths))
    }
}
