import Drawing
import Glibc
import Gym

/// An agent in a square field that is to stop within a target: it accelerates, turns or brakes, and says how much.
///
/// After Moving-v0 of T. Hirtz, "gym-hybrid", 2022, by the description in its README. The same: the field of side 2, the
/// target of radius 0.1, the three actions and two parameters (each heeds its own, braking none), the ten numbers of the
/// state in their order, the reward, the three ends, the defaults of the keyword arguments, and no inertia (the agent
/// moves where it heads). The README does not say, and here it is so: an acceleration from 0 to 1 and a turn from -1 to 1
/// are shares of the largest; braking takes 0.1 off the speed; agent and target begin anywhere in the field, the agent
/// at rest; the step that an end comes with is rewarded like any other besides.
struct HybridMoving: Environment {
    static let specs = [
        EnvironmentSpec(
            id: "HybridMoving-v0", summary: "Stop within a target: accelerate, turn or brake, and say how much.",
            maxEpisodeSteps: nil,
            parameters: [
                .init("max_turn", default: .double(.pi / 2), "The largest turn in a step, in radians."),
                .init("max_acceleration", default: 0.5, "The most that a step adds to the speed."),
                .init("delta_t", default: 0.005, "How far a speed of 1 gets in a step."),
                .init("max_step", default: 200, "After how many steps the episode ends."),
                .init("penalty", default: 0.001, "What each step costs."),
            ]
        ) { keywords throws(EnvironmentError) in try HybridMoving(keywords) }
    ]

    static let radius = 0.1
    static let brake = 0.1

    typealias Observation = Float
    /// Of a Tuple of integers and reals.
    typealias Action = Double

    private let maxTurn: Double
    private let maxAcceleration: Double
    private let timeStep: Double
    private let maxSteps: Int
    private let penalty: Double
    private var place = Point(0, 0)
    private var target = Point(0, 0)
    private var speed = 0.0
    /// In radians, 0 to the right.
    private var heading = 0.0
    private var steps = 0

    init(_ keywords: Keywords) throws(EnvironmentError) {
        maxTurn = try keywords.double("max_turn", in: 0...10)
        maxAcceleration = try keywords.double("max_acceleration", in: 0...1_000)
        timeStep = try keywords.double("delta_t", in: 0...1_000)
        maxSteps = try keywords.int("max_step", in: 1...1_000_000)
        penalty = try keywords.double("penalty", in: -1_000...1_000)
    }

    private var maxSpeed: Double { maxAcceleration * Double(maxSteps) }
    /// How far out the last step may lead.
    private var edge: Double { 1 + maxSpeed * timeStep }

    var hasInfo: Bool { false }
    var actionSpace: Space {
        .tuple(Tuple([.discrete(Discrete(3)), .box(Box(low: [0, -1], high: [1, 1], shape: [2]))]))
    }

    var observationSpace: Space {
        let low = [-edge, -edge, 0, -1, -1, -1, -1, 0, 0, 0]
        let high = [edge, edge, maxSpeed, 1, 1, 1, 1, 2 * (1 + edge), 1, 1]
        return .box(Box(low: low, high: high, shape: [10]))
    }

    private var distance: Double { hypot(target.x - place.x, target.y - place.y) }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        _ = try ResetOptions(options)
        place = Point(random.uniform(-1, 1), random.uniform(-1, 1))
        target = Point(random.uniform(-1, 1), random.uniform(-1, 1))
        heading = random.uniform(-.pi, .pi)
        speed = 0
        steps = 0
        observe(&observation)
    }

    mutating func step(
        _ action: Span<Double>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        let before = distance
        switch action[0] {
        case 0: speed += maxAcceleration * min(max(action[1], 0), 1)
        case 1: heading += maxTurn * min(max(action[2], -1), 1)
        default: speed = max(0, speed - Self.brake)
        }
        // Acceleration alone cannot pass this; a step limit from outside may let it.
        speed = min(speed, maxSpeed)
        place = Point(place.x + speed * timeStep * cos(heading), place.y + speed * timeStep * sin(heading))
        steps += 1
        observe(&observation)
        let isThere = distance <= Self.radius && speed == 0
        let isLost = !isThere && (abs(place.x) > 1 || abs(place.y) > 1 || steps >= maxSteps)
        let reward = before - distance - penalty + (isThere ? 1 : 0) - (isLost ? 1 : 0)
        return Step(reward: reward, terminated: isThere || isLost)
    }

    private func observe(_ observation: inout MutableSpan<Float>) {
        let distance = distance
        let values = [
            place.x, place.y, speed, cos(heading), sin(heading), target.x, target.y, distance,
            distance <= Self.radius ? 1 : 0, Double(steps) / Double(maxSteps),
        ]
        for (lane, value) in values.enumerated() { observation[lane] = Float(value) }
    }

    func save(to writer: inout StateWriter) {
        for value in [place.x, place.y, target.x, target.y, speed, heading] { writer.write(value) }
        writer.write(steps)
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        place = Point(try reader.readNumber(in: -edge...edge), try reader.readNumber(in: -edge...edge))
        target = Point(try reader.readNumber(in: -1...1), try reader.readNumber(in: -1...1))
        speed = try reader.readNumber(in: 0...maxSpeed)
        heading = try reader.readFinite()
        steps = try reader.readInt(in: 0..<maxSteps + 1)
    }
}

extension HybridMoving: Drawn {
    var frameSize: (width: Int, height: Int) { (400, 400) }

    private static func place(_ point: Point) -> Point { Point(200 + 180 * point.x, 200 - 180 * point.y) }

    func draw(on canvas: Canvas) {
        canvas.rectangle(x: 0, y: 0, width: 400, height: 400, Color(0x6f6a62))
        canvas.rectangle(x: 20, y: 20, width: 360, height: 360, radius: 4, Color(0xdfe9d8))
        let goal = Self.place(target)
        canvas.circle(goal, radius: 180 * Self.radius, Color(0xcc4d4d, alpha: 0.8))
        canvas.circle(goal, radius: 90 * Self.radius, Color(0xffffff, alpha: 0.8))
        canvas.within(Self.place(place), angle: -heading) {
            // The wake says how fast.
            let wake = -6 - 40 * speed * timeStep / (0.02 + speed * timeStep)
            if speed > 0 { canvas.line([Point(-6, 0), Point(wake, 0)], width: 3, Color(0x3f6fd0, alpha: 0.4)) }
            canvas.polygon([Point(11, 0), Point(-7, -8), Point(-4, 0), Point(-7, 8)], Color(0x2d3e57))
        }
        canvas.rectangle(x: 20, y: 386, width: 360 * (1 - Double(steps) / Double(maxSteps)), height: 6, Color(0xe0b92f))
    }
}
