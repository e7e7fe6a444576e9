import Gym

/// The whole state of a session's world as bytes that a client may keep: opaque, versioned, checksummed.
///
/// Layout: "lamdsnap", format version, checksum of all that follows, environment id, vector options, state.
public struct Snapshot: Sendable {
    private static let magic = Array("lamdsnap".utf8)
    private static let version: UInt32 = 1

    public let bytes: [UInt8]

    /// - Throws: ``EnvironmentError/invalidSnapshot(_:)`` where the bytes are not a whole snapshot of this format.
    public init(_ bytes: [UInt8]) throws(EnvironmentError) {
        var reader = StateReader(bytes)
        for expected in Self.magic {
            guard try reader.read(UInt8.self) == expected else {
                throw .invalidSnapshot("it is not a snapshot of lamd")
            }
        }
        let version = try reader.read(UInt32.self)
        guard version == Self.version else {
            throw .invalidSnapshot("it has format \(version); this lamd reads format \(Self.version)")
        }
        let checksum = try reader.read(UInt64.self)
        guard checksum == Self.checksum(bytes[(Self.magic.count + 12)...]) else {
            throw .invalidSnapshot("its checksum is wrong: it was damaged or cut short")
        }
        self.bytes = bytes
    }

    init(_ world: borrowing World, of session: Session) {
        var body = StateWriter()
        Self.writeIdentity(of: session, to: &body)
        world.save(to: &body)
        var writer = StateWriter()
        Self.magic.forEach { writer.write($0) }
        writer.write(Self.version)
        writer.write(Self.checksum(body.bytes[...]))
        bytes = writer.bytes + body.bytes
    }

    func restore(_ world: inout World, of session: Session) throws(EnvironmentError) {
        var identity = StateWriter()
        Self.writeIdentity(of: session, to: &identity)
        let body = bytes[(Self.magic.count + 12)...]
        guard body.starts(with: identity.bytes) else {
            throw .invalidSnapshot("it is of another environment, other kwargs, or another number of environments")
        }
        var reader = StateReader(Array(body.dropFirst(identity.bytes.count)))
        try world.restore(from: &reader)
        guard reader.isAtEnd else { throw .invalidSnapshot("it holds more than this environment's state") }
    }

    private static func writeIdentity(of session: Session, to writer: inout StateWriter) {
        writer.write(session.spec.id)
        writer.write("\(session.request.kwargs ?? .null)")
        writer.write("\(session.request.wrappers)")
        writer.write(session.count)
        writer.write(session.request.options.autoreset.rawValue)
        writer.write(session.request.options.maxEpisodeSteps ?? -1)
    }

    /// FNV-1a, 64 bits: against damage, not against intent; every index inside is checked when it is read.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
