import Gym

/// Named tensors: everything that a learner, a policy or a training must remember to go on bit for bit. How they are
/// written to a file is not its business.
public struct Checkpoint: Sendable, Equatable {
    public private(set) var tensors: [String: Tensor]

    public init(_ tensors: [String: Tensor] = [:]) {
        self.tensors = tensors
    }

    public subscript(name: String) -> Tensor? { tensors[name] }
}

/// Writing.
extension Checkpoint {
    mutating func put(_ name: String, _ values: [Float], shape: [Int]? = nil) {
        tensors[name] = Tensor(values, shape: shape)
    }

    mutating func put(_ name: String, _ values: [Double]) { tensors[name] = Tensor(values) }
    mutating func put(_ name: String, _ values: [UInt8]) { tensors[name] = Tensor(values) }
    mutating func put(_ name: String, _ values: [Bool]) { tensors[name] = Tensor(values) }

    mutating func put(_ name: String, _ values: some Sequence<some FixedWidthInteger>) {
        tensors[name] = Tensor(values.map { Int64($0) })
    }

    /// Puts rows of lanes, one after the other.
    mutating func put(_ name: String, _ rows: [Lanes]) {
        guard var all = rows.first else { return }
        for row in rows.dropFirst() { all.append(contentsOf: row) }
        tensors[name] = Tensor(all)
    }

    mutating func put(_ name: String, _ random: RandomGenerator) {
        var writer = StateWriter()
        random.save(to: &writer)
        put(name, writer.bytes)
    }

    /// Takes over all tensors of another, their names prefixed.
    mutating func put(_ prefix: String, _ other: Checkpoint) {
        for (name, tensor) in other.tensors { tensors[prefix + name] = tensor }
    }
}

/// Reading: what is missing, or of another type or size, is said by name.
extension Checkpoint {
    func floats(_ name: String, count: Int) throws(LearningError) -> [Float] {
        try values(name, count: count, "float32") { $0.floats }
    }

    func doubles(_ name: String, count: Int? = nil) throws(LearningError) -> [Double] {
        try values(name, count: count, "float64") { $0.doubles }
    }

    func booleans(_ name: String, count: Int? = nil) throws(LearningError) -> [Bool] {
        try values(name, count: count, "bool") { $0.bools }
    }

    /// - Parameter range: what an integer may be: indices that come from a file are not trusted.
    func integers(_ name: String, count: Int? = nil, in range: Range<Int>) throws(LearningError) -> [Int] {
        let integers = try values(name, count: count, "int64") { $0.int64s }.map { Int($0) }
        guard integers.allSatisfy(range.contains) else {
            throw .invalidCheckpoint("\(name) has an element that is not within \(range)")
        }
        return integers
    }

    /// Rows of indices, one for each of `counts`, each below its count.
    func members(_ name: String, of counts: [Int], count: Int? = nil) throws(LearningError) -> [Int32] {
        let indices = try integers(name, count: count, in: 0..<Int(Int32.max))
        for (place, index) in indices.enumerated() where index >= counts[place % counts.count] {
            throw .invalidCheckpoint("\(name) has an element that the spaces do not have")
        }
        return indices.map { Int32($0) }
    }

    /// Integers that are bits.
    func words(_ name: String, count: Int) throws(LearningError) -> [UInt64] {
        try values(name, count: count, "int64") { $0.int64s }.map { UInt64(bitPattern: $0) }
    }

    func bytes(_ name: String, count: Int? = nil) throws(LearningError) -> [UInt8] {
        try values(name, count: count, "uint8") { $0.dtype == .uint8 ? $0.bytes : nil }
    }

    func lanes(_ name: String, count: Int) throws(LearningError) -> Lanes {
        guard let lanes = tensors[name].flatMap(Lanes.init), lanes.count == count else {
            throw .invalidCheckpoint("\(name) is missing, or not \(count) lanes")
        }
        return lanes
    }

    func random(_ name: String) throws(LearningError) -> RandomGenerator {
        var (reader, random) = (StateReader(try bytes(name)), RandomGenerator(seed: 0))
        do { try random.restore(from: &reader) } catch { throw .invalidCheckpoint("\(name) is no generator's state") }
        return random
    }

    /// The tensors whose names have a prefix, without it.
    func part(_ prefix: String) -> Checkpoint {
        var part = Checkpoint()
        for (name, tensor) in tensors where name.hasPrefix(prefix) {
            part.tensors[String(name.dropFirst(prefix.count))] = tensor
        }
        return part
    }

    private func values<T>(
        _ name: String, count: Int?, _ type: String, _ read: (Tensor) -> [T]?
    ) throws(LearningError) -> [T] {
        guard let tensor = tensors[name] else { throw .invalidCheckpoint("it has no tensor \(name)") }
        guard let values = read(tensor) else {
            throw .invalidCheckpoint("\(name) is \(tensor.dtype.rawValue), not \(type)")
        }
        guard count == nil || values.count == count else {
            throw .invalidCheckpoint("\(name) has \(values.count) elements, not \(count ?? 0)")
        }
        return values
    }
}

extension Lanes {
    /// The elements of a tensor of one of the types that lanes have.
    fileprivate init?(_ tensor: Tensor) {
        if let values = tensor.floats {
            self = .float32(values)
        } else if let values = tensor.doubles {
            self = .float64(values)
        } else if let values = tensor.int64s {
            self = .int64(values)
        } else if tensor.dtype == .uint8 {
            self = .uint8(tensor.bytes)
        } else {
            return nil
        }
    }
}
