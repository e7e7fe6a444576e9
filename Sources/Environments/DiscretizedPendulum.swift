import Drawing
import Gym

/// The pendulum with one of n torques a step, whose numbers say nothing about them: a world of as many actions as one
/// likes, of which only ``actionFeatures`` tells which are alike.
///
/// The torques are spaced evenly over [-2, 2] and shuffled, always the same way for the same n: numpy's
/// `default_rng(0).shuffle(linspace(-2, 2, n, dtype=float32))`. All else is ``Pendulum``, bit for bit.
///
/// With `masked` above 0, each action is unavailable with that probability, drawn anew for every step; one, any, is
/// always available. An action that is not available does nothing: the pendulum swings on without a torque, and the
/// step's info says `invalid_action`.
struct DiscretizedPendulum: Environment {
    static let specs = [
        EnvironmentSpec(
            id: "DiscretizedPendulum-v0", summary: "Swing a pendulum up by one of very many torques, in no order.",
            maxEpisodeSteps: 200,
            parameters: [
                .init("n", default: 10_000, "How many torques there are."),
                .init("g", default: 10.0, "The acceleration of gravity, in m/s²."),
                .init("masked", default: 0.0, "How probably an action is unavailable in a step."),
            ]
        ) { keywords throws(EnvironmentError) in
            let share = try keywords.double("masked")
            guard (0..<1).contains(share) else {
                throw .invalidKwarg(name: "masked", reason: "expected a probability below 1, not \(share)")
            }
            return DiscretizedPendulum(
                count: try keywords.int("n", in: counts), gravity: try keywords.double("g"), masked: share)
        }
    ]

    private static let counts = 2...2_000_000

    typealias Observation = Float
    typealias Action = Int64

    /// The torque of each action, [n, 1]; environments of a vector share it.
    private let torques: ActionFeatures
    private var pendulum: Pendulum
    /// nil where every action is always available.
    private var mask: RandomMask?
    /// Whether the latest action was not available.
    private var wasInvalid = false

    init(count: Int, gravity: Double, masked: Double) {
        torques = ActionFeatures(width: 1, values: Self.torques(count))
        pendulum = Pendulum(gravity: gravity)
        mask = masked > 0 ? RandomMask(count: count, share: masked) : nil
    }

    private static func torques(_ count: Int) -> [Float] {
        let most = Double(Pendulum.maxTorque)
        let step = 2 * most / Double(count - 1)
        var torques = (0..<count).map { Float(Double($0) * step - most) }
        torques[count - 1] = Pendulum.maxTorque
        var random = RandomGenerator(seed: 0)
        random.shuffle(&torques)
        return torques
    }

    var observationSpace: Space { pendulum.observationSpace }
    var actionSpace: Space { .discrete(Discrete(torques.count)) }
    var actionFeatures: ActionFeatures? { torques }
    var hasActionMask: Bool { mask != nil }

    func writeActionMask(_ entries: inout MutableSpan<Bool>) {
        if let mask { mask.write(to: &entries) } else { entries.update(repeating: true) }
    }

    var hasInfo: Bool { hasActionMask }
    var info: Value {
        guard hasActionMask else { return .object([]) }
        var entries = Array(repeating: true, count: torques.count)
        var span = entries.mutableSpan
        writeActionMask(&span)
        return ["action_mask": .array(entries.map { .int($0 ? 1 : 0) }), "invalid_action": .bool(wasInvalid)]
    }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        try pendulum.reset(options: options, random: &random, observation: &observation)
        mask?.draw(&random)
        wasInvalid = false
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        let action = Int(action[0])
        if let mask { wasInvalid = !mask.isAvailable(action) }
        let step = pendulum.push(wasInvalid ? 0 : torques.values[action], observation: &observation)
        mask?.draw(&random)
        return step
    }

    func save(to writer: inout StateWriter) {
        pendulum.save(to: &writer)
        mask?.save(to: &writer)
        writer.write(wasInvalid)
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        try pendulum.restore(from: &reader)
        try mask?.restore(from: &reader)
        wasInvalid = try reader.readBool() && hasActionMask
    }
}

extension DiscretizedPendulum: Drawn {
    var frameSize: (width: Int, height: Int) { pendulum.frameSize }

    func draw(on canvas: Canvas) { pendulum.draw(on: canvas) }
}
