import Environments
import Foundation
import Gym
import Hosting
import Synchronization
import Testing

struct SessionTests {
    private let sessions = Sessions(catalogue: .worlds, limit: 8)

    private func session(_ id: String = "CartPole-v1", count: Int = 1, seed: UInt64 = 3) throws -> Session {
        let session = try sessions.create(
            Session.Request(environment: id, options: VectorOptions(count: count), seed: seed))
        try session.use { world throws(HostingError) in try world.reset(seed: nil, options: nil) }
        return session
    }

    private func step(_ session: Session, _ action: Int64) throws -> Lanes {
        let actions = Lanes.int64(Array(repeating: action, count: session.count))
        return try session.use { world throws(HostingError) in
            try world.step(actions)
            return world.vector.observations
        }
    }

    @Test func `the seed given at creation is that of the first reset`() throws {
        let first = try session().use { world throws(HostingError) in world.vector.observations }
        let second = try session().use { world throws(HostingError) in world.vector.observations }
        #expect(first == second)
    }

    @Test func `expires when its lease runs out, unless it was used`() throws {
        let start = ContinuousClock.now
        let request = Session.Request(environment: "CartPole-v1", timeToLive: .seconds(10))
        let idle = try sessions.create(request, now: start)
        let used = try sessions.create(request, now: start)
        try used.use(now: start + .seconds(8)) { _ throws(HostingError) in }
        #expect(sessions.expire(now: start + .seconds(9)) == 0)
        #expect(sessions.expire(now: start + .seconds(11)) == 1)
        #expect(sessions.find(idle.id, of: .standard) == nil)
        #expect(sessions.find(used.id, of: .standard) != nil)
        #expect(sessions.expire(now: start + .seconds(17)) == 0)
        #expect(sessions.expire(now: start + .seconds(19)) == 1)
        #expect(sessions.count == 0)
    }

    @Test func `one that is held when its lease runs out expires afterwards`() throws {
        let start = ContinuousClock.now
        let session = try sessions.create(
            Session.Request(environment: "CartPole-v1", timeToLive: .zero), now: start - .seconds(1))
        try session.hold { _ throws(HostingError) in
            #expect(sessions.expire(now: start + .seconds(9)) == 0)
        }
        #expect(sessions.expire(now: start + .seconds(11)) == 1)
        #expect(sessions.count == 0)
    }

    @Test func `there are as many as are allowed, and no more`() throws {
        for _ in 0..<8 { _ = try session() }
        #expect(throws: HostingError.self) { try session() }
        try sessions.close(try #require(sessions.all(of: .standard).first))
        _ = try session()
    }

    @Test func `environments are bounded in all, not only for each session`() throws {
        let sessions = Sessions(catalogue: .worlds, limit: 100, environmentLimit: 10)
        let request = Session.Request(environment: "Crossing-v0", options: VectorOptions(count: 4))
        for _ in 0..<2 { _ = try sessions.create(request) }
        #expect(throws: HostingError.self) { try sessions.create(request) }
        _ = try sessions.create(Session.Request(environment: "Crossing-v0", options: VectorOptions(count: 2)))
    }

    @Test func `a step with its number is replayed, never taken twice`() throws {
        let session = try session()
        let action = Lanes.int64([1])
        try session.use { world throws(HostingError) in
            #expect(try world.replay(index: 0, action: action) == nil)
            try world.step(action)
            world.remember(action: action, reply: [42])
            #expect(try world.replay(index: 0, action: action) == [42])
            #expect(world.step == 1)
        }
        #expect(throws: HostingError.self) {
            try session.use { world throws(HostingError) in _ = try world.replay(index: 0, action: .int64([0])) }
        }
        #expect(throws: HostingError.self) {
            try session.use { world throws(HostingError) in _ = try world.replay(index: 7, action: action) }
        }
    }

    @Test func `says that it is busy while a rollout holds it`() throws {
        let session = try session()
        let isHeld = Atomic(false)
        let isDone = Atomic(false)
        let plan = Rollout.Plan(budget: .steps(1), records: false)
        let thread = Thread {
            _ = try? Rollout.run(plan, on: session) { _, _ in
                isHeld.store(true, ordering: .releasing)
                while !isDone.load(ordering: .acquiring) {}
                return .int64([0])
            }
        }
        thread.start()
        while !isHeld.load(ordering: .acquiring) {}
        #expect(throws: HostingError.self) { try step(session, 0) }
        isDone.store(true, ordering: .releasing)
        while !thread.isFinished {}
        _ = try step(session, 0)
    }

    @Test(arguments: Catalogue.worlds.specs.map(\.id))
    func `a fork goes on as the original does`(_ id: String) throws {
        let session = try sessions.create(
            Session.Request(environment: id, options: VectorOptions(count: 3, autoreset: .sameStep), seed: 5))
        let plan = Rollout.Plan(budget: .steps(30), seed: 5, records: true)
        let more = Rollout.Plan(budget: .steps(30), records: true)
        let layout = session.actionLayout
        _ = try Rollout.run(plan, on: session) { world, _ in world.sampler.lanes(layout, count: 3) }
        let fork = try #require(try sessions.fork(session, copies: 1).first)
        let own = try Rollout.run(more, on: session) { world, _ in world.sampler.lanes(layout, count: 3) }
        let copied = try Rollout.run(more, on: fork) { world, _ in world.sampler.lanes(layout, count: 3) }
        #expect(own.returns == copied.returns)
        #expect(own.traces.map(\.trajectory) == copied.traces.map(\.trajectory))
    }

    @Test func `a damaged snapshot is refused, wherever the damage is`() throws {
        let session = try session("FrozenLake-v1")
        let bytes = try sessions.snapshot(session).bytes
        #expect(try Snapshot(bytes).bytes == bytes)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            #expect(throws: EnvironmentError.self, "byte \(index)") { try Snapshot(damaged) }
            #expect(throws: EnvironmentError.self, "cut at \(index)") { try Snapshot(Array(bytes.prefix(index))) }
        }
    }

    @Test func `a snapshot belongs to one environment and its settings`() throws {
        let snapshot = try sessions.snapshot(try session("CartPole-v1"))
        for other in [try session("Acrobot-v1"), try session("CartPole-v1", count: 2)] {
            #expect(throws: HostingError.self) { try sessions.restore(other, from: snapshot) }
        }
    }

    @Test func `identifiers are eight lowercase hex digits`() {
        #expect(Identifier("0a1b2c3d")?.description == "0a1b2c3d")
        for wrong in ["0a1b2c3", "0a1b2c3d4", "0A1B2C3D", "0a1b2c3g", "ü1b2c3d", ""] {
            #expect(Identifier(wrong) == nil)
        }
    }
}
