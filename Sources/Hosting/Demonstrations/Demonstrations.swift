import Gym
import Logging
import Store
import Synchronization

/// All sets of demonstrations, by id and by name: made, added to, read, deleted for good.
///
/// A set's folder holds what it is of and files of episodes; the catalogue holds a row for the set and one for each file.
/// Files are written first and count only with their row, so that after a crash a request was met whole or not at all.
public final class Demonstrations: Sendable {
    /// Of one set.
    public static let maximumSteps = 10_000_000
    public static let maximumBytes = 1 << 30
    /// Larger files are not made where episodes allow it.
    private static let fileBytes = 64 << 20

    private struct Table {
        var sets: [Identifier: DemonstrationSet] = [:]
        /// Of sets that are about to be made, too.
        var names: [String: Identifier] = [:]
    }

    private let catalogue: Catalogue
    private let store: StateFolder
    private let clock: WallClock
    private let limit: Int
    private let table = Mutex(Table())
    private let users = Mutex<[@Sendable (Identifier) -> String?]>([])
    /// Steps of all recorded episodes that are not over: they are in memory until then.
    let openSteps = Atomic(0)
    private let recordings = Atomic(0)

    init(
        catalogue: Catalogue, store: StateFolder, clock: WallClock, logger: Logger, limit: Int
    ) throws(HostingError) {
        self.catalogue = catalogue
        self.store = store
        self.clock = clock
        self.limit = limit
        try load(logger)
    }

    /// Oldest first.
    public var all: [DemonstrationSet] {
        table.withLock { Array($0.sets.values) }.sorted { ($0.createdAt, $0.id.value) < ($1.createdAt, $1.id.value) }
    }

    public func find(_ id: Identifier) -> DemonstrationSet? { table.withLock { $0.sets[id] } }

    public func find(named name: String) -> DemonstrationSet? {
        table.withLock { table in table.names[name].flatMap { table.sets[$0] } }
    }

    /// Has nobody delete a set that something uses.
    /// - Parameter user: what uses a set, in words; nil where it uses it not.
    public func refuseDeletion(where user: @escaping @Sendable (Identifier) -> String?) {
        users.withLock { $0.append(user) }
    }

    /// Makes a set.
    /// - Parameter numbersName: where the name is taken, a number is appended to it; it is an error otherwise.
    public func create(
        _ about: DemonstrationSet.About, _ trajectories: [Trajectory] = [], numbersName: Bool = false
    ) throws(HostingError) -> DemonstrationSet {
        try checkRoom(DemonstrationSet.Counts(updatedAt: 0), for: trajectories)
        let (id, name) = try reserve(about.name, numbersName: numbersName)
        var about = about
        about.name = name
        let now = clock.now
        let set = DemonstrationSet(
            id: id, name: name, createdAt: now, counts: DemonstrationSet.Counts(updatedAt: now))
        do {
            try storing { () throws(StoreError) in
                try store.write(Array(about.value.json.utf8), to: Self.aboutPath(id))
            }
            let files = try write(trajectories, to: id, from: 0)
            try storing { () throws(StoreError) in
                try store.insert(DemonstrationRecord(id: id.description, createdAt: now, updatedAt: now), files)
            }
            set.update { $0.add(files) }
        } catch {
            try? store.remove(Self.folder(id))
            table.withLock { $0.names[name] = nil }
            throw error
        }
        table.withLock { $0.sets[id] = set }
        return set
    }

    private func reserve(_ name: String, numbersName: Bool) throws(HostingError) -> (Identifier, String) {
        let result: Result<(Identifier, String), HostingError> = table.withLock { table in
            guard table.names.count < limit else { return .failure(.tooManyDemonstrations(limit: limit)) }
            var free = name
            var number = 2
            while let other = table.names[free] {
                guard numbersName else { return .failure(.nameTaken(name, by: other.description)) }
                free = "\(name) \(number)"
                number += 1
            }
            let id = Identifier.random { id in !table.names.values.contains(id) }
            table.names[free] = id
            return .success((id, free))
        }
        return try result.get()
    }

    /// The set of this name, made where there is none.
    /// - Throws: ``HostingError/invalid(field:reason:)`` at `field` where that one is of something else.
    func findOrCreate(_ about: DemonstrationSet.About, field: String) throws(HostingError) -> DemonstrationSet {
        while true {
            if let set = find(named: about.name) {
                if let reason = try self.about(set).objection(to: about, catalogue: catalogue) {
                    throw .invalid(field: field, reason: reason)
                }
                return set
            }
            do { return try create(about) } catch {
                guard case .nameTaken = error else { throw error }
            }
        }
    }

    /// What a set is of.
    public func about(_ set: DemonstrationSet) throws(HostingError) -> DemonstrationSet.About {
        let bytes = try set.inTurn { () throws(HostingError) in
            try storing { () throws(StoreError) in try store.read(Self.aboutPath(set.id)) }
        }
        guard let bytes, let value = try? Value(own: bytes) else {
            throw .corrupt("what demonstrations \(set.id) are of cannot be read")
        }
        return try DemonstrationSet.About(value)
    }

    /// Adds episodes to a set: when this returns, they survive any crash.
    /// - Precondition: they are of the set's spaces.
    public func append(_ trajectories: [Trajectory], to set: DemonstrationSet) throws(HostingError) {
        guard !trajectories.isEmpty else { return }
        try set.inTurn { () throws(HostingError) in
            try checkRoom(set.counts, for: trajectories)
            let old = try files(of: set)
            let replaced = merged(old, with: trajectories.reduce(0) { $0 + $1.bytes })
            var episodes: [Trajectory] = []
            for file in replaced { episodes += try TrajectoryFile.decode(try read(file, of: set)) }
            let new = try write(episodes + trajectories, to: set.id, from: (old.last?.number ?? -1) + 1)
            let now = clock.now
            do throws(StoreError) {
                try store.add(new, replacing: replaced, to: set.id.description, at: now)
            } catch {
                for file in new { try? store.remove(Self.path(file, of: set.id)) }
                throw .store(error)
            }
            set.update {
                $0.remove(replaced)
                $0.add(new)
                $0.updatedAt = now
            }
            try remove(replaced, of: set)
        }
    }

    /// The last files that new ones of `bytes` take over, so that a set recorded episode by episode has few files: each is
    /// more than twice as large as the next.
    private func merged(_ files: [DemonstrationFileRecord], with bytes: Int) -> [DemonstrationFileRecord] {
        var bytes = bytes
        var first = files.count
        while first > 0, files[first - 1].bytes <= 2 * bytes + 4096, files[first - 1].bytes + bytes <= Self.fileBytes {
            first -= 1
            bytes += files[first].bytes
        }
        return Array(files[first...])
    }

    /// The episodes of a set, in the order in which they were added.
    /// - Parameter range: which of them; nil for all.
    public func trajectories(
        of id: Identifier, in range: Range<Int>? = nil
    ) throws(HostingError) -> [Trajectory] {
        guard let set = find(id) else { throw .unknownDemonstrations(id.description) }
        let parts = try set.inTurn { () throws(HostingError) in
            var first = 0
            var parts: [(first: Int, bytes: [UInt8])] = []
            for file in try files(of: set) {
                let own = first..<first + file.episodes
                if range?.overlaps(own) ?? true { parts.append((first, try read(file, of: set))) }
                first = own.upperBound
            }
            return parts
        }
        var trajectories: [Trajectory] = []
        for part in parts {
            let all = try TrajectoryFile.decode(part.bytes)
            guard let range else {
                trajectories += all
                continue
            }
            trajectories += all[range.clamped(to: part.first..<part.first + all.count).shifted(by: -part.first)]
        }
        return trajectories
    }

    /// Forgets a set for good: when this returns, nothing of it is in the state folder.
    public func delete(_ set: DemonstrationSet) throws(HostingError) {
        try checkUnused(set)
        try set.inTurn { () throws(HostingError) in
            try set.markDeleted()
            do throws(StoreError) { try store.deleteDemonstrations(set.id.description) } catch {
                set.unmarkDeleted()
                throw .store(error)
            }
            table.withLock { table in
                table.sets[set.id] = nil
                table.names[set.name] = nil
            }
            // Without its row it is gone: should the disk refuse now, the next start removes what is left.
            try storing { () throws(StoreError) in try store.remove(Self.folder(set.id)) }
        }
    }

    /// Forgets a set's episodes for good, and keeps the set.
    func clear(_ set: DemonstrationSet) throws(HostingError) {
        try checkUnused(set)
        try set.inTurn { () throws(HostingError) in
            let old = try files(of: set)
            let now = clock.now
            try storing { () throws(StoreError) in
                try store.add([], replacing: old, to: set.id.description, at: now)
            }
            set.update { $0 = DemonstrationSet.Counts(updatedAt: now) }
            try remove(old, of: set)
        }
    }

    private func checkUnused(_ set: DemonstrationSet) throws(HostingError) {
        for user in users.withLock({ $0 }) {
            if let reason = user(set.id) { throw .demonstrationsInUse(set.id.description, by: reason) }
        }
    }

    private func checkRoom(
        _ counts: DemonstrationSet.Counts, for trajectories: [Trajectory]
    ) throws(HostingError) {
        guard counts.steps + trajectories.reduce(0, { $0 + $1.length }) <= Self.maximumSteps else {
            throw .demonstrationsFull("a set holds at most \(Self.maximumSteps) steps")
        }
        guard counts.bytes + trajectories.reduce(0, { $0 + $1.bytes }) <= Self.maximumBytes else {
            throw .demonstrationsFull("a set holds at most \(Self.maximumBytes >> 20) MiB")
        }
    }
}

// Who records. While nobody does, a step need not even look.
extension Demonstrations {
    public var isRecording: Bool { recordings.load(ordering: .relaxed) > 0 }

    func beginRecording() { recordings.add(1, ordering: .relaxed) }
    func endRecording() { recordings.subtract(1, ordering: .relaxed) }
}

// What is on disk.
extension Demonstrations {
    private static let root = "demonstrations"
    private static func folder(_ id: Identifier) -> String { "\(root)/\(id)" }
    private static func aboutPath(_ id: Identifier) -> String { "\(root)/\(id)/about.json" }
    private static func path(_ file: DemonstrationFileRecord, of id: Identifier) -> String {
        "\(root)/\(id)/\(file.number).safetensors"
    }

    private func files(of set: DemonstrationSet) throws(HostingError) -> [DemonstrationFileRecord] {
        try storing { () throws(StoreError) in try store.files(of: set.id.description) }
    }

    private func read(_ file: DemonstrationFileRecord, of set: DemonstrationSet) throws(HostingError) -> [UInt8] {
        let bytes = try storing { () throws(StoreError) in try store.read(Self.path(file, of: set.id)) }
        guard let bytes else { throw .corrupt("file \(file.number) of demonstrations \(set.id) is gone") }
        return bytes
    }

    private func remove(_ files: [DemonstrationFileRecord], of set: DemonstrationSet) throws(HostingError) {
        for file in files { try storing { () throws(StoreError) in try store.remove(Self.path(file, of: set.id)) } }
    }

    /// Writes episodes as files that nobody knows of yet; where one fails, none is left.
    private func write(
        _ trajectories: [Trajectory], to id: Identifier, from number: Int
    ) throws(HostingError) -> [DemonstrationFileRecord] {
        var files: [DemonstrationFileRecord] = []
        var rest = trajectories[...]
        do {
            while !rest.isEmpty {
                let part = takePart(&rest)
                let bytes = TrajectoryFile.encode(part)
                let file = DemonstrationFileRecord(
                    setID: id.description, number: number + files.count, episodes: part.count,
                    steps: part.reduce(0) { $0 + $1.length }, bytes: bytes.count)
                try storing { () throws(StoreError) in try store.write(bytes, to: Self.path(file, of: id)) }
                files.append(file)
            }
        } catch {
            for file in files { try? store.remove(Self.path(file, of: id)) }
            throw error
        }
        return files
    }

    private func takePart(_ rest: inout ArraySlice<Trajectory>) -> [Trajectory] {
        var bytes = 0
        let part = rest.prefix { trajectory in
            defer { bytes += trajectory.bytes }
            return bytes == 0 || bytes + trajectory.bytes <= Self.fileBytes
        }
        rest = rest.dropFirst(part.count)
        return part.map(\.withoutEmptyInfos)
    }

    /// A set that cannot be read is left on disk as it is; what belongs to no set is removed.
    private func load(_ logger: Logger) throws(HostingError) {
        let records = try storing { () throws(StoreError) in try store.demonstrations() }
        for record in records {
            do { try load(record) } catch {
                logger.error(
                    "demonstrations cannot be read", metadata: ["demonstrations": "\(record.id)", "error": "\(error)"])
            }
        }
        try storing { () throws(StoreError) in
            for name in try store.list(Self.root) where !records.contains(where: { $0.id == name }) {
                try store.remove("\(Self.root)/\(name)")
            }
        }
    }

    private func load(_ record: DemonstrationRecord) throws(HostingError) {
        guard let id = Identifier(record.id) else { throw .corrupt("it has no id") }
        let files = try storing { () throws(StoreError) in try store.files(of: record.id) }
        let known = files.map { "\($0.number).safetensors" } + ["about.json"]
        try storing { () throws(StoreError) in
            for name in try store.list(Self.folder(id)) where !known.contains(name) {
                try store.remove("\(Self.folder(id))/\(name)")
            }
        }
        var counts = DemonstrationSet.Counts(updatedAt: record.updatedAt)
        counts.add(files)
        let unnamed = DemonstrationSet(id: id, name: "", createdAt: record.createdAt, counts: counts)
        let set = DemonstrationSet(
            id: id, name: try about(unnamed).name, createdAt: record.createdAt, counts: counts)
        table.withLock { table in
            table.sets[id] = set
            table.names[set.name] = id
        }
    }

    private func storing<T>(_ body: () throws(StoreError) -> T) throws(HostingError) -> T {
        do { return try body() } catch { throw .store(error) }
    }
}

extension DemonstrationSet.Counts {
    fileprivate mutating func add(_ files: [DemonstrationFileRecord]) {
        for file in files {
            episodes += file.episodes
            steps += file.steps
            bytes += file.bytes
        }
    }

    fileprivate mutating func remove(_ files: [DemonstrationFileRecord]) {
        for file in files {
            episodes -= file.episodes
            steps -= file.steps
            bytes -= file.bytes
        }
    }
}

extension Range<Int> {
    fileprivate func shifted(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }
}
