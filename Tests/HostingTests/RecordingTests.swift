import Environments
import Foundation
import Gym
import Hosting
import Testing

struct RecordingTests {
    /// What a client sees of a vector that is recorded: the same world without recording.
    private func twin(_ request: Session.Request) throws -> Session {
        try Sessions(catalogue: .worlds, limit: 1).create(request)
    }

    private func request(_ mode: AutoresetMode, count: Int) -> Session.Request {
        Session.Request(
            environment: "Taxi-v4",
            options: VectorOptions(count: count, maxEpisodeSteps: 7, autoreset: mode), seed: 3)
    }

    /// Random steps, the same for everybody; where nothing resets by itself, what is over is reset.
    private func drive(_ session: Session, steps: Int) throws {
        var sampler = SpaceSampler(session.actionSpace, seed: 9)
        try session.drive { world throws(HostingError) in try world.reset(seed: nil, options: nil) }
        for _ in 0..<steps {
            let actions = sampler.lanes(session.actionLayout, count: session.count)
            try session.drive { world throws(HostingError) in
                let due = world.vector.needsReset
                if session.request.options.autoreset == .disabled, due.contains(true) {
                    try world.reset(seed: nil, mask: due, options: nil)
                }
                try world.step(actions)
            }
        }
    }

    @Test(arguments: AutoresetMode.allCases, [1, 3])
    func `a set holds every episode of every environment`(_ mode: AutoresetMode, _ count: Int) throws {
        try withFolder { folder in
            let hall = try hall(folder)
            let session = try hall.sessions.create(request(mode, count: count))
            try hall.record(session, into: "taxi", field: "record")
            let set = try #require(hall.demonstrations.find(named: "taxi", of: .standard))
            #expect(session.record == "taxi")
            try drive(session, steps: 24)
            // Under next_step every eighth step only resets.
            let whole = count * 3
            #expect(set.counts.episodes == whole)
            try hall.sessions.close(session)
            let episodes = try hall.demonstrations.trajectories(of: set)
            #expect(set.counts.episodes == episodes.count)
            let rest = mode == .nextStep ? 0 : 3
            #expect(set.counts.steps == count * (21 + rest))
            for episode in episodes.prefix(whole) { #expect(episode.length == 7 && episode.truncations[6]) }
            for episode in episodes.dropFirst(whole) { #expect(episode.length == 3 && episode.truncations[2]) }
            for episode in episodes {
                #expect(episode.masks.count == 6 * (episode.length + 1))
                #expect(episode.infos.count == episode.length + 1)
                for row in 0...episode.length {
                    let told = episode.infos[row]["action_mask"]?.arrayElements.map { $0.asInt64 != 0 }
                    #expect(told == Array(episode.masks[6 * row..<6 * (row + 1)]))
                }
            }
            #expect(episodes.prefix(count).map(\.seed) == (0..<count).map { UInt64(3 + $0) })
        }
    }

    @Test(arguments: AutoresetMode.allCases)
    func `a recorded episode is what the world showed`(_ mode: AutoresetMode) throws {
        try withFolder { folder in
            let hall = try hall(folder)
            let session = try hall.sessions.create(request(mode, count: 1))
            try hall.record(session, into: "taxi", field: "record")
            try drive(session, steps: 7)
            let set = try #require(hall.demonstrations.find(named: "taxi", of: .standard))
            let episode = try #require(try hall.demonstrations.trajectories(of: set).first)
            let twin = try twin(request(.disabled, count: 1))
            try twin.use { world throws(HostingError) in
                try world.reset(seed: nil, options: nil)
                for step in 0..<7 {
                    #expect(world.vector.observations == episode.observations.rows(step..<step + 1, width: 1))
                    #expect(world.vector.info(0) == episode.infos[step])
                    try world.step(episode.actions.rows(step..<step + 1, width: 1))
                    #expect(world.vector.rewards[0] == episode.rewards[step])
                }
                #expect(world.vector.observations == episode.observations.rows(7..<8, width: 1))
                #expect(world.vector.info(0) == episode.infos[7])
            }
        }
    }

    @Test func `a rollout is recorded, and so is what it leaves open`() throws {
        try withFolder { folder in
            let hall = try hall(folder)
            let session = try hall.sessions.create(request(.sameStep, count: 2))
            try hall.record(session, into: "taxi", field: "record")
            let layout = session.actionLayout
            let rollout = try Rollout.run(
                Rollout.Plan(budget: .steps(10), seed: 5, records: true), on: session
            ) { world, _ in world.sampler.lanes(layout, count: 2) }
            try hall.sessions.close(session)
            let set = try #require(hall.demonstrations.find(named: "taxi", of: .standard))
            let recorded = try hall.demonstrations.trajectories(of: set)
            #expect(recorded == rollout.traces.map(\.trajectory.truncatedWhereOpen))
            #expect(recorded.map(\.length) == [7, 7, 3, 3])
        }
    }

    @Test func `an explicit reset and a restored snapshot cut what is open`() throws {
        try withFolder { folder in
            let hall = try hall(folder)
            let session = try hall.sessions.create(request(.disabled, count: 1))
            try hall.record(session, into: "taxi", field: "record")
            try drive(session, steps: 2)
            let snapshot = try hall.sessions.snapshot(session)
            try session.drive { world throws(HostingError) in try world.reset(seed: 8, options: nil) }
            try session.drive { world throws(HostingError) in try world.step(.int64([0])) }
            try hall.sessions.restore(session, from: snapshot)
            try session.drive { world throws(HostingError) in try world.step(.int64([1])) }
            try session.stopRecording()
            #expect(session.record == nil)
            try session.drive { world throws(HostingError) in try world.step(.int64([1])) }
            let set = try #require(hall.demonstrations.find(named: "taxi", of: .standard))
            let episodes = try hall.demonstrations.trajectories(of: set)
            #expect(episodes.map(\.length) == [2, 1, 1])
            #expect(episodes.map(\.truncations.last) == [true, true, true])
            #expect(episodes.map(\.seed) == [3, 8, nil])
        }
    }

    @Test func `a fork is not recorded`() throws {
        try withFolder { folder in
            let hall = try hall(folder)
            let session = try hall.sessions.create(request(.disabled, count: 1))
            try hall.record(session, into: "taxi", field: "record")
            try drive(session, steps: 2)
            let fork = try #require(try hall.sessions.fork(session, copies: 1).first)
            #expect(fork.record == nil && session.record == "taxi")
        }
    }

    @Test func `what cannot be stored now is stored before anything else happens`() throws {
        try withFolder { folder in
            let hall = try hall(folder)
            let session = try hall.sessions.create(request(.disabled, count: 1))
            try hall.record(session, into: "taxi", field: "record")
            let set = try #require(hall.demonstrations.find(named: "taxi", of: .standard))
            try drive(session, steps: 6)
            let files = folder.appending(path: "demonstrations/\(set.id)")
            let aside = folder.appending(path: "aside")
            try FileManager.default.moveItem(at: files, to: aside)
            try Data().write(to: files)
            func step() throws {
                try session.drive { world throws(HostingError) in try world.step(.int64([0])) }
            }
            // This one ends the episode; the next is not even taken.
            #expect(throws: HostingError.self) { try step() }
            #expect(throws: HostingError.self) {
                try session.drive { world throws(HostingError) in try world.reset(seed: nil, options: nil) }
            }
            #expect(try session.state().needsReset)
            try FileManager.default.removeItem(at: files)
            try FileManager.default.moveItem(at: aside, to: files)
            try session.drive { world throws(HostingError) in try world.reset(seed: nil, options: nil) }
            #expect(try hall.demonstrations.trajectories(of: set).map(\.length) == [7])
        }
    }

    @Test func `records only into what is of the same kind`() throws {
        try withFolder { folder in
            let hall = try hall(folder)
            func session(_ id: String, _ kwargs: Value? = nil) throws -> Session {
                try hall.sessions.create(Session.Request(environment: id, kwargs: kwargs))
            }
            try hall.record(try session("FrozenLake-v1"), into: "lake", field: "record")
            try hall.record(try session("FrozenLake-v1", ["is_slippery": true]), into: "lake", field: "record")
            #expect(throws: HostingError.self) {
                try hall.record(try session("FrozenLake-v1", ["is_slippery": false]), into: "lake", field: "record")
            }
            #expect(throws: HostingError.self) {
                try hall.record(try session("Taxi-v4"), into: "lake", field: "record")
            }
            let set = try #require(hall.demonstrations.find(named: "lake", of: .standard))
            #expect(throws: HostingError.self) { try hall.demonstrations.delete(set) }
            for session in hall.sessions.all(of: .standard) { try session.stopRecording() }
            try hall.demonstrations.delete(set)
        }
    }
}
