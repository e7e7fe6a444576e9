import CLibc
import Drawing
import Glibc
import Gym

/// A pendulum to be swung up and held by a torque from -2 to 2.
///
/// Observation: cosine and sine of the angle (0 is upright), angular velocity (at most 8 either way). Reward: minus
/// angle² + 0.1 velocity² + 0.001 torque², the angle taken within ±π. There is no end but the time limit.
struct Pendulum: Environment {
    static let specs = [
        EnvironmentSpec(
            id: "Pendulum-v1", summary: "Swing a pendulum up and hold it there with a limited torque.",
            maxEpisodeSteps: 200,
            parameters: [.init("g", default: 10.0, "The acceleration of gravity, in m/s².")]
        ) { keywords throws(EnvironmentError) in
            Pendulum(gravity: try keywords.double("g"))
        }
    ]

    static let maxSpeed = 8.0
    static let maxTorque: Float = 2
    private static let timeStep = 0.05

    typealias Observation = Float
    typealias Action = Float

    let gravity: Double
    private var angle = Double.pi
    private var velocity = 0.0
    /// Of the angle, which whoever sees the pendulum has to work out.
    private var sine = sin(Double.pi)
    /// The latest torque, for the picture.
    private var torque: Float = 0

    init(gravity: Double) { self.gravity = gravity }

    var hasInfo: Bool { false }
    var actionSpace: Space { .box(Box(low: -Double(Self.maxTorque), high: Double(Self.maxTorque), shape: [1])) }

    var observationSpace: Space {
        let high = [1, 1, Self.maxSpeed]
        return .box(Box(low: high.map(-), high: high, shape: [3]))
    }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        let options = try ResetOptions(options, known: "x_init", "y_init")
        let maxAngle = try Self.magnitude("x_init", options, default: .pi)
        let maxVelocity = try Self.magnitude("y_init", options, default: 1)
        angle = random.uniform(-maxAngle, maxAngle)
        velocity = random.uniform(-maxVelocity, maxVelocity)
        torque = 0
        observe(&observation)
    }

    private static func magnitude(
        _ name: String, _ options: ResetOptions, default standard: Double
    ) throws(EnvironmentError) -> Double {
        let value = try options.number(name, default: standard)
        guard value >= 0, (2 * value).isFinite else {
            throw .invalidOption(name: name, reason: "expected the largest magnitude, not \(value)")
        }
        return value
    }

    @inline(__always) mutating func step(
        _ action: Span<Float>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        push(action[0], observation: &observation)
    }

    /// A step with `torque`, cut to what there is.
    @inline(__always) mutating func push(_ torque: Float, observation: inout MutableSpan<Float>) -> Step {
        self.torque = min(max(torque, -Self.maxTorque), Self.maxTorque)
        let cost = Self.swing(&angle, &velocity, sine: sine, torque: self.torque, gravity: gravity)
        observe(&observation)
        return Step(reward: -cost)
    }

    /// What a torque does to a pendulum.
    /// - Parameter sine: of the angle.
    /// - Returns: what it costs.
    @inline(__always) static func swing(
        _ angle: inout Double, _ velocity: inout Double, sine: Double, torque: Float, gravity: Double
    ) -> Double {
        // numpy keeps what has only the torque and constants in it in float32.
        let effort = Double(0.001 * NumpyScalar.squared(torque))
        let lean = NumpyScalar.modulo(angle + .pi, 2 * .pi) - .pi
        let cost = NumpyScalar.squared(lean) + 0.1 * NumpyScalar.squared(velocity) + effort
        velocity += (3 * gravity / 2 * sine + Double(3 * torque)) * timeStep
        velocity = min(max(velocity, -maxSpeed), maxSpeed)
        angle += velocity * timeStep
        return cost
    }

    @inline(__always) private mutating func observe(_ observation: inout MutableSpan<Float>) {
        let turn = sine_and_cosine(angle)
        sine = turn.sine
        observation[0] = Float(turn.cosine)
        observation[1] = Float(turn.sine)
        observation[2] = Float(velocity)
    }

    func save(to writer: inout StateWriter) {
        writer.write(angle)
        writer.write(velocity)
        writer.write(torque)
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        angle = try reader.readFinite()
        sine = sin(angle)
        velocity = try reader.readFinite()
        torque = min(max(try reader.readFloat(), -Self.maxTorque), Self.maxTorque)
    }
}

extension Pendulum: Drawn {
    var frameSize: (width: Int, height: Int) { (500, 500) }

    func draw(on canvas: Canvas) {
        let middle = Point(250, 250)
        let length = 500 / 4.4
        canvas.circle(middle, radius: length + 11, Color(0xf4f4f4))
        canvas.within(middle, angle: -angle) {
            canvas.line([Point(0, 0), Point(0, -length)], width: 0.2 * length, Color(0xcc4d4d))
        }
        drawTorque(on: canvas, middle)
        canvas.circle(middle, radius: 0.05 * length, .black)
    }

    /// An arrow around the axle, as wide as the torque is strong.
    private func drawTorque(on canvas: Canvas, _ middle: Point) {
        let radius = 28 * Double(abs(torque))
        guard radius > 1 else { return }
        let grey = Color(0x3a3a3a, alpha: 0.8)
        // A positive torque turns against the clock; mirrored, the same arrow shows it.
        canvas.within(middle, scaleX: torque > 0 ? -1 : 1) {
            canvas.arc(Point(0, 0), radius: radius, from: -2.2, to: 0.6, width: 3, grey)
            canvas.within(Point(radius * cos(0.6), radius * sin(0.6)), angle: 0.6) {
                let tip = 4 + radius / 8
                canvas.polygon([Point(-tip, 0), Point(tip, 0), Point(0, 1.5 * tip)], grey)
            }
        }
    }
}
