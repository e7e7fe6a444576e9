import Gym
import Store

/// The files of sets of demonstrations: for each set a folder with what it is of and with its episodes.
struct DemonstrationFiles: Sendable {
    private static let root = "demonstrations"
    /// Larger files are not made where episodes allow it.
    private static let maximumBytes = 64 << 20

    let store: StateFolder
    let torn: Quarantine

    private static func folder(_ id: some CustomStringConvertible) -> String { "\(root)/\(id)" }
    private static func aboutPath(_ id: Identifier) -> String { "\(folder(id))/about.json" }
    private static func path(_ file: DemonstrationFileRecord) -> String {
        "\(folder(file.setID))/\(file.number).safetensors"
    }

    func write(_ about: DemonstrationSet.About, of id: Identifier) throws(HostingError) {
        try storing { () throws(StoreError) in try store.write(Array(about.value.json.utf8), to: Self.aboutPath(id)) }
    }

    func about(_ id: Identifier) throws(HostingError) -> DemonstrationSet.About {
        let bytes: [UInt8]?
        do { bytes = try store.read(Self.aboutPath(id)) } catch {
            if case .damaged(let path, let reason) = error {
                torn.take(path, reason, of: "demonstrations \(id)", remedy: "the set is not served")
            }
            throw .store(error)
        }
        guard let bytes, let value = try? Value(own: bytes) else {
            throw .corrupt("what demonstrations \(id) are of cannot be read")
        }
        return try DemonstrationSet.About(value)
    }

    /// In order.
    func records(of id: Identifier) throws(HostingError) -> [DemonstrationFileRecord] {
        try storing { () throws(StoreError) in try store.files(of: id.description) }
    }

    /// The episodes of a file; nil where it is gone, or was damaged and is put aside now.
    func read(_ file: DemonstrationFileRecord) throws(HostingError) -> Safetensors? {
        let path = Self.path(file)
        do {
            if let tensors = try store.tensors(path) { return tensors }
            torn.tell(missing: path, of: Self.owner(file), remedy: Self.remedy(file))
        } catch {
            guard case .damaged(_, let reason) = error else { throw .store(error) }
            putAside(file, reason)
        }
        return nil
    }

    func putAside(_ file: DemonstrationFileRecord, _ reason: String) {
        torn.take(Self.path(file), reason, of: Self.owner(file), remedy: Self.remedy(file))
    }

    private static func owner(_ file: DemonstrationFileRecord) -> String { "demonstrations \(file.setID)" }
    private static func remedy(_ file: DemonstrationFileRecord) -> String {
        "the set goes on without its \(file.episodes) episodes"
    }

    /// Writes episodes as files that nobody knows of yet; where one fails, none is left.
    func write(
        _ trajectories: [Trajectory], to id: Identifier, from number: Int
    ) throws(HostingError) -> [DemonstrationFileRecord] {
        var files: [DemonstrationFileRecord] = []
        var rest = trajectories[...]
        do {
            while !rest.isEmpty {
                let part = Self.takePart(&rest)
                let bytes = TrajectoryFile.encode(part)
                let file = DemonstrationFileRecord(
                    setID: id.description, number: number + files.count, episodes: part.count,
                    steps: part.reduce(0) { $0 + $1.length }, bytes: bytes.count)
                try storing { () throws(StoreError) in try store.write(bytes, to: Self.path(file)) }
                files.append(file)
            }
        } catch {
            try? remove(files)
            throw error
        }
        return files
    }

    private static func takePart(_ rest: inout ArraySlice<Trajectory>) -> [Trajectory] {
        var bytes = 0
        let part = rest.prefix { trajectory in
            defer { bytes += trajectory.bytes }
            return bytes == 0 || bytes + trajectory.bytes <= maximumBytes
        }
        rest = rest.dropFirst(part.count)
        return part.map(\.withoutEmptyInfos)
    }

    /// The last files that new ones of `bytes` take over, so that a set recorded episode by episode has few files: each is
    /// more than twice as large as the next.
    static func merged(_ files: [DemonstrationFileRecord], with bytes: Int) -> [DemonstrationFileRecord] {
        var bytes = bytes
        var first = files.count
        while first > 0, files[first - 1].bytes <= 2 * bytes + 4096, files[first - 1].bytes + bytes <= maximumBytes {
            first -= 1
            bytes += files[first].bytes
        }
        return Array(files[first...])
    }

    func remove(_ files: [DemonstrationFileRecord]) throws(HostingError) {
        for file in files { try storing { () throws(StoreError) in try store.remove(Self.path(file)) } }
    }

    func removeAll(of id: Identifier) throws(HostingError) {
        try storing { () throws(StoreError) in
            try store.remove(Self.folder(id))
            try store.forgetQuarantined(Self.folder(id))
        }
    }

    /// Removes what a crash left in a set's folder.
    func removeStrays(of id: Identifier, besides known: [DemonstrationFileRecord]) throws(HostingError) {
        try removeStrays(in: Self.folder(id), besides: known.map { "\($0.number).safetensors" } + ["about.json"])
    }

    /// Removes the folders of sets that are not among `ids`.
    func removeStrays(besides ids: [String]) throws(HostingError) { try removeStrays(in: Self.root, besides: ids) }

    private func removeStrays(in folder: String, besides known: [String]) throws(HostingError) {
        let known = Set(known)
        try storing { () throws(StoreError) in
            for name in try store.list(folder) where !known.contains(name) { try store.remove("\(folder)/\(name)") }
        }
    }
}
