import Gym
import Store

/// A durable session as it is on disk: how it was asked for, and its world.
///
/// Layout: format version, number, when it was made, the request as JSON, a ``Snapshot``, counts.
struct SessionBase {
    private static let version: UInt32 = 1

    /// Of its log.
    var number = 0
    /// Seconds since 1970.
    let createdAt: Double
    let request: Session.Request
    private let snapshot: [UInt8]
    private let counts: [UInt8]

    init(_ world: borrowing World, of session: Session, createdAt: Double) {
        self.createdAt = createdAt
        request = session.request
        snapshot = Snapshot(world, of: session).bytes
        var writer = StateWriter()
        world.saveCounts(to: &writer)
        counts = writer.bytes
    }

    var bytes: [UInt8] {
        var writer = StateWriter()
        writer.write(Self.version)
        writer.write(number)
        writer.write(createdAt)
        writer.write(request.value.json)
        writer.write(snapshot)
        writer.write(counts)
        return writer.bytes
    }

    /// Reads what ``bytes`` wrote.
    init(_ bytes: [UInt8]) throws(HostingError) {
        do throws(EnvironmentError) {
            var reader = StateReader(bytes)
            let version = try reader.read(UInt32.self)
            guard version == Self.version else {
                throw EnvironmentError.invalidSnapshot("it has format \(version), this lamd reads \(Self.version)")
            }
            number = try reader.readInt(in: 0..<Int.max)
            createdAt = try reader.readDouble()
            guard let value = try? Value(json: try reader.readString()) else {
                throw EnvironmentError.invalidSnapshot("its request is no JSON")
            }
            request = try Session.Request(value)
            snapshot = try reader.readBytes()
            counts = try reader.readBytes()
        } catch {
            throw .environment(error)
        }
    }

    /// Brings a new session's world to where this one's was.
    func restore(_ world: inout World, of session: Session) throws(HostingError) {
        do throws(EnvironmentError) {
            try Snapshot(snapshot).restore(&world, of: session)
            var reader = StateReader(counts)
            try world.restoreCounts(from: &reader)
        } catch {
            throw .environment(error)
        }
    }
}

extension Session.Request {
    /// As it is kept.
    fileprivate var value: Value {
        [
            "tenant": .string(tenant.name), "env_id": .string(environment), "kwargs": kwargs ?? .null,
            "num_envs": .int(Int64(options.count)),
            "max_episode_steps": options.maxEpisodeSteps.map { .int(Int64($0)) } ?? .null,
            "autoreset_mode": .string(options.autoreset.rawValue), "wrappers": .array(wrappers.map(\.value)),
            "seed": seed.map { .int(Int64(bitPattern: $0)) } ?? .null, "ttl_s": .double(timeToLive / .seconds(1)),
        ]
    }

    /// Reads what ``value`` wrote.
    fileprivate init(_ value: Value) throws(EnvironmentError) {
        guard let tenant = value["tenant"]?.asString, let environment = value["env_id"]?.asString,
            let count = value["num_envs"]?.asInt64,
            let autoreset = value["autoreset_mode"]?.asString.flatMap(AutoresetMode.init(rawValue:)),
            let seconds = value["ttl_s"]?.asDouble, seconds >= 0, seconds < 1e12
        else { throw .invalidSnapshot("its request lacks something") }
        var wrappers: [WrapperSpec] = []
        for element in value["wrappers"]?.arrayElements ?? [] {
            wrappers.append(try WrapperSpec(element, at: "wrappers/\(wrappers.count)"))
        }
        let kwargs = value["kwargs"]
        self.init(
            tenant: Tenant(unchecked: tenant), environment: environment, kwargs: kwargs == .null ? nil : kwargs,
            options: VectorOptions(
                count: Int(count), maxEpisodeSteps: value["max_episode_steps"]?.asInt64.map { Int($0) },
                autoreset: autoreset),
            wrappers: wrappers, seed: value["seed"]?.asInt64.map { UInt64(bitPattern: $0) },
            timeToLive: .seconds(seconds), isDurable: true)
    }
}
