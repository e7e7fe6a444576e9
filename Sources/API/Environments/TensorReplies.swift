import Gym
import Hosting
import Store

/// The replies of `reset` and `step` as tensors: straight from the vector's rows.
extension SessionCodec {
    func tensors(reset world: borrowing World, mask: [Bool]?) -> Safetensors {
        var file = Safetensors(
            TensorCodec.tensors("observation", session.observationLayout, world.vector.observations))
        if world.vector.hasInfo { append(infos: infos(of: world, mask: mask), prefix: "info.", to: &file) }
        return file
    }

    func tensors(step world: borrowing World) -> Safetensors {
        var file = Safetensors(
            TensorCodec.tensors("observation", session.observationLayout, world.vector.observations))
        file.append("reward", Tensor(world.vector.rewards))
        file.append("terminated", Tensor(world.vector.terminated))
        file.append("truncated", Tensor(world.vector.truncated))
        if world.vector.hasInfo { append(infos: infos(of: world), prefix: "info.", to: &file) }
        if session.request.options.autoreset == .sameStep, !world.vector.episodes.isEmpty {
            appendFinal(of: world, to: &file)
        }
        return file
    }

    private func appendFinal(of world: borrowing World, to file: inout Safetensors) {
        var ended = Array(repeating: false, count: session.count)
        var infos = Array(repeating: Value.object([]), count: session.count)
        for episode in world.vector.episodes {
            ended[episode.index] = true
            infos[episode.index] = episode.finalInfo ?? .object([])
        }
        let final = TensorCodec.tensors("final_obs", session.observationLayout, world.vector.finalObservations)
        for entry in final { file.append(entry.name, entry.tensor.zeroing { !ended[$0] }) }
        file.append("info._final_obs", Tensor(ended))
        append(infos: infos, prefix: "info.final_info.", to: &file)
        file.append("info._final_info", Tensor(ended))
    }

    /// Infos that are numbers, arrays of numbers or objects of these, with Gymnasium's masks.
    private func append(infos: [Value], prefix: String, to file: inout Safetensors) {
        guard case .object(let columns) = BatchedInfo.combine(infos) else { return }
        for column in columns where !column.key.hasPrefix("_") {
            let rows = infos.map { $0[column.key] }
            if case .object = column.value {
                append(infos: rows.map { $0 ?? .object([]) }, prefix: prefix + column.key + ".", to: &file)
            } else if let tensor = Tensor(numbers: column.value, rows: rows) {
                file.append(prefix + column.key, tensor)
            } else {
                continue
            }
            file.append(prefix + "_" + column.key, Tensor(rows.map { $0 != nil }))
        }
    }
}

extension Tensor {
    /// A column of an info: numbers, or arrays of numbers of one length; nil for anything else.
    fileprivate init?(numbers column: Value, rows: [Value?]) {
        guard let example = rows.lazy.compactMap({ $0 }).first else { return nil }
        if case .array(let elements) = example {
            let width = elements.count
            let flat = rows.flatMap { row -> [Value] in
                if case .array(let elements) = row, elements.count == width { return elements }
                return Array(repeating: .int(0), count: width)
            }
            guard let tensor = Tensor(flat, like: elements.first ?? .int(0), shape: [rows.count, width]) else {
                return nil
            }
            self = tensor
        } else {
            guard let tensor = Tensor(rows.map { $0 ?? .int(0) }, like: example, shape: [rows.count]) else {
                return nil
            }
            self = tensor
        }
    }

    private init?(_ values: [Value], like example: Value, shape: [Int]) {
        switch example {
        case .int: self.init(values.map { $0.asInt64 ?? 0 }, shape: shape)
        case .float, .double: self.init(values.map { $0.asDouble ?? 0 }, shape: shape)
        case .bool: self.init(values.map { $0.asBool ?? false }, shape: shape)
        default: return nil
        }
    }

    /// The same tensor with zeros in the rows that `isBlank` names.
    fileprivate func zeroing(_ isBlank: (Int) -> Bool) -> Tensor {
        guard let rows = shape.first, rows > 0 else { return self }
        let width = bytes.count / rows
        var bytes = bytes
        for row in 0..<rows where isBlank(row) {
            for index in row * width..<(row + 1) * width { bytes[index] = 0 }
        }
        return Tensor(dtype: dtype, shape: shape, bytes: bytes)
    }
}
