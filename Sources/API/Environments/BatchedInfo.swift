import Gym

/// Infos of several environments in one, as Gymnasium's vector environments have them: an array for each key, and under
/// `_key` a mask of the environments that have it.
enum BatchedInfo {
    static func combine(_ infos: [Value]) -> Value {
        var keys: [String] = []
        for case .object(let members) in infos {
            for member in members where !keys.contains(member.key) { keys.append(member.key) }
        }
        var combined: [Value.Member] = []
        for key in keys {
            let values = infos.map { $0[key] }
            combined.append(.init(key, column(values)))
            combined.append(.init("_" + key, .array(values.map { .bool($0 != nil) })))
        }
        return .object(combined)
    }

    /// Objects are combined in turn; elsewhere a missing number is 0, as in numpy's arrays, and anything else null.
    private static func column(_ values: [Value?]) -> Value {
        switch values.lazy.compactMap({ $0 }).first {
        case .object: combine(values.map { $0 ?? .object([]) })
        case .int: .array(values.map { $0 ?? .int(0) })
        case .double: .array(values.map { $0 ?? .double(0) })
        case .float: .array(values.map { $0 ?? .float(0) })
        case .bool: .array(values.map { $0 ?? .bool(false) })
        default: .array(values.map { $0 ?? .null })
        }
    }
}
