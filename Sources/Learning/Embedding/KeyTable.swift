import Gym
import Neural
import Synchronization

/// The keys of all members of a policy's embedded component: made once, by whoever asks first, and shared from then on.
final class KeyTable: Sendable {
    private let embedding: ActionEmbedding
    private let parameters: [Float]
    private let made = Mutex<Keys?>(nil)
    /// Who is not withdrawn, a byte each; empty where nobody is.
    let available: [UInt8]
    let availableCount: Int
    private let serving = Mutex<ActionIndex?>(nil)

    /// Members whose keys are made at once.
    private static let block = 4_096

    init(_ embedding: ActionEmbedding, _ parameters: [Float]) {
        self.embedding = embedding
        self.parameters = parameters
        let withdrawn = embedding.features?.withdrawn ?? []
        available = withdrawn.contains(true) ? withdrawn.map { $0 ? 0 : 1 } : []
        availableCount = embedding.count - (embedding.features?.withdrawnCount ?? 0)
    }

    func isWithdrawn(_ member: Int) -> Bool { !available.isEmpty && available[member] == 0 }

    /// What answers in the keys' place where an approximate answer will do.
    var index: ActionIndex? {
        get { serving.withLock { $0 } }
        set { serving.withLock { $0 = newValue } }
    }

    /// Takes as long as making them takes where they were not asked for yet.
    var keys: Keys {
        made.withLock { made in
            if let made { return made }
            let keys = makeKeys()
            made = keys
            return keys
        }
    }

    private func makeKeys() -> Keys {
        let (count, width) = (embedding.count, embedding.dimension)
        if case .table(let start) = embedding.source { return Keys(parameters, from: start, dimension: width) }
        var memory = embedding.workspace(capacity: min(Self.block, count))
        var block = [Float](repeating: 0, count: min(Self.block, count) * width)
        var values: [Float] = []
        values.reserveCapacity(count * width)
        for start in stride(from: 0, to: count, by: Self.block) {
            let members = Int32(start)..<Int32(min(start + Self.block, count))
            embedding.makeKeys(members, parameters, in: &memory, to: &block)
            values += block[..<(members.count * width)]
        }
        return Keys(values, dimension: width)
    }
}
