import Environments
import Foundation
import Gym
import Hosting
import Logging
import Store
import Testing

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
                let set = try demonstrations.create(about, of: .standard, Array(episodes.prefix(2)))
                try demonstrations.append(Array(episodes.suffix(2)), to: set)
                return set.id
            }
            let demonstrations = try hall(folder).demonstrations
            let set = try #require(demonstrations.find(id, of: .standard))
            #expect(demonstrations.find(named: "first", of: .standard) === set)
            #expect((set.counts.episodes, set.counts.steps) == (4, 10))
            #expect(try demonstrations.trajectories(of: set) == episodes)
            #expect(try demonstrations.trajectories(of: set, in: 1..<3) == Array(episodes[1..<3]))
            #expect(try demonstrations.trajectories(of: set, in: 4..<9).isEmpty)
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
            let set = try demonstrations.create(about, of: .standard, [trajectory])
            #expect(try demonstrations.trajectories(of: set) == [trajectory])
        }
    }

    @Test func `a set that grows episode by episode has few files`() throws {
        try withFolder { folder in
            let demonstrations = try hall(folder).demonstrations
            let set = try demonstrations.create(about, of: .standard)
            let episodes = (0..<300).map { episode($0, length: 1 + $0 % 7) }
            for episode in episodes { try demonstrations.append([episode], to: set) }
            #expect(try demonstrations.trajectories(of: set) == episodes)
            #expect(try demonstrations.trajectories(of: set, in: 120..<180) == Array(episodes[120..<180]))
            let files = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "demonstrations/\(set.id)").path)
            #expect(files.count <= 10, "\(files)")
        }
    }

    @Test func `what a crash left between file and row counts for nothing`() throws {
        try withFolder { folder in
            let files = folder.appending(path: "demonstrations")
            let id = try opened(folder) { demonstrations in
                let id = try demonstrations.create(about, of: .standard, [episode(1)]).id.description
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
            let set = try #require(demonstrations.find(named: "first", of: .standard))
            #expect(try demonstrations.trajectories(of: set) == [episode(1)])
            let manager = FileManager.default
            #expect(try manager.contentsOfDirectory(atPath: files.path) == [id])
            #expect(
                try manager.contentsOfDirectory(atPath: files.appending(path: id).path).sorted() == [
                    "0.safetensors", "about.json",
                ])
            try demonstrations.append([episode(2)], to: set)
            #expect(try demonstrations.trajectories(of: set) == [episode(1), episode(2)])
        }
    }

    @Test func `a set that cannot be read stays on disk, and the others are served`() throws {
        try withFolder { folder in
            let broken = try opened(folder) { demonstrations in
                var other = about
                other.name = "second"
                _ = try demonstrations.create(other, of: .standard)
                return try demonstrations.create(about, of: .standard).id.description
            }
            let file = folder.appending(path: "demonstrations/\(broken)/about.json")
            try Data("{".utf8).write(to: file)
            #expect(try hall(folder).demonstrations.all(of: .standard).map(\.name) == ["second"])
            #expect(FileManager.default.fileExists(atPath: file.path))
        }
    }

    @Test func `names are given once, and numbered where nobody chose them`() throws {
        try withFolder { folder in
            let demonstrations = try hall(folder).demonstrations
            let first = try demonstrations.create(about, of: .standard)
            let error = #expect(throws: HostingError.self) { try demonstrations.create(about, of: .standard) }
            guard case .nameTaken("first", first.id.description) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try demonstrations.create(about, of: .standard, numbersName: true).name == "first 2")
            #expect(try demonstrations.create(about, of: .standard, numbersName: true).name == "first 3")
            try demonstrations.delete(first)
            #expect(try demonstrations.create(about, of: .standard).name == "first")
        }
    }

    @Test func `there are as many as are allowed, and no more`() throws {
        try withFolder { folder in
            let demonstrations = try hall(folder, limit: 2).demonstrations
            for _ in 0..<2 { _ = try demonstrations.create(about, of: .standard, numbersName: true) }
            #expect(throws: HostingError.self) { try demonstrations.create(about, of: .standard, numbersName: true) }
            try demonstrations.delete(try #require(demonstrations.all(of: .standard).first))
            _ = try demonstrations.create(about, of: .standard, numbersName: true)
        }
    }

    @Test func `a set takes so many steps, and no more`() throws {
        try withFolder { folder in
            let demonstrations = try hall(folder).demonstrations
            let set = try demonstrations.create(about, of: .standard, [episode(1)])
            let steps = Demonstrations.maximumSteps - 2
            let huge = Trajectory(
                observations: .uint8([]), actions: .uint8([]), rewards: Array(repeating: 0, count: steps))
            #expect(throws: HostingError.self) { try demonstrations.append([huge], to: set) }
            #expect(throws: HostingError.self) {
                try demonstrations.create(about, of: .standard, [huge, huge], numbersName: true)
            }
            #expect(try demonstrations.trajectories(of: set) == [episode(1)])
            #expect(demonstrations.all(of: .standard).count == 1)
        }
    }

    @Test func `is not deleted while it is used`() throws {
        try withFolder { folder in
            let hall = try hall(folder)
            let set = try hall.demonstrations.create(about, of: .standard, [episode(1)])
            let other = try hall.demonstrations.create(about, of: .standard, numbersName: true)
            hall.demonstrations.refuseDeletion { $0 == set.id ? "job 1a2b3c4d learns from it" : nil }
            #expect(throws: HostingError.self) { try hall.demonstrations.delete(set) }
            try hall.demonstrations.delete(other)
            #expect(try hall.demonstrations.trajectories(of: set) == [episode(1)])
        }
    }

    @Test func `a deleted set leaves no file, and takes no more`() throws {
        try withFolder { folder in
            let demonstrations = try hall(folder).demonstrations
            let set = try demonstrations.create(about, of: .standard, [episode(1)])
            try demonstrations.delete(set)
            #expect(demonstrations.find(set.id, of: .standard) == nil)
            #expect(throws: HostingError.self) { try demonstrations.append([episode(2)], to: set) }
            #expect(throws: HostingError.self) { try demonstrations.trajectories(of: set) }
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
            let episodes = try hall.demonstrate(
                "CartPole-v1", kwargs: nil, expert: "left", of: .standard, seeds: [4, 5, 6])
            #expect(episodes.map(\.seed) == [4, 5, 6])
            for episode in episodes {
                #expect((8...11).contains(episode.length) && episode.terminations.last == true)
                #expect(Int64.array(of: episode.actions).allSatisfy { $0 == 0 })
            }
            #expect(
                try hall.demonstrate("CartPole-v1", kwargs: nil, expert: "scripted", of: .standard, seeds: [4, 5, 6])
                    == episodes)
            #expect(throws: HostingError.self) {
                try hall.demonstrate("CartPole-v1", kwargs: nil, expert: "right", of: .standard, seeds: [4])
            }
        }
    }
}
