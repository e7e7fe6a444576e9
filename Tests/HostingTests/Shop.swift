import Gym

/// Somebody wants something, and each of 40 items is a place: the nearer it is to what is wanted, the better. Each
/// `generation` has other items.
struct Shop: Environment {
    typealias Observation = Float
    typealias Action = Int64

    let items: ActionFeatures
    private var wanted: Float = 0

    static let catalogue = Catalogue([
        EnvironmentSpec(
            id: "Shop-v0", summary: "Find what is wanted.", maxEpisodeSteps: 10,
            parameters: [.init("generation", default: 0, "which items there are")]
        ) { keywords throws(EnvironmentError) in Shop(generation: try keywords.int("generation")) }
    ])

    init(generation: Int) {
        items = Self.items(generation)
    }

    static func items(_ generation: Int) -> ActionFeatures {
        ActionFeatures(width: 1, values: (0..<40).map { Float(($0 * 27 + generation * 13) % 40) / 20 - 1 })
    }

    var observationSpace: Space { .box(Box(low: -1, high: 1, shape: [1])) }
    var actionSpace: Space { .discrete(Discrete(items.count)) }
    var actionFeatures: ActionFeatures? { items }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        want(&random, &observation)
    }

    private mutating func want(_ random: inout RandomGenerator, _ observation: inout MutableSpan<Float>) {
        wanted = 2 * random.randomFloat() - 1
        observation[0] = wanted
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        defer { want(&random, &observation) }
        return Step(reward: -Double(abs(items.values[Int(action[0])] - wanted)))
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame { Frame(mode: mode, bytes: []) }
    func save(to writer: inout StateWriter) { writer.write(wanted) }
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) { wanted = try reader.readFloat() }
}
