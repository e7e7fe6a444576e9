import Environments
import Foundation
import Gym
import Hosting
import Store
import Testing

struct DurableSessionTests {
    private func request(
        _ id: String, count: Int = 1, wrappers: [WrapperSpec] = [], isDurable: Bool = true
    ) -> Session.Request {
        Session.Request(
            environment: id, options: VectorOptions(count: count), wrappers: wrappers, seed: 5, isDurable: isDurable)
    }

    /// What a client sees, whichever session it is.
    private func step(_ session: Session, _ sampler: inout SpaceSampler) throws -> [String] {
        let actions = sampler.lanes(session.actionLayout, count: session.count)
        return try session.drive { world throws(HostingError) in
            if session.request.options.autoreset == .disabled, world.vector.needsReset.contains(true) {
                try world.reset(seed: nil, options: nil)
            }
            try world.step(actions)
            world.remember(action: actions, reply: Array("reply \(world.step)".utf8))
            return [
                "\(world.vector.observations)", "\(world.vector.rewards)", "\(world.vector.terminated)",
                "\(world.vector.truncated)", "\(world.step) \(world.totalSteps) \(world.totalEpisodes)",
            ]
        }
    }

    private func reset(_ session: Session, seed: UInt64? = nil) throws {
        try session.drive { world throws(HostingError) in try world.reset(seed: seed, options: nil) }
    }

    /// The folder as a process that is killed leaves it.
    private func copy(_ folder: URL, _ body: (URL) throws -> Void) throws {
        let other = folder.deletingLastPathComponent().appending(path: "lamd-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: folder, to: other)
        defer { try? FileManager.default.removeItem(at: other) }
        try body(other)
    }

    private func log(_ folder: URL, _ session: Session) throws -> URL {
        let own = folder.appending(path: "sessions/\(session.id)")
        let names = try FileManager.default.contentsOfDirectory(atPath: own.path).filter { $0.hasPrefix("log-") }
        return own.appending(path: try #require(names.first))
    }

    @Test(arguments: ["CartPole-v1", "Taxi-v4", "Blackjack-v1", "Recommender-v0"], [1, 3])
    func `one that is brought back goes on as one that never went`(_ id: String, _ count: Int) throws {
        let wrappers: [WrapperSpec] =
            id == "CartPole-v1" ? [.normalizeObservation(epsilon: 1e-8), .recordEpisodeStatistics] : []
        try withFolder { folder in
            let hall = try anew(folder)
            let session = try hall.sessions.create(request(id, count: count, wrappers: wrappers))
            let twin = try hall.sessions.create(request(id, count: count, wrappers: wrappers, isDurable: false))
            var (own, other) = (SpaceSampler(session.actionSpace, seed: 1), SpaceSampler(session.actionSpace, seed: 1))
            for each in [session, twin] { try reset(each) }
            for _ in 0..<40 { #expect(try step(session, &own) == step(twin, &other)) }
            try reset(session, seed: 77)
            try reset(twin, seed: 77)
            for _ in 0..<5 { #expect(try step(session, &own) == step(twin, &other)) }
            try copy(folder) { folder in
                let hall = try anew(folder)
                let restored = try #require(hall.sessions.find(session.id, of: .standard))
                #expect(restored.isDurable && hall.sessions.count == 1)
                #expect(try restored.state().step == twin.state().step && restored.state().lastSeed == 77)
                for _ in 0..<40 { #expect(try step(restored, &own) == step(twin, &other)) }
            }
        }
    }

    @Test func `the latest step's reply is there for a retry`() throws {
        try withFolder { folder in
            let hall = try anew(folder)
            let session = try hall.sessions.create(request("CartPole-v1"))
            try reset(session)
            let action = Lanes.int64([1])
            try session.drive { world throws(HostingError) in
                try world.step(action)
                world.remember(action: action, reply: [4, 2])
            }
            try copy(folder) { folder in
                let hall = try anew(folder)
                let restored = try #require(hall.sessions.find(session.id, of: .standard))
                try restored.drive { world throws(HostingError) in
                    #expect(try world.replay(index: 0, action: action) == [4, 2])
                }
                // And once more, when the world is written anew.
                try restored.drive { world throws(HostingError) in _ = world.sample() }
                try copy(folder) { folder in
                    let again = try #require(try anew(folder).sessions.find(session.id, of: .standard))
                    try again.drive { world throws(HostingError) in
                        #expect(try world.replay(index: 0, action: action) == [4, 2])
                    }
                }
            }
        }
    }

    @Test func `whatever else moves the world is kept as well`() throws {
        try withFolder { folder in
            let hall = try anew(folder)
            let session = try hall.sessions.create(request("Taxi-v4"))
            let twin = try hall.sessions.create(request("Taxi-v4", isDurable: false))
            for each in [session, twin] {
                try reset(each)
                let snapshot = try hall.sessions.snapshot(each)
                let layout = each.actionLayout
                _ = try Rollout.run(Rollout.Plan(budget: .steps(1), records: false), on: each) { world, _ in
                    world.sampler.lanes(layout, count: 1)
                }
                try hall.sessions.restore(each, from: snapshot)
                _ = try Rollout.run(Rollout.Plan(budget: .steps(9), records: false), on: each) { world, _ in
                    world.sampler.lanes(layout, count: 1)
                }
                _ = try each.drive { world throws(HostingError) in world.sample() }
            }
            try copy(folder) { folder in
                let restored = try #require(try anew(folder).sessions.find(session.id, of: .standard))
                func look(_ session: Session) throws -> (Lanes, [Value]) {
                    try session.drive { world throws(HostingError) in (world.vector.observations, world.sample()) }
                }
                let (seen, expected) = (try look(restored), try look(twin))
                #expect(seen.0 == expected.0 && seen.1 == expected.1)
            }
        }
    }

    @Test func `every cut through the log leaves what was whole, and one goes on behind it`() throws {
        try withFolder { folder in
            let hall = try anew(folder)
            let session = try hall.sessions.create(request("CartPole-v1"))
            var sampler = SpaceSampler(session.actionSpace, seed: 1)
            try reset(session, seed: 1)
            var sizes = [try Data(contentsOf: log(folder, session)).count]
            for _ in 0..<3 {
                _ = try step(session, &sampler)
                sizes.append(try Data(contentsOf: log(folder, session)).count)
            }
            let bytes = try Data(contentsOf: log(folder, session))
            for cut in stride(from: sizes[0], through: bytes.count, by: 7) + [bytes.count] {
                try copy(folder) { folder in
                    try bytes.prefix(cut).write(to: log(folder, session))
                    let restored = try #require(try anew(folder).sessions.find(session.id, of: .standard))
                    let whole = sizes.lastIndex { $0 <= cut } ?? 0
                    #expect(try restored.state().step == whole, "cut at \(cut)")
                    var next = SpaceSampler(session.actionSpace, seed: 2)
                    _ = try step(restored, &next)
                    try copy(folder) { folder in
                        let again = try #require(try anew(folder).sessions.find(session.id, of: .standard))
                        #expect(try again.state().step == whole + 1, "cut at \(cut)")
                    }
                }
            }
        }
    }

    @Test func `a long log is replaced by the world as it is`() throws {
        try withFolder { folder in
            let hall = try anew(folder)
            let session = try hall.sessions.create(request("CliffWalking-v1"))
            try reset(session)
            for _ in 0..<2_100 {
                try session.drive { world throws(HostingError) in try world.step(.int64([0])) }
            }
            #expect(try RecordLog.records(in: Array(Data(contentsOf: log(folder, session)))).records.count < 1_000)
            let names = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "sessions/\(session.id)").path)
            #expect(names.count == 2)
            try copy(folder) { folder in
                let restored = try #require(try anew(folder).sessions.find(session.id, of: .standard))
                #expect(try restored.state().totalSteps == 2_100)
            }
        }
    }

    @Test func `a closed or expired one is gone for good`() throws {
        try withFolder { folder in
            let hall = try anew(folder)
            let closed = try hall.sessions.create(request("CartPole-v1"))
            _ = try hall.sessions.create(request("CartPole-v1"))
            try hall.sessions.close(closed)
            #expect(hall.sessions.hasDurable)
            #expect(throws: HostingError.self) { try reset(closed) }
            #expect(hall.sessions.expire(now: .now + .seconds(7200)) == 1)
            #expect(!hall.sessions.hasDurable)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/sessions").isEmpty)
        }
    }

    @Test func `a damaged base is put aside, and the others are brought back`() throws {
        try withFolder { folder in
            let hall = try anew(folder)
            let (broken, whole) = (
                try hall.sessions.create(request("CartPole-v1")), try hall.sessions.create(request("CartPole-v1"))
            )
            try copy(folder) { folder in
                let base = folder.appending(path: "sessions/\(broken.id)/base")
                var bytes = try Data(contentsOf: base)
                bytes[60] ^= 1
                try bytes.write(to: base)
                let hall = try anew(folder)
                #expect(
                    hall.sessions.find(broken.id, of: .standard) == nil
                        && hall.sessions.find(whole.id, of: .standard) != nil)
                #expect(hall.gauges.first { $0.name == "lamd_quarantined_files" }?.samples.first?.value == 1)
            }
        }
    }

    @Test func `a recorded one is refused`() throws {
        try withFolder { folder in
            let hall = try anew(folder)
            let session = try hall.sessions.create(request("CartPole-v1"))
            #expect(throws: HostingError.self) { try hall.record(session, into: "x", field: "record") }
        }
    }
}

/// Also where a test has a hall of its own.
private func anew(_ folder: URL) throws -> Hall { try hall(folder) }
