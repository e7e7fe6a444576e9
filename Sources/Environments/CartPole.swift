import CLibc
import Drawing
import Gym

/// A pole on a cart, to be kept upright by pushing the cart left (0) or right (1).
///
/// Barto, Sutton and Anderson, "Neuronlike Adaptive Elements That Can Solve Difficult Learning Control Problems", 1983.
/// Observation: the cart's position (m) and velocity, the pole's angle (rad) and angular velocity. Reward 1 for each
/// step, the last one included. The episode ends when the pole leans by more than 12° or the cart is 2.4 from the
/// middle.
struct CartPole: Environment {
    static let specs = [
        spec("CartPole-v0", maxEpisodeSteps: 200, rewardThreshold: 195),
        spec("CartPole-v1", maxEpisodeSteps: 500, rewardThreshold: 475),
    ]

    private static func spec(_ id: String, maxEpisodeSteps: Int, rewardThreshold: Double) -> EnvironmentSpec {
        EnvironmentSpec(
            id: id, summary: "Keep a pole upright on a cart by pushing the cart left or right.",
            maxEpisodeSteps: maxEpisodeSteps, rewardThreshold: rewardThreshold, renderFPS: 50,
            parameters: [
                .init("sutton_barto_reward", default: false, "Reward 0 for each step and -1 for the last.")
            ]
        ) { keywords throws(EnvironmentError) in
            CartPole(hasSuttonBartoReward: try keywords.bool("sutton_barto_reward"))
        }
    }

    private static let gravity = 9.8
    private static let poleMass = 0.1
    private static let totalMass = poleMass + 1.0
    /// Half the pole's length.
    private static let length = 0.5
    private static let poleMassLength = poleMass * length
    private static let force = 10.0
    private static let timeStep = 0.02
    private static let maxPosition = 2.4
    private static let maxAngle = 12 * 2 * Double.pi / 360

    typealias Observation = Float
    typealias Action = Int64

    let hasSuttonBartoReward: Bool
    private var position = 0.0
    private var velocity = 0.0
    private var angle = 0.0
    private var angularVelocity = 0.0
    /// Of the angle, which the next step needs.
    private var lean = sine_and_cosine(0)

    init(hasSuttonBartoReward: Bool) { self.hasSuttonBartoReward = hasSuttonBartoReward }

    var hasInfo: Bool { false }
    var actionSpace: Space { .discrete(Discrete(2)) }

    var observationSpace: Space {
        let high = [Self.maxPosition * 2, .infinity, Self.maxAngle * 2, .infinity]
        return .box(Box(low: high.map(-), high: high, shape: [4]))
    }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        let (low, high) = try ResetOptions.bounds(options, low: -0.05, high: 0.05)
        position = random.uniform(low, high)
        velocity = random.uniform(low, high)
        angle = random.uniform(low, high)
        angularVelocity = random.uniform(low, high)
        lean = sine_and_cosine(angle)
        observe(&observation)
    }

    @inline(__always) mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        let force = action[0] == 1 ? Self.force : -Self.force
        // Where cart and pole get to does not depend on the push: the sine there, which no step after the last asks for, is
        // worked out while the divisions below take their time.
        let nextPosition = position + Self.timeStep * velocity
        let nextAngle = angle + Self.timeStep * angularVelocity
        let terminated = abs(nextPosition) > Self.maxPosition || abs(nextAngle) > Self.maxAngle
        let nextLean = terminated ? lean : sine_and_cosine(nextAngle)
        let push = (force + Self.poleMassLength * (angularVelocity * angularVelocity) * lean.sine) / Self.totalMass
        let angularAcceleration =
            (Self.gravity * lean.sine - lean.cosine * push)
            / (Self.length * (4.0 / 3.0 - Self.poleMass * (lean.cosine * lean.cosine) / Self.totalMass))
        let acceleration = push - Self.poleMassLength * angularAcceleration * lean.cosine / Self.totalMass
        position = nextPosition
        velocity += Self.timeStep * acceleration
        angle = nextAngle
        lean = nextLean
        angularVelocity += Self.timeStep * angularAcceleration
        observe(&observation)
        return Step(reward: hasSuttonBartoReward ? (terminated ? -1 : 0) : 1, terminated: terminated)
    }

    @inline(__always) private func observe(_ observation: inout MutableSpan<Float>) {
        // The last first: its check of the bounds does for all.
        observation[3] = Float(angularVelocity)
        observation[2] = Float(angle)
        observation[1] = Float(velocity)
        observation[0] = Float(position)
    }

    func save(to writer: inout StateWriter) {
        for value in [position, velocity, angle, angularVelocity] { writer.write(value) }
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        position = try reader.readFinite()
        velocity = try reader.readFinite()
        angle = try reader.readFinite()
        angularVelocity = try reader.readFinite()
        lean = sine_and_cosine(angle)
    }
}

extension CartPole: Drawn {
    var frameSize: (width: Int, height: Int) { (600, 400) }

    func draw(on canvas: Canvas) {
        let scale = 600 / (Self.maxPosition * 2)
        let x = position * scale + 300
        let poleLength = scale * 2 * Self.length
        canvas.line([Point(0, 300), Point(600, 300)], width: 1, .black)
        canvas.rectangle(x: x - 25, y: 285, width: 50, height: 30, radius: 3, Color(0x2b2b2b))
        canvas.within(Point(x, 292.5), angle: angle) {
            canvas.rectangle(x: -5, y: 5 - poleLength, width: 10, height: poleLength, radius: 2, Color(0xca9865))
        }
        canvas.circle(Point(x, 292.5), radius: 5, Color(0x8184cb))
    }
}
