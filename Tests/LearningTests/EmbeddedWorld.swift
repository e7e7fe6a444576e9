import Environments
import Gym
import Learning

/// A target is shown, and each of `count` actions is a place: the nearer it is to the target, the less it costs. Places
/// are in no order.
struct Throwing: Environment {
    typealias Observation = Float
    typealias Action = Int64

    let places: ActionFeatures
    let showsFeatures: Bool
    private var target: (Float, Float) = (0, 0)
    private var elapsed = 0

    static func spec(_ count: Int, showsFeatures: Bool = true) -> EnvironmentSpec {
        let world = Throwing(count: count, showsFeatures: showsFeatures)
        return EnvironmentSpec(id: "Throwing-v0", summary: "Throw at a target.", maxEpisodeSteps: 10) { _ in world }
    }

    init(count: Int, showsFeatures: Bool = true) {
        var random = RandomGenerator(seed: 7)
        places = ActionFeatures(width: 2, values: (0..<2 * count).map { _ in 2 * random.randomFloat() - 1 })
        self.showsFeatures = showsFeatures
    }

    var observationSpace: Space { .box(Box(low: -1, high: 1, shape: [2])) }
    var actionSpace: Space { .discrete(Discrete(places.count)) }
    var actionFeatures: ActionFeatures? { showsFeatures ? places : nil }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        aim(&random, &observation)
    }

    private mutating func aim(_ random: inout RandomGenerator, _ observation: inout MutableSpan<Float>) {
        target = (2 * random.randomFloat() - 1, 2 * random.randomFloat() - 1)
        (observation[0], observation[1]) = target
    }

    func cost(of action: Int) -> Double {
        let (x, y) = (places.values[2 * action] - target.0, places.values[2 * action + 1] - target.1)
        return Double(x * x + y * y).squareRoot()
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        defer { aim(&random, &observation) }
        return Step(reward: -cost(of: Int(action[0])))
    }

    func render(_ mode: RenderMode) throws(EnvironmentError) -> Frame { Frame(mode: mode, bytes: []) }
    func save(to writer: inout StateWriter) { writer.write(target.0); writer.write(target.1) }
    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        target = (try reader.readFloat(), try reader.readFloat())
    }
}
