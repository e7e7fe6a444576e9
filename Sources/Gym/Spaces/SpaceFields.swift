/// Reads the fields of one space's description. Sizes are bounded, since descriptions come from clients.
struct SpaceFields<S: Structured> {
    private static var maximumDepth: Int { 16 }

    private let source: S
    private let type: String
    /// How many lanes this space may have; then what is left for the others of the whole.
    private(set) var room: Int

    init(_ source: S, type: String, room: Int) {
        self.source = source
        self.type = type
        self.room = room
    }

    mutating func box() throws(SpaceMismatch) -> Box {
        try allow("dtype", "shape", "low", "high")
        let dtype = try dtype(default: .float32)
        let shape = try sizes("shape")
        let count = shape.reduce(1, *)
        room -= count
        let low = try bounds("low", shape: shape, count: count)
        let high = try bounds("high", shape: shape, count: count)
        if let lane = (0..<count).first(where: { low[$0] > high[$0] }) {
            throw SpaceMismatch("low \(low[lane]) is above high \(high[lane])").within(.key("low"))
        }
        return Box(low: low, high: high, shape: shape, dtype: dtype)
    }

    func discrete() throws(SpaceMismatch) -> Discrete {
        try allow("dtype", "start", "n")
        let n = try integer("n", 1...Int(Int32.max))
        let start = source.member("start") == nil ? 0 : try integer("start", -Int(Int32.max)...Int(Int32.max))
        return Discrete(n, start: start, dtype: try dtype(default: .int64))
    }

    mutating func multiDiscrete() throws(SpaceMismatch) -> MultiDiscrete {
        try allow("dtype", "start", "nvec")
        let (nvec, shape) = try nestedIntegers("nvec", limit: room)
        room -= nvec.count
        guard nvec.allSatisfy({ $0 >= 1 && $0 <= Int(Int32.max) }) else {
            throw SpaceMismatch("expected positive integers").within(.key("nvec"))
        }
        guard source.member("start") != nil else {
            return MultiDiscrete(nvec, shape: shape, dtype: try dtype(default: .int64))
        }
        let (start, startShape) = try nestedIntegers("start", limit: nvec.count)
        guard startShape == shape else {
            throw SpaceMismatch("expected the shape of nvec, \(shape)").within(.key("start"))
        }
        return MultiDiscrete(nvec, start: start, shape: shape, dtype: try dtype(default: .int64))
    }

    mutating func multiBinary() throws(SpaceMismatch) -> MultiBinary {
        try allow("n")
        let isNumber = source.member("n")?.elementCount == nil
        let shape = isNumber ? [try integer("n", 1...max(room, 1))] : try sizes("n")
        room -= shape.reduce(1, *)
        return MultiBinary(shape: shape)
    }

    func text() throws(SpaceMismatch) -> Text {
        try allow("max_length", "min_length", "charset")
        let maximum = try integer("max_length", 0...Space.maximumLanes)
        let minimum = source.member("min_length") == nil ? min(1, maximum) : try integer("min_length", 0...maximum)
        guard let charset = source.member("charset") else { return Text(maxLength: maximum, minLength: minimum) }
        guard let characters = charset.asString, !characters.isEmpty else {
            throw SpaceMismatch("expected a string of characters").within(.key("charset"))
        }
        return Text(maxLength: maximum, minLength: minimum, charset: Array(characters))
    }

    mutating func dict() throws(SpaceMismatch) -> Dict {
        try allow("subspaces")
        guard let subspaces = source.member("subspaces"), let names = subspaces.memberNames else {
            throw SpaceMismatch("expected an object of spaces").within(.key("subspaces"))
        }
        var members: [Dict.Member] = []
        for name in names {
            guard let member = subspaces.member(name) else { continue }
            do { members.append(Dict.Member(name, try Space(description: member, room: &room))) } catch {
                throw error.within(.key(name)).within(.key("subspaces"))
            }
        }
        return Dict(members)
    }

    mutating func subspaces() throws(SpaceMismatch) -> [Space] {
        try allow("subspaces")
        guard let subspaces = source.member("subspaces"), subspaces.elementCount != nil else {
            throw SpaceMismatch("expected an array of spaces").within(.key("subspaces"))
        }
        var members: [Space] = []
        for element in subspaces.arrayElements {
            do { members.append(try Space(description: element, room: &room)) } catch {
                throw error.within(.index(members.count)).within(.key("subspaces"))
            }
        }
        return members
    }

    mutating func sequence() throws(SpaceMismatch) -> SequenceSpace {
        try allow("feature_space", "stack")
        let stack = source.member("stack")
        guard stack == nil || stack?.asBool != nil else {
            throw SpaceMismatch("expected true or false").within(.key("stack"))
        }
        return SequenceSpace(try space("feature_space"), stack: stack?.asBool ?? false)
    }

    mutating func graph() throws(SpaceMismatch) -> Graph {
        try allow("node_space", "edge_space")
        let hasEdges = source.member("edge_space").map { !$0.isNull } ?? false
        return Graph(node: try space("node_space"), edge: hasEdges ? try space("edge_space") : nil)
    }

    private func allow(_ names: String...) throws(SpaceMismatch) {
        if let stranger = source.memberNames?.first(where: { $0 != "type" && !names.contains($0) }) {
            throw SpaceMismatch("\(type) has \(names.joined(separator: ", "))").within(.key(stranger))
        }
    }

    private func required(_ name: String) throws(SpaceMismatch) -> S {
        guard let member = source.member(name) else { throw SpaceMismatch("this field is required").within(.key(name)) }
        return member
    }

    private mutating func space(_ name: String) throws(SpaceMismatch) -> Space {
        let member = try required(name)
        do { return try Space(description: member, room: &room) } catch { throw error.within(.key(name)) }
    }

    private func dtype(default fallback: DType) throws(SpaceMismatch) -> DType {
        guard let member = source.member("dtype") else { return fallback }
        guard let dtype = member.asString.flatMap(DType.init(rawValue:)) else {
            throw SpaceMismatch("expected one of \(DType.allCases.map(\.rawValue).joined(separator: ", "))")
                .within(.key("dtype"))
        }
        return dtype
    }

    private func integer(_ name: String, _ range: ClosedRange<Int>) throws(SpaceMismatch) -> Int {
        guard let value = source.member(name)?.asInt64, range.contains(Int(value)) else {
            throw SpaceMismatch("expected an integer from \(range.lowerBound) to \(range.upperBound)")
                .within(.key(name))
        }
        return Int(value)
    }

    /// A shape: positive sizes whose product stays within bounds.
    private func sizes(_ name: String) throws(SpaceMismatch) -> [Int] {
        var sizes: [Int] = []
        var lanes = 1
        for element in source.member(name)?.arrayElements ?? source.arrayElements {
            guard let size = element.asInt64, size > 0, size <= Int64(room / lanes) else {
                throw SpaceMismatch("expected positive sizes, \(Space.maximumLanes) elements in all at most")
                    .within(.index(sizes.count)).within(.key(name))
            }
            sizes.append(Int(size))
            lanes *= Int(size)
        }
        guard source.member(name)?.elementCount != nil, sizes.count <= Self.maximumDepth else {
            throw SpaceMismatch("expected an array of sizes").within(.key(name))
        }
        return sizes
    }

    /// Nested bounds, or one scalar for all.
    private func bounds(_ name: String, shape: [Int], count: Int) throws(SpaceMismatch) -> [Double] {
        let member = try required(name)
        if let scalar = member.asDouble, !scalar.isNaN { return Array(repeating: scalar, count: count) }
        let anything = Box(low: -.infinity, high: .infinity, shape: shape, dtype: .float64)
        var writer = LaneWriter(Lanes(.float64, count: count))
        do { try anything.read(member, into: &writer) } catch { throw error.within(.key(name)) }
        return Double.array(of: writer.lanes)
    }

    private func nestedIntegers(_ name: String, limit: Int) throws(SpaceMismatch) -> ([Int], shape: [Int]) {
        let member = try required(name)
        var shape: [Int] = []
        var inner: S? = member
        var lanes = 1
        while let count = inner?.elementCount, count > 0, shape.count < Self.maximumDepth {
            guard count <= limit / lanes else {
                throw SpaceMismatch("expected \(Space.maximumLanes) elements in all at most").within(.key(name))
            }
            lanes *= count
            shape.append(count)
            inner = inner?.arrayElements.first { _ in true }
        }
        guard !shape.isEmpty else { throw SpaceMismatch("expected an array of integers").within(.key(name)) }
        let most = Double(Int32.max)
        let integers = Box(low: -most, high: most, shape: shape, dtype: .int64)
        var writer = LaneWriter(Lanes(.int64, count: lanes))
        do { try integers.read(member, into: &writer) } catch { throw error.within(.key(name)) }
        return (Int64.array(of: writer.lanes).map { Int($0) }, shape)
    }
}
