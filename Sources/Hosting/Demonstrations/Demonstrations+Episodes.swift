import Gym
import Store

/// The episodes of sets.
extension Demonstrations {
    /// Adds episodes to a set: when this returns, they survive any crash.
    /// - Precondition: they are of the set's spaces.
    public func append(_ trajectories: [Trajectory], to set: DemonstrationSet) throws(HostingError) {
        guard !trajectories.isEmpty else { return }
        try set.inTurn { () throws(HostingError) in
            try checkRoom(set.counts, for: trajectories)
            let old = try files.records(of: set.id)
            let replaced = DemonstrationFiles.merged(old, with: trajectories.reduce(0) { $0 + $1.bytes })
            var episodes: [Trajectory] = []
            for file in replaced {
                // What is gone goes with its row.
                guard let tensors = try files.read(file) else { continue }
                episodes += try TrajectoryFile.decode(tensors)
            }
            let new = try files.write(episodes + trajectories, to: set.id, from: (old.last?.number ?? -1) + 1)
            let now = clock.now
            do throws(StoreError) {
                try store.add(new, replacing: replaced, to: set.id.description, at: now)
            } catch {
                try? files.remove(new)
                throw .store(error)
            }
            set.update {
                $0.remove(replaced)
                $0.add(new)
                $0.updatedAt = now
            }
            try files.remove(replaced)
        }
    }

    /// The episodes of a set, in the order in which they were added.
    /// - Parameter range: which of them; nil for all.
    public func trajectories(
        of set: DemonstrationSet, in range: Range<Int>? = nil
    ) throws(HostingError) -> [Trajectory] {
        let parts = try set.inTurn { () throws(HostingError) in
            var first = 0
            var parts: [(first: Int, tensors: Safetensors)] = []
            for file in try files.records(of: set.id) {
                let own = first..<first + file.episodes
                if range?.overlaps(own) ?? true {
                    guard let tensors = try files.read(file) else {
                        try forget(file, of: set)
                        continue
                    }
                    parts.append((first, tensors))
                }
                first = own.upperBound
            }
            return parts
        }
        var trajectories: [Trajectory] = []
        for part in parts {
            let all = try TrajectoryFile.decode(part.tensors)
            guard let range else {
                trajectories += all
                continue
            }
            trajectories += all[range.clamped(to: part.first..<part.first + all.count).shifted(by: -part.first)]
        }
        return trajectories
    }

    /// Forgets a set's episodes for good, and keeps the set.
    func clear(_ set: DemonstrationSet) throws(HostingError) {
        try checkUnused(set)
        try set.inTurn { () throws(HostingError) in
            let old = try files.records(of: set.id)
            let now = clock.now
            try storing { () throws(StoreError) in
                try store.add([], replacing: old, to: set.id.description, at: now)
            }
            set.update { $0 = DemonstrationSet.Counts(updatedAt: now) }
            try files.remove(old)
        }
    }

    /// Has a set go on without a file that is gone.
    private func forget(_ file: DemonstrationFileRecord, of set: DemonstrationSet) throws(HostingError) {
        let now = clock.now
        try storing { () throws(StoreError) in
            try store.add([], replacing: [file], to: set.id.description, at: now)
        }
        set.update {
            $0.remove([file])
            $0.updatedAt = now
        }
    }

    /// Puts a damaged file of a set aside.
    /// - Returns: whether it is one of a set.
    func lose(_ path: String, _ reason: String) -> Bool {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count == 3, parts[0] == "demonstrations" else { return false }
        guard let set = Identifier(parts[1]).flatMap({ find($0) }), let number = Int(parts[2].prefix { $0 != "." })
        else {
            files.torn.take(path, reason, of: "demonstrations \(parts[1])", remedy: "the set cannot be read any more")
            return true
        }
        try? set.inTurn { () throws(HostingError) in
            guard let file = try files.records(of: set.id).first(where: { $0.number == number }) else { return }
            files.putAside(file, reason)
            try forget(file, of: set)
        }
        return true
    }

    func checkRoom(
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

extension Range<Int> {
    fileprivate func shifted(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }
}
