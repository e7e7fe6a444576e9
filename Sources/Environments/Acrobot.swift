import CLibc
import Drawing
import Glibc
import Gym

/// Two links hanging from an axle, a motor in the joint between them: swing the free end above the line. Torque -1 (0),
/// none (1), +1 (2).
///
/// R. S. Sutton, "Generalization in Reinforcement Learning: Successful Examples Using Sparse Coarse Coding", 1996, with
/// the equations of Sutton and Barto's book. Observation: cosine and sine of both angles (0 hangs down; the second is
/// relative to the first), both angular velocities. Reward -1 for each step but the one that gets there.
struct Acrobot: Environment {
    static let specs = [
        EnvironmentSpec(
            id: "Acrobot-v1", summary: "Swing the free end of two hanging links above a line.", maxEpisodeSteps: 500,
            rewardThreshold: -100, renderFPS: 15
        ) { _ throws(EnvironmentError) in Acrobot() }
    ]

    private static let maxVelocity1 = 4 * Double.pi
    private static let maxVelocity2 = 9 * Double.pi
    private static let timeStep = 0.2

    typealias Observation = Float
    typealias Action = Int64
    /// Both angles, then both angular velocities.
    typealias State = SIMD4<Double>

    private var state = State()
    /// Of the second angle, which whoever sees the links has to work out.
    private var second = sine_and_cosine(0)

    var hasInfo: Bool { false }
    var actionSpace: Space { .discrete(Discrete(3)) }

    var observationSpace: Space {
        let high = [1, 1, 1, 1, Self.maxVelocity1, Self.maxVelocity2]
        return .box(Box(low: high.map(-), high: high, shape: [6]))
    }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        let (low, high) = try ResetOptions.bounds(options, low: -0.1, high: 0.1)
        for index in 0..<4 { state[index] = Double(Float(random.uniform(low, high))) }
        observe(&observation)
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        state = Self.integrate(state, second, torque: Double(action[0] - 1))
        state[0] = Self.wrap(state[0])
        state[1] = Self.wrap(state[1])
        state[2] = min(max(state[2], -Self.maxVelocity1), Self.maxVelocity1)
        state[3] = min(max(state[3], -Self.maxVelocity2), Self.maxVelocity2)
        let cosine = observe(&observation)
        // With the joint below the axle no second link reaches the line.
        let terminated = cosine < 0 && -cosine - cos(state[1] + state[0]) > 1
        return Step(reward: terminated ? 0 : -1, terminated: terminated)
    }

    /// - Returns: the cosine of the first angle.
    @discardableResult private mutating func observe(_ observation: inout MutableSpan<Float>) -> Double {
        let first = sine_and_cosine(state[0])
        second = sine_and_cosine(state[1])
        observation[0] = Float(first.cosine)
        observation[1] = Float(first.sine)
        observation[2] = Float(second.cosine)
        observation[3] = Float(second.sine)
        observation[4] = Float(state[2])
        observation[5] = Float(state[3])
        return first.cosine
    }

    /// One step of the fourth-order Runge-Kutta method.
    private static func integrate(_ state: State, _ second: sine_and_cosine, torque: Double) -> State {
        let k1 = slope(state, second, torque)
        let k2 = slope(state + timeStep / 2 * k1, torque)
        let k3 = slope(state + timeStep / 2 * k2, torque)
        let k4 = slope(state + timeStep * k3, torque)
        return state + timeStep / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    }

    private static func slope(_ state: State, _ torque: Double) -> State {
        slope(state, sine_and_cosine(state[1]), torque)
    }

    /// The equations of motion, with unit masses, lengths and moments of inertia, masses centred in their links.
    private static func slope(_ state: State, _ second: sine_and_cosine, _ torque: Double) -> State {
        let (angle1, angle2, velocity1, velocity2) = (state[0], state[1], state[2], state[3])
        let gravity = 9.8
        let inertia1 = 0.25 + (1 + 0.25 + 2 * 0.5 * second.cosine) + 1 + 1
        let inertia2 = 0.25 + 0.5 * second.cosine + 1
        let pull2 = 0.5 * gravity * cos(angle1 + angle2 - .pi / 2)
        let pull1 =
            -0.5 * NumpyScalar.squared(velocity2) * second.sine
            - 2 * 0.5 * velocity2 * velocity1 * second.sine
            + (0.5 + 1) * gravity * cos(angle1 - .pi / 2)
            + pull2
        let acceleration2 =
            (torque + inertia2 / inertia1 * pull1 - 0.5 * NumpyScalar.squared(velocity1) * second.sine - pull2)
            / (0.25 + 1 - NumpyScalar.squared(inertia2) / inertia1)
        let acceleration1 = -(inertia2 * acceleration2 + pull1) / inertia1
        return State(velocity1, velocity2, acceleration1, acceleration2)
    }

    /// The same angle within ±π, one turn after the other, as Gymnasium takes it there.
    private static func wrap(_ angle: Double) -> Double {
        // Far out, where reset options may lead, turn after turn would take for ever.
        var angle = abs(angle) > 1e4 ? angle.remainder(dividingBy: 2 * .pi) : angle
        while angle > .pi { angle -= 2 * .pi }
        while angle < -.pi { angle += 2 * .pi }
        return angle
    }

    func save(to writer: inout StateWriter) {
        for index in 0..<4 { writer.write(state[index]) }
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        for index in 0..<4 { state[index] = try reader.readFinite() }
        second = sine_and_cosine(state[1])
    }
}

extension Acrobot: Drawn {
    var frameSize: (width: Int, height: Int) { (500, 500) }

    func draw(on canvas: Canvas) {
        let length = 500 / 4.4
        canvas.line([Point(0, 250 - length), Point(500, 250 - length)], width: 2, .black)
        let joint = Point(250 + length * sin(state[0]), 250 + length * cos(state[0]))
        for (end, angle) in [(Point(250, 250), state[0]), (joint, state[0] + state[1])] {
            canvas.within(end, angle: -angle) {
                canvas.rectangle(
                    x: -0.1 * length, y: 0, width: 0.2 * length, height: length, radius: 4, Color(0x00b4b4))
            }
            canvas.circle(end, radius: 0.1 * length, Color(0xcccc00))
        }
    }
}
