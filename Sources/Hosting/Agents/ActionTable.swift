import Gym
import Store

/// What is known of an agent's actions, as it is served and kept.
public struct ActionTable: Sendable {
    /// Who said it.
    public enum Source: String, Sendable {
        case client, environment
    }

    public let features: ActionFeatures
    /// Counts from 1, with every change.
    public let version: Int
    public let source: Source
    private let withdrawn: Int

    init(_ features: ActionFeatures, version: Int = 1, source: Source) {
        self.features = features
        self.version = version
        self.source = source
        withdrawn = features.withdrawnCount
    }

    var byteCount: Int { features.values.count * MemoryLayout<Float>.size + features.withdrawn.count }

    /// As it goes over the wire, without the rows.
    public var value: Value {
        [
            "n": .int(Int64(features.count)), "f": .int(Int64(features.width)), "withdrawn": .int(Int64(withdrawn)),
            "version": .int(Int64(version)), "source": .string(source.rawValue),
        ]
    }

    /// The rows as a file, on disk as over the wire: `action_features` [n, f] and `withdrawn` [n].
    public var file: Safetensors {
        let (count, width) = (features.count, features.width)
        let flags = features.withdrawn.isEmpty ? Array(repeating: false, count: count) : features.withdrawn
        return Safetensors(
            [
                .init("action_features", Tensor(features.values, shape: [count, width])),
                .init("withdrawn", Tensor(flags)),
            ],
            metadata: ["version": String(version), "source": source.rawValue])
    }

    /// Reads what ``file`` wrote.
    init(_ file: Safetensors) throws(HostingError) {
        guard let rows = file["action_features"], let values = rows.floats, rows.shape.count == 2, !values.isEmpty,
            let flags = file["withdrawn"]?.bools, flags.count == rows.shape[0],
            let version = file.metadata["version"].flatMap({ Int($0) }),
            let source = file.metadata["source"].flatMap({ Source(rawValue: $0) })
        else { throw .corrupt("the table of action features cannot be read") }
        var features = ActionFeatures(width: rows.shape[1], values: values)
        for member in flags.indices where flags[member] { features.withdraw(member) }
        self.init(features, version: version, source: source)
    }
}
