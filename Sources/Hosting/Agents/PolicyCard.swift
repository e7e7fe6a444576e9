import Gym
import Learning
import Store

/// What is known of a policy version: what it learned from, how it was judged, its limits, whom it served.
public struct PolicyCard: Sendable {
    /// Demonstrations that it learned from.
    public struct Demonstrations: Sendable {
        public let id: String
        /// nil where they are erased.
        public let name: String?
        public let counts: DemonstrationSet.Counts?
    }

    public let agent: Agent
    public let record: VersionRecord
    public let clock: WallClock
    public let lineage: Value
    public let demonstrations: [Demonstrations]
    /// What the job was asked that made it; nil where there is none any more.
    public let request: Value?
    /// The latest of this version; nil where there is none.
    public let evaluation: Value?
    /// The return that counts as solved where it was evaluated.
    public let threshold: Double?
    /// How many observations it has seen, and of each of their numbers the mean and the deviation.
    public let seen: (count: Double, means: [Double], deviations: [Double])?
    public let servings: [ServingRecord]
}

extension Hall {
    public func card(of version: Int, _ agent: Agent) throws(HostingError) -> PolicyCard {
        guard let record = try agents.versions(of: agent).first(where: { $0.version == version }) else {
            throw .unknownVersion(version, agent: agent.id.description)
        }
        let lineage = (try? Value(json: record.lineage)) ?? [:]
        let own = record.evaluation.flatMap { try? Value(json: $0) }
        // The one that compares with the random policy says more, where it is of this version.
        let latest = agent.progress.evaluation
        let evaluation = latest?["policy_version"]?.asInt64 == Int64(version) ? latest : own
        let environment = evaluation?["env_id"]?.asString
        return PolicyCard(
            agent: agent, record: record, clock: clock, lineage: lineage,
            demonstrations: (lineage["demonstrations"]?.arrayElements ?? []).compactMap(\.asString).map { id in
                let set = Identifier(id).flatMap { demonstrations.find($0, of: agent.tenant) }
                return PolicyCard.Demonstrations(id: id, name: set?.name, counts: set?.counts)
            },
            request: lineage["job_id"]?.asString.flatMap { Identifier($0) }.flatMap { jobs.find($0) }?.request.value,
            evaluation: evaluation, threshold: environment.flatMap { try? catalogue.spec($0).rewardThreshold },
            seen: (try? agents.policy(version, of: agent))?.policy.seen,
            servings: try agents.servings(version, of: agent))
    }
}
