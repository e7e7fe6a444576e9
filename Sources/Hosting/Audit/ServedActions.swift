import Gym
import Store

/// What a policy was asked and what it answered, as the audit log has it: of observations only a digest.
public struct ServedActions: Sendable {
    /// Numbers of actions, and rows of what a guard made of them, that are written out; of more a digest, or counts.
    private static let numberLimit = 64

    public var agent: Identifier
    public var version: Int
    public var tenant: Tenant
    public var caller: String
    public var request: String
    /// How many observations there were.
    public var rows: Int
    public var observations: Lanes
    /// What the policy decided.
    public var actions: Lanes
    /// What the agent's guard made of that; nil where it has none.
    public var verdict: Verdict?

    public init(
        agent: Identifier, version: Int, tenant: Tenant, caller: String, request: String, rows: Int,
        observations: Lanes, actions: Lanes, verdict: Verdict? = nil
    ) {
        self.agent = agent
        self.version = version
        self.tenant = tenant
        self.caller = caller
        self.request = request
        self.rows = rows
        self.observations = observations
        self.actions = actions
        self.verdict = verdict
    }

    var members: [Value.Member] {
        [
            .init("tenant", .string(tenant.name)), .init("caller", .string(caller)),
            .init("request_id", .string(request)), .init("agent_id", .string(agent.description)),
            .init("policy_version", .int(Int64(version))), .init("rows", .int(Int64(rows))),
            .init("observation_sha256", .string(observations.digest.hexadecimal)),
            member("actions", verdict?.served ?? actions),
        ] + (verdict.map(members) ?? [])
    }

    private func member(_ name: String, _ actions: Lanes) -> Value.Member {
        guard actions.count <= Self.numberLimit else {
            return .init("\(name)_sha256", .string(actions.digest.hexadecimal))
        }
        return .init(name, .array((0..<actions.count).map(actions.value)))
    }

    /// Where something else is served than was proposed, both are there.
    private func members(of verdict: Verdict) -> [Value.Member] {
        guard verdict.outcomes.contains(where: { $0 != .allowed }) else { return [.init("guard", .string("allowed"))] }
        let judged: Value
        if verdict.outcomes.count <= Self.numberLimit {
            judged = .array(
                zip(verdict.outcomes, verdict.rules).map { outcome, rules in
                    ["outcome": .string(outcome.word), "rules": .strings(rules.words)]
                })
        } else {
            judged = .object(
                Verdict.Outcome.allCases.map { outcome in
                    .init(outcome.word, .int(Int64(verdict.outcomes.count { $0 == outcome })))
                })
        }
        return [member("proposed", verdict.proposed), .init("guard", judged)]
    }
}

extension Lanes {
    /// SHA-256 of its numbers, little-endian, one behind the other.
    var digest: [UInt8] {
        let bytes = Tensor(self).bytes
        return SHA256.digest(of: bytes.span)
    }

    fileprivate func value(_ index: Int) -> Value {
        switch self {
        case .float32(let lanes): .float(lanes[index])
        case .float64(let lanes): .double(lanes[index])
        case .int64(let lanes): .int(lanes[index])
        case .uint8(let lanes): .int(Int64(lanes[index]))
        }
    }
}
