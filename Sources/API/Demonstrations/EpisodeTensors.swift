import Gym
import JSON
import Store

/// Episodes as tensors, one after the other: as they are sent, and as they are downloaded.
struct EpisodeTensors {
    /// Of what one episode's infos take as text.
    private static let infoLimit = 4 << 20
    /// Bytes of masks that say nothing but that all is allowed.
    private static let maskLimit = 64 << 20

    private let reader: EpisodeReader
    private let file: Safetensors

    private init(_ reader: EpisodeReader, _ file: Safetensors) {
        self.reader = reader
        self.file = file
    }

    static func read(_ file: Safetensors, _ reader: EpisodeReader) throws(Problem) -> [Trajectory] {
        try EpisodeTensors(reader, file).trajectories()
    }

    private func trajectories() throws(Problem) -> [Trajectory] {
        let (observation, action) = (reader.observationLayout, reader.actionLayout)
        try file.refuseOthers(
            than: observation.leaves.map { "observations" + $0.name } + action.leaves.map { "actions" + $0.name } + [
                "rewards", "terminations", "truncations", "episode_lengths", "seeds", "action_masks", "infos",
            ])
        let rewards = try numbers("rewards", count: nil) { $0.isFloat }
        if let step = rewards.firstIndex(where: { !$0.isFinite }) {
            throw .invalid("\(rewards[step]) in step \(step) is no finite number", at: "/rewards")
        }
        let lengths = try lengths(steps: rewards.count)
        let rows = rewards.count + lengths.count
        let observations = try file.lanes("observations", observation, count: rows)
        let actions = try file.lanes("actions", action, count: rewards.count)
        let terminations = try ends("terminations", lengths)
        let truncations = try ends("truncations", lengths)
        let seeds = try seeds(count: lengths.count)
        let infos = try infos(lengths)
        let masks = try masks(rows: rows)
        var trajectories: [Trajectory] = []
        var step = 0
        for (index, length) in lengths.enumerated() {
            let taken = step..<step + length
            let seen = step + index..<step + index + length + 1
            trajectories.append(
                Trajectory(
                    observations: observations.rows(seen, width: observation.count),
                    actions: actions.rows(taken, width: action.count), rewards: Array(rewards[taken]),
                    terminations: Array(terminations[taken]), truncations: Array(truncations[taken]),
                    masks: try mask(masks, seen, infos[index]), infos: infos[index], seed: seeds[index]))
            step = taken.upperBound
        }
        return trajectories
    }

    private func tensor(_ name: String) throws(Problem) -> Tensor {
        guard let tensor = file[name] else {
            throw Problem(.missingParameter, "the tensor \"\(name)\" is missing", at: "/\(name)")
        }
        return tensor
    }

    private func numbers(
        _ name: String, count: Int?, where isRight: (DType) -> Bool
    ) throws(Problem) -> [Double] {
        let tensor = try tensor(name)
        guard tensor.shape == [count ?? tensor.count] else {
            throw .invalid("expected shape [\(count ?? tensor.count)], not \(tensor.shape)", at: "/\(name)")
        }
        guard isRight(tensor.dtype) else {
            throw .invalid("\(tensor.dtype.rawValue) is not a dtype of \(name)", at: "/\(name)")
        }
        return (0..<tensor.count).map { tensor.double($0) }
    }

    private func lengths(steps: Int) throws(Problem) -> [Int] {
        let lengths = try numbers("episode_lengths", count: nil) { !$0.isFloat && $0 != .bool }
        guard lengths.allSatisfy({ $0 >= 1 && $0 <= Double(steps) }) else {
            throw .invalid("an episode has one step at least, and no more than there are", at: "/episode_lengths")
        }
        guard lengths.reduce(0, +) == Double(steps) else {
            throw .invalid(
                "the episodes have \(Int(lengths.reduce(0, +))) steps in all, but there are \(steps) rewards",
                at: "/episode_lengths")
        }
        return lengths.map { Int($0) }
    }

    private func ends(_ name: String, _ lengths: [Int]) throws(Problem) -> [Bool] {
        let steps = lengths.reduce(0, +)
        let flags = try numbers(name, count: steps) { $0 == .bool || $0 == .uint8 }.map { $0 != 0 }
        var step = 0
        for (index, length) in lengths.enumerated() {
            if let early = flags[step..<step + length - 1].firstIndex(of: true) {
                throw .invalid(
                    "step \(early - step) of episode \(index) ends it, but it goes on: what comes after is another "
                        + "episode", at: "/\(name)")
            }
            step += length
        }
        return flags
    }

    private func seeds(count: Int) throws(Problem) -> [UInt64?] {
        guard file["seeds"] != nil else { return Array(repeating: nil, count: count) }
        let tensor = try tensor("seeds")
        guard tensor.shape == [count], let seeds = tensor.int64s, seeds.allSatisfy({ $0 >= -1 }) else {
            throw .invalid("expected \(count) int64, -1 where a seed is not known", at: "/seeds")
        }
        return seeds.map { UInt64(exactly: $0) }
    }

    /// Rows of masks; nil where there are none.
    private func masks(rows: Int) throws(Problem) -> [Bool]? {
        guard let tensor = file["action_masks"] else { return nil }
        guard let width = reader.maskWidth else {
            throw .invalid("only the actions of a Discrete space are masked", at: "/action_masks")
        }
        guard tensor.shape == [rows, width], tensor.dtype == .bool || tensor.dtype == .uint8 else {
            throw .invalid("expected bool of shape [\(rows), \(width)], not \(tensor.shape)", at: "/action_masks")
        }
        return tensor.bytes.map { $0 != 0 }
    }

    private func mask(_ all: [Bool]?, _ rows: Range<Int>, _ infos: [Value]) throws(Problem) -> [Bool] {
        let told = try reader.masks(in: infos, at: JSONPointer().appending("infos"))
        guard let all, let width = reader.maskWidth else { return told }
        let mask = Array(all[rows.lowerBound * width..<rows.upperBound * width])
        guard told.isEmpty || told == mask else {
            throw .invalid(
                "the infos say otherwise in rows \(rows.lowerBound) to \(rows.upperBound - 1)", at: "/action_masks")
        }
        // Where everything always was allowed, there is no mask.
        return told.isEmpty && mask.allSatisfy(\.self) ? [] : mask
    }

    private func infos(_ lengths: [Int]) throws(Problem) -> [[Value]] {
        guard let tensor = file["infos"] else { return Array(repeating: [], count: lengths.count) }
        guard tensor.dtype == .uint8, tensor.shape.count == 1 else {
            throw .invalid("expected uint8 in one dimension: text, one line an episode", at: "/infos")
        }
        let lines = tensor.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        guard lines.count == lengths.count else {
            throw .invalid("expected \(lengths.count) lines, one an episode, not \(lines.count)", at: "/infos")
        }
        var infos: [[Value]] = []
        for (index, line) in lines.enumerated() {
            infos.append(try self.infos(line, episode: index, length: lengths[index]))
        }
        return infos
    }

    private func infos(_ line: ArraySlice<UInt8>, episode: Int, length: Int) throws(Problem) -> [Value] {
        guard line.count <= Self.infoLimit else {
            throw Problem(
                .payloadTooLarge, "line \(episode + 1) is longer than \(Self.infoLimit) bytes", at: "/infos")
        }
        do throws(Problem) {
            let json: JSONValue
            do { json = try JSONDocument(parsing: Array(line), limits: JSONLimits(containers: 1_000_000)).root } catch {
                throw Problem(.invalidJSON, "\(error)", at: "")
            }
            guard json.kind == .array, json.count == 0 || json.count == length + 1 else {
                throw .invalid("expected an array of \(length + 1) objects", at: "")
            }
            return try reader.infos(json, at: .root)
        } catch {
            throw Problem(error.kind, "line \(episode + 1)\(error.pointer ?? ""): \(error.detail)", at: "/infos")
        }
    }
}

extension EpisodeTensors {
    /// - Parameter metadata: what the episodes are of.
    static func file(
        _ trajectories: [Trajectory], observation: Layout, action: Layout, maskWidth: Int?, metadata: [String: String]
    ) -> Safetensors {
        var observations = Lanes(observation.element, count: 0)
        var actions = Lanes(action.element, count: 0)
        for trajectory in trajectories {
            observations.append(contentsOf: trajectory.observations)
            actions.append(contentsOf: trajectory.actions)
        }
        var entries =
            TensorCodec.tensors("observations", observation, observations)
            + TensorCodec.tensors("actions", action, actions)
        entries += [
            .init("rewards", Tensor(trajectories.flatMap(\.rewards))),
            .init("terminations", Tensor(trajectories.flatMap(\.terminations))),
            .init("truncations", Tensor(trajectories.flatMap(\.truncations))),
            .init("episode_lengths", Tensor(trajectories.map { Int64($0.length) })),
            .init("seeds", Tensor(trajectories.map { $0.seed.flatMap { Int64(exactly: $0) } ?? -1 })),
        ]
        let masks = masks(trajectories, width: maskWidth)
        if let masks { entries.append(.init("action_masks", masks)) }
        let infos = trajectories.map { masks == nil ? $0.infosWithMasks : $0.infos }
        if infos.contains(where: { !$0.isEmpty }) {
            let text = infos.flatMap { Array(Value.array($0).json.utf8) + [UInt8(ascii: "\n")] }
            entries.append(.init("infos", Tensor(text)))
        }
        return Safetensors(entries, metadata: metadata)
    }
    /// nil where no episode has a mask, or where many have none and a few are so wide that all would be too much: then the
    /// infos say it.
    private static func masks(_ trajectories: [Trajectory], width: Int?) -> Tensor? {
        guard let width, trajectories.contains(where: { !$0.masks.isEmpty }) else { return nil }
        let rows = trajectories.reduce(0) { $0 + $1.length + 1 }
        guard trajectories.allSatisfy({ !$0.masks.isEmpty }) || rows * width <= maskLimit else { return nil }
        let masks = trajectories.flatMap { trajectory in
            trajectory.masks.isEmpty
                ? Array(repeating: true, count: (trajectory.length + 1) * width) : trajectory.masks
        }
        return Tensor(masks, shape: [rows, width])
    }
}
