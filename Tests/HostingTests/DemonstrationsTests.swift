import Environments
import Foundation
import Gym
import Hosting
import Logging
import Store
import Testing

/// Makes a folder of its own for a test, and removes it.
private func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(path: "lamd-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// Waits for threads of a hall that was stopped: the last of them lets go of the folder.
private func store(_ folder: URL) throws -> StateFolder {
    while true {
        do { return try StateFolder(folder) } catch {
            guard case .locked = error else { throw error }
            Thread.sleep(forTimeInterval: 0.001)
        }
    }
}

private func hall(
    _ folder: URL, catalogue: Catalogue = .worlds, limit: Int = 100
) throws -> Hall {
    var limits = Hall.Limits()
    limits.demonstrations = limit
    return try Hall(
        catalogue: catalogue, store: try store(folder), limits: limits, logger: Logger(label: "test"))
}

/// Opens the demonstrations of a folder, and closes it again.
private func opened<R>(_ folder: URL, _ body: (Demonstrations) throws -> R) throws -> R {
    let hall = try hall(folder)
    defer { hall.stop() }
    return try body(hall.demonstrations)
}

/// Always pushes left.
private struct Left: Expert {
    func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
        .int64(Array(repeating: 0, count: rows))
    }
}

private let about = DemonstrationSet.About(
    name: "first", environment: "FrozenLake-v1", kwargs: nil, observationSpace: .discrete(Discrete(16)),
    actionSpace: .discrete(Discrete(4)), metadata: ["who": "me"])

/// An episode that is like no other: `number` says which.
private func episode(_ number: Int, length: Int = 3, infos: Bool = false, masked: Bool = false) -> Trajectory {
    Trajectory(
        observations: .int64((0...length).map { Int64(($0 + number) % 16) }),
        actions: .int64((0..<length).map { Int64(($0 * number) % 4) }),
        rewards: (0..<length).map { Double($0 + number) },
        terminations: (0..<length).map { $0 == length - 1 }, truncations: Array(repeating: false, count: length),
        masks: masked ? (0..<4 * (length + 1)).map { ($0 + number) % 3 != 0 } : [],
        infos: infos ? (0...length).map { ["at": .int(Int64($0)), "text": .string("é\n\"\(number)")] } : [],
        seed: number % 2 == 0 ? UInt64(number) : nil)
}

struct DemonstrationsTests {
    @Test func `keeps episodes for the next one who opens the folder, bit for bit`() throws {
        let episodes = [
            episode(0), episode(1, length: 1, infos: true), episode(2, masked: true),
            episode(3, infos: true, masked: true),
        ]
        try withFolder { folder in
            let id = try opened(folder) { demonstrations in
                let set = try demonstrations.create(about, Array(episodes.prefix(2)))
                try demonstrations.append(Array(episodes.suffix(2)), to: set)
                return set.id
            }
            let demonstrations = try hall(folder).demonstrations
            let set = try #require(demonstrations.find(id))
            #expect(demonstrations.find(named: "first") === set)
            #expect((set.counts.episodes, set.counts.steps) == (4, 10))
            #expect(try demonstrations.trajectories(of: set.id) == episodes)
            #expect(try demonstrations.trajectories(of: set.id, in: 1..<3) == Array(episodes[1..<3]))
            #expect(try demonstrations.trajectories(of: set.id, in: 4..<9).isEmpty)
            #expect(try demonstrations.about(set).value == about.value)
        }
    }

    @Test(arguments: [
        Lanes.float32([0.1, -0.0, .greatestFiniteMagnitude]), .float64([0.1, .leastNonzeroMagnitude, 1e308]),
        .int64([.min, 0, .max]), .uint8([0, 128, 255]),
    ])
    func `keeps lanes of every type as they are`(_ lanes: Lanes) throws {
        try withFolder { folder in
            let demonstrations = try hall(folder).demonstrations
            let trajectory = Trajectory(
                observations: lanes, actions: lanes.rows(0..<2, width: 1), rewards: [0.1, -1e300],
                terminations: [false, false], truncations: [false, false])
            let set = try demonstrations.create(about, [trajectory])
            #expect(try demonstrations.trajectories(of: set.id) == [trajectory])
        }
    }

    @Test func `a set that grows episode by episode has few files`() throws {
        try withFolder { folder in
            let demonstrations = try hall(folder).demonstrations
            let set = try demonstrations.create(about)
            let episodes = (0..<300).map { episode($0, length: 1 + $0 % 7) }
            for episode in episodes { try demonstrations.append([episode], to: set) }
            #expect(try demonstrations.trajectories(of: set.id) == episodes)
            #expect(try demonstrations.trajectories(of: set.id, in: 120..<180) == Array(episodes[120..<180]))
            let files = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "demonstrations/\(set.id)").path)
            #expect(files.count <= 10, "\(files)")
        }
    }

    @Test func `what a crash left between file and row counts for nothing`() throws {
        try withFolder { folder in
            let files = folder.appending(path: "demonstrations")
            let id = try opened(folder) { demonstrations in
                let id = try demonstrations.create(about, [episode(1)]).id.description
                let own = files.appending(path: id)
                let stray = files.appending(path: "deadbeef")
                try FileManager.default.createDirectory(at: stray, withIntermediateDirectories: false)
                try Data([1]).write(to: stray.appending(path: "0.safetensors"))
                try FileManager.default.copyItem(
                    at: own.appending(path: "0.safetensors"), to: own.appending(path: "1.safetensors"))
                try Data([1]).write(to: own.appending(path: ".2.safetensors.tmp"))
                return id
            }
            let demonstrations = try hall(folder).demonstrations
            let set = try #require(demonstrations.find(named: "first"))
            #expect(try demonstrations.trajectories(of: set.id) == [episode(1)])
            let manager = FileManager.default
            #expect(try manager.contentsOfDirectory(atPath: files.path) == [id])
            #expect(
                try manager.contentsOfDirectory(atPath: files.appending(path: id).path).sorted() == [
                    "0.safetensors", "about.json",
                ])
            try demonstrations.append([episode(2)], to: set)
            #expect(try demonstrations.trajectories(of: set.id) == [episode(1), episode(2)])
        }
    }

    @Test func `a set that cannot be read stays on disk, and the others are served`() throws {
        try withFolder { folder in
            let broken = try opened(folder) { demonstrations in
                var other = about
                other.name = "second"
                _ = try demonstrations.create(other)
                return try demonstrations.create(about).id.description
            }
            let file = folder.appending(path: "demonstrations/\(broken)/about.json")
            try Data("{".utf8).write(to: file)
            #expect(try hall(folder).demonstrations.all.map(\.name) == ["second"])
            #expect(FileManager.default.fileExists(atPath: file.path))
        }
    }

    @Test func `names are given once, and numbered where nobody chose them`() throws {
        try withFolder { folder in
            let demonstrations = try hall(folder).demonstrations
            let first = try demonstrations.create(about)
            let error = #expect(throws: HostingError.self) { try demonstrations.create(about) }
            guard case .nameTaken("first", first.id.description) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try demonstrations.create(about, numbersName: true).name == "first 2")
            #expect(try demonstrations.create(about, numbersName: true).name == "first 3")
            try demonstrations.delete(first)
            #expect(try demonstrations.create(about).name == "first")
        }
    }

    @Test func `there are as many as are allowed, and no more`() throws {
        try withFolder { folder in
            let demonstrations = try hall(folder, limit: 2).demonstrations
            for _ in 0..<2 { _ = try demonstrations.create(about, numbersName: true) }
            #expect(throws: HostingError.self) { try demonstrations.create(about, numbersName: true) }
            try demonstrations.delete(try #require(demonstrations.all.first))
            _ = try demonstrations.create(about, numbersName: true)
        }
    }

    @Test func `a set takes so many steps, and no more`() throws {
        try withFolder { folder in
            let demonstrations = try hall(folder).demonstrations
            let set = try demonstrations.create(about, [episode(1)])
            let steps = Demonstrations.maximumSteps - 2
            let huge = Trajectory(
                observations: .uint8([]), actions: .uint8([]), rewards: Array(repeating: 0, count: steps))
            #expect(throws: HostingError.self) { try demonstrations.append([huge], to: set) }
            #expect(throws: HostingError.self) { try demonstrations.create(about, [huge, huge], numbersName: true) }
            #expect(try demonstrations.trajectories(of: set.id) == [episode(1)])
            #expect(demonstrations.all.count == 1)
        }
    }

    @Test func `is not deleted while it is used`() throws {
        try withFolder { folder in
            let hall = try hall(folder)
            let set = try hall.demonstrations.create(about, [episode(1)])
            let other = try hall.demonstrations.create(about, numbersName: true)
            hall.demonstrations.refuseDeletion { $0 == set.id ? "job 1a2b3c4d learns from it" : nil }
            #expect(throws: HostingError.self) { try hall.demonstrations.delete(set) }
            try hall.demonstrations.delete(other)
            #expect(try hall.demonstrations.trajectories(of: set.id) == [episode(1)])
        }
    }

    @Test func `a deleted set leaves no file, and takes no more`() throws {
        try withFolder { folder in
            let demonstrations = try hall(folder).demonstrations
            let set = try demonstrations.create(about, [episode(1)])
            try demonstrations.delete(set)
            #expect(demonstrations.find(set.id) == nil)
            #expect(throws: HostingError.self) { try demonstrations.append([episode(2)], to: set) }
            #expect(throws: HostingError.self) { try demonstrations.trajectories(of: set.id) }
            let files = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "demonstrations").path)
            #expect(files.isEmpty)
        }
    }

    @Test func `a scripted expert demonstrates, by its id or as the best there is`() throws {
        let spec = try Catalogue.worlds.spec("CartPole-v1")
        let left = ExpertSpec(id: "left", summary: "Always pushes left.", environments: [spec.id]) {
            _, _ throws(EnvironmentError) in
            Left()
        }
        try withFolder { folder in
            let hall = try hall(folder, catalogue: Catalogue([spec], experts: [left]))
            let episodes = try hall.demonstrate("CartPole-v1", kwargs: nil, expert: "left", seeds: [4, 5, 6])
            #expect(episodes.map(\.seed) == [4, 5, 6])
            for episode in episodes {
                #expect((8...11).contains(episode.length) && episode.terminations.last == true)
                #expect(Int64.array(of: episode.actions).allSatisfy { $0 == 0 })
            }
            #expect(
                try hall.demonstrate("CartPole-v1", kwargs: nil, expert: "scripted", seeds: [4, 5, 6]) == episodes)
            #expect(throws: HostingError.self) {
                try hall.demonstrate("CartPole-v1", kwargs: nil, expert: "right", seeds: [4])
            }
        }
    }
}

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
            let set = try #require(hall.demonstrations.find(named: "taxi"))
            #expect(session.record == "taxi")
            try drive(session, steps: 24)
            // Under next_step every eighth step only resets.
            let whole = count * 3
            #expect(set.counts.episodes == whole)
            try hall.sessions.close(session)
            let episodes = try hall.demonstrations.trajectories(of: set.id)
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
            let set = try #require(hall.demonstrations.find(named: "taxi"))
            let episode = try #require(try hall.demonstrations.trajectories(of: set.id).first)
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
            let set = try #require(hall.demonstrations.find(named: "taxi"))
            let recorded = try hall.demonstrations.trajectories(of: set.id)
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
            let set = try #require(hall.demonstrations.find(named: "taxi"))
            let episodes = try hall.demonstrations.trajectories(of: set.id)
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
            let set = try #require(hall.demonstrations.find(named: "taxi"))
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
            #expect(try hall.demonstrations.trajectories(of: set.id).map(\.length) == [7])
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
            let set = try #require(hall.demonstrations.find(named: "lake"))
            #expect(throws: HostingError.self) { try hall.demonstrations.delete(set) }
            for session in hall.sessions.all { try session.stopRecording() }
            try hall.demonstrations.delete(set)
        }
    }
}
