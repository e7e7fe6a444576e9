import Gym
import Store

/// What a policy was asked and what it answered, as the audit log has it: of observations only a digest.
public struct ServedActions: Sendable {
    /// Numbers of actions that are written out; of more a digest.
    private static let numberLimit = 64

    public var agent: Identifier
    public var version: Int
    public var tenant: Tenant
    public var caller: String
    public var request: String
    /// How many observations there were.
    public var rows: Int
    public var observations: Lanes
    public var actions: Lanes

    public init(
        agent: Identifier, version: Int, tenant: Tenant, caller: String, request: String, rows: Int,
        observations: Lanes, actions: Lanes
    ) {
        self.agent = agent
        self.version = version
        self.tenant = tenant
        self.caller = caller
        self.request = request
        self.rows = rows
        self.observations = observations
        self.actions = actions
    }

    var members: [Value.Member] {
        [
            .init("tenant", .string(tenant.name)), .init("caller", .string(caller)),
            .init("request_id", .string(request)), .init("agent_id", .string(agent.description)),
            .init("policy_version", .int(Int64(version))), .init("rows", .int(Int64(rows))),
            .init("observation_sha256", .string(observations.digest.hexadecimal)), actionMember,
        ]
    }

    private var actionMember: Value.Member {
        guard actions.count <= Self.numberLimit else {
            return .init("actions_sha256", .string(actions.digest.hexadecimal))
        }
        return .init("actions", .array((0..<actions.count).map(actions.value)))
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
