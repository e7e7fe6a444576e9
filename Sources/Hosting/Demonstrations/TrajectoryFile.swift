import Gym
import Store

/// Trajectories as they are kept: lanes as they are, the episodes one after the other.
enum TrajectoryFile {
    static func encode(_ trajectories: [Trajectory]) -> [UInt8] {
        guard let first = trajectories.first else { preconditionFailure("a file holds an episode at least") }
        var observations = Lanes(first.observations.element, count: 0)
        var actions = Lanes(first.actions.element, count: 0)
        for trajectory in trajectories {
            observations.append(contentsOf: trajectory.observations)
            actions.append(contentsOf: trajectory.actions)
        }
        var file = Safetensors([
            .init("lengths", Tensor(trajectories.map { Int64($0.length) })),
            .init("seeds", Tensor(trajectories.map { $0.seed.flatMap { Int64(exactly: $0) } ?? -1 })),
            .init("rewards", Tensor(trajectories.flatMap(\.rewards))),
            .init("terminations", Tensor(trajectories.flatMap(\.terminations))),
            .init("truncations", Tensor(trajectories.flatMap(\.truncations))),
            .init("observations", Tensor(observations)), .init("actions", Tensor(actions)),
        ])
        if trajectories.contains(where: { !$0.masks.isEmpty }) {
            file.append("mask_widths", Tensor(trajectories.map { Int64($0.masks.count / ($0.length + 1)) }))
            file.append("masks", Tensor(trajectories.flatMap(\.masks)))
        }
        if trajectories.contains(where: { !$0.infos.isEmpty }) {
            let lines = trajectories.map { Array(Value.array($0.infos).json.utf8) }
            file.append("info_bytes", Tensor(lines.map { Int64($0.count) }))
            file.append("infos", Tensor(lines.flatMap(\.self)))
        }
        return file.encoded()
    }

    static func decode(_ file: Safetensors) throws(HostingError) -> [Trajectory] {
        guard let lengths = file["lengths"]?.int64s, let seeds = file["seeds"]?.int64s,
            let rewards = file["rewards"]?.doubles, let terminations = file["terminations"]?.bools,
            let truncations = file["truncations"]?.bools, let observations = file["observations"].flatMap(Lanes.init),
            let actions = file["actions"].flatMap(Lanes.init)
        else { throw .corrupt("a file of demonstrations lacks a tensor") }
        let steps = rewards.count
        let rows = steps + lengths.count
        guard steps > 0, lengths.allSatisfy({ $0 > 0 && $0 <= steps }), lengths.reduce(0, +) == Int64(steps),
            [terminations.count, truncations.count].allSatisfy({ $0 == steps }), seeds.count == lengths.count,
            observations.count.isMultiple(of: rows), actions.count.isMultiple(of: steps)
        else { throw .corrupt("the tensors of a file of demonstrations do not go together") }
        var masks = try Strips(file["masks"]?.bools, file["mask_widths"]?.int64s, of: lengths) { $0 * ($1 + 1) }
        var infos = try Strips(file["infos"]?.bytes, file["info_bytes"]?.int64s, of: lengths) { bytes, _ in bytes }
        var step = 0
        var trajectories: [Trajectory] = []
        for (index, length) in lengths.enumerated() {
            let taken = step..<step + Int(length)
            let seen = step + index..<step + index + Int(length) + 1
            let line = Array(infos.next(index))
            let info = line.isEmpty ? [] : (try? Value(own: line))?.arrayElements ?? []
            guard info.isEmpty || info.count == Int(length) + 1 else {
                throw .corrupt("the infos of a file of demonstrations do not go with its steps")
            }
            trajectories.append(
                Trajectory(
                    observations: observations.rows(seen, width: observations.count / rows),
                    actions: actions.rows(taken, width: actions.count / steps), rewards: Array(rewards[taken]),
                    terminations: Array(terminations[taken]), truncations: Array(truncations[taken]),
                    masks: Array(masks.next(index)),
                    infos: info,
                    seed: UInt64(exactly: seeds[index])))
            step = taken.upperBound
        }
        return trajectories
    }

    /// What each episode has of something that not all have.
    private struct Strips<Element> {
        private let all: [Element]
        private let counts: [Int]
        private var start = 0

        init(
            _ all: [Element]?, _ sizes: [Int64]?, of lengths: [Int64], count: (Int64, Int64) -> Int64
        ) throws(HostingError) {
            self.all = all ?? []
            let most = self.all.count
            let sizes = sizes ?? lengths.map { _ in 0 }
            // What is larger than all is never multiplied.
            counts = zip(sizes, lengths).map { $0 >= 0 && $0 <= most ? Int(count($0, $1)) : -1 }
            guard sizes.count == lengths.count, counts.allSatisfy({ $0 >= 0 && $0 <= most }),
                counts.reduce(0, +) == most
            else { throw .corrupt("the tensors of a file of demonstrations do not go together") }
        }

        mutating func next(_ index: Int) -> ArraySlice<Element> {
            defer { start += counts[index] }
            return all[start..<start + counts[index]]
        }
    }
}

extension Lanes {
    fileprivate init?(_ tensor: Tensor) {
        switch tensor.dtype {
        case .float32: self = .float32(tensor.floats ?? [])
        case .float64: self = .float64(tensor.doubles ?? [])
        case .int64: self = .int64(tensor.int64s ?? [])
        case .uint8: self = .uint8(tensor.bytes)
        default: return nil
        }
    }
}

extension Trajectory {
    /// About how many bytes it takes in a file, but for its infos.
    var bytes: Int {
        observations.bytes + actions.bytes + 10 * length + masks.count
    }

    /// The same without infos that say nothing.
    var withoutEmptyInfos: Trajectory {
        var trajectory = self
        if infos.allSatisfy({ $0 == .object([]) }) { trajectory.infos = [] }
        return trajectory
    }
}

extension Lanes {
    fileprivate var bytes: Int {
        switch self {
        case .float32: 4 * count
        case .float64, .int64: 8 * count
        case .uint8: count
        }
    }
}
