import Gym
import Store

/// What happened in a world since somebody wrote it down.
struct Journal: Sendable {
    /// What brings a world from one state to the next, whoever does it again.
    enum Entry: Sendable {
        case reset(seed: UInt64?, mask: [Bool]?, options: Value?)
        /// With the reply that a retry is sent; nil where it carried no index.
        case step(Lanes, reply: [UInt8]?)
    }

    private(set) var entries: [Entry] = []
    /// Whether something happened that no entry says: then only the whole world does.
    private(set) var hasOther = false

    var isEmpty: Bool { entries.isEmpty && !hasOther }

    mutating func note(_ entry: Entry) {
        if !hasOther { entries.append(entry) }
    }

    /// The reply to the latest step.
    mutating func note(reply: [UInt8]) {
        guard case .step(let actions, _) = entries.popLast() else { return }
        entries.append(.step(actions, reply: reply))
    }

    mutating func noteOther() {
        entries = []
        hasOther = true
    }

    mutating func take() -> Journal {
        defer { self = Journal() }
        return self
    }
}

extension Journal.Entry {
    private enum Kind: UInt8 { case reset = 1, step }

    var bytes: [UInt8] {
        var writer = StateWriter()
        switch self {
        case .reset(let seed, let mask, let options):
            writer.write(Kind.reset.rawValue)
            writer.write(seed)
            writer.write(mask.map { $0.map { $0 ? 1 : 0 } } ?? [UInt8]())
            writer.write(options?.json ?? "")
        case .step(let actions, let reply):
            writer.write(Kind.step.rawValue)
            writer.write(actions)
            writer.write(reply != nil)
            writer.write(reply ?? [])
        }
        return writer.bytes
    }

    /// Has what happened happen again.
    static func replay(_ bytes: [UInt8], in world: inout World) throws(HostingError) {
        do throws(EnvironmentError) {
            var reader = StateReader(bytes)
            guard let kind = Kind(rawValue: try reader.read(UInt8.self)) else {
                throw EnvironmentError.invalidSnapshot("it has a record of an unknown kind")
            }
            switch kind {
            case .reset: try reset(&reader, &world)
            case .step: try step(&reader, &world)
            }
        } catch {
            throw .environment(error)
        }
    }

    private static func reset(_ reader: inout StateReader, _ world: inout World) throws(EnvironmentError) {
        let seed = try reader.readOptional()
        let flags = try reader.readBytes()
        let text = try reader.readString()
        let options = text.isEmpty ? nil : try? Value(json: text)
        try world.again { world throws(HostingError) in
            try world.reset(seed: seed, mask: flags.isEmpty ? nil : flags.map { $0 != 0 }, options: options)
        }
    }

    private static func step(_ reader: inout StateReader, _ world: inout World) throws(EnvironmentError) {
        let actions = try reader.readActions(of: world.vector)
        let hasReply = try reader.readBool()
        let reply = try reader.readBytes()
        try world.again { world throws(HostingError) in try world.step(actions) }
        if hasReply { world.remember(action: actions, reply: reply) }
    }
}

extension World {
    /// What could be done once can be done again; where not, the record is of another world.
    fileprivate mutating func again(
        _ body: (inout World) throws(HostingError) -> Void
    ) throws(EnvironmentError) {
        do { try body(&self) } catch {
            guard case .environment(let error) = error else { throw .invalidSnapshot("\(error)") }
            throw error
        }
    }
}
