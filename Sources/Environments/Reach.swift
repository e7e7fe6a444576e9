import Drawing
import Glibc
import Gym

/// An arm in the plane that reaches for a target, every joint turned at once: with its 12 joints of 10 turns each there
/// are 10¹² joint actions.
///
/// The arm has length 1, as many links as joints, all alike. Joint j, relative to the link before it, turns by
/// 0.05 · (2 aⱼ / (bins − 1) − 1) radians; reward is minus the tip's distance from the target after that. Each episode
/// begins with angles within ±1 radian and a target anywhere within the arm's length.
///
/// Observation: the cosines of the links' directions, their sines, the target, the tip.
struct Reach: Environment {
    static let specs = [
        EnvironmentSpec(
            id: "Reach-v0", summary: "Reach a target with an arm of many joints, all of them moved at once.",
            maxEpisodeSteps: 50,
            parameters: [
                .init("joints", default: 12, "How many joints the arm has."),
                .init("bins", default: 10, "How many turns each joint chooses from."),
            ]
        ) { keywords throws(EnvironmentError) in
            Reach(joints: try keywords.int("joints", in: 1...64), bins: try keywords.int("bins", in: 2...1_000))
        }
    ]

    /// The most that a joint turns in a step, in radians.
    static let maxTurn = 0.05
    private static let maxFirstAngle = 1.0

    typealias Observation = Float
    typealias Action = Int64

    private let bins: Int
    /// Of each joint, relative to the link before it.
    private var angles: [Double]
    private var target = Point(0, 0)

    init(joints: Int, bins: Int) {
        self.bins = bins
        angles = Array(repeating: 0, count: joints)
    }

    private var joints: Int { angles.count }

    var observationSpace: Space { .box(Box(low: -1, high: 1, shape: [2 * joints + 4])) }
    var hasInfo: Bool { false }
    var actionSpace: Space { .multiDiscrete(MultiDiscrete(Array(repeating: bins, count: joints))) }

    mutating func reset(
        options: Value?, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) throws(EnvironmentError) {
        _ = try ResetOptions(options)
        for joint in angles.indices { angles[joint] = random.uniform(-Self.maxFirstAngle, Self.maxFirstAngle) }
        // The root makes every part of the disc alike.
        let distance = random.random().squareRoot()
        let direction = random.uniform(-.pi, .pi)
        target = Point(distance * cos(direction), distance * sin(direction))
        _ = observe(&observation)
    }

    mutating func step(
        _ action: Span<Int64>, random: inout RandomGenerator, observation: inout MutableSpan<Float>
    ) -> Step {
        for joint in angles.indices {
            angles[joint] += Self.maxTurn * (2 * Double(action[joint]) / Double(bins - 1) - 1)
        }
        let tip = observe(&observation)
        return Step(reward: -hypot(tip.x - target.x, tip.y - target.y))
    }

    /// - Returns: where the tip is.
    private func observe(_ observation: inout MutableSpan<Float>) -> Point {
        var (direction, tip) = (0.0, Point(0, 0))
        for joint in angles.indices {
            direction += angles[joint]
            let (cosine, sine) = (cos(direction), sin(direction))
            observation[joint] = Float(cosine)
            observation[joints + joint] = Float(sine)
            tip = Point(tip.x + cosine / Double(joints), tip.y + sine / Double(joints))
        }
        for (lane, value) in [target.x, target.y, tip.x, tip.y].enumerated() {
            observation[2 * joints + lane] = Float(value)
        }
        return tip
    }

    func save(to writer: inout StateWriter) {
        angles.forEach { writer.write($0) }
        writer.write(target.x)
        writer.write(target.y)
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        for joint in angles.indices { angles[joint] = try reader.readFinite() }
        target = Point(try reader.readNumber(in: -1...1), try reader.readNumber(in: -1...1))
    }
}

extension Reach: Drawn {
    var frameSize: (width: Int, height: Int) { (500, 500) }

    private static func place(_ point: Point) -> Point { Point(250 + 225 * point.x, 250 - 225 * point.y) }

    func draw(on canvas: Canvas) {
        canvas.circle(Point(250, 250), radius: 225, Color(0xf4f4f4))
        let goal = Self.place(target)
        for (radius, color) in [(18.0, 0xcc4d4d), (12, 0xffffff), (6, 0xcc4d4d)] as [(Double, UInt32)] {
            canvas.circle(goal, radius: radius, Color(color))
        }
        var (direction, tip) = (0.0, Point(0, 0))
        var knees = [Self.place(tip)]
        for angle in angles {
            direction += angle
            tip = Point(tip.x + cos(direction) / Double(joints), tip.y + sin(direction) / Double(joints))
            knees.append(Self.place(tip))
        }
        canvas.line(knees, width: 9, Color(0x3f6fd0))
        for knee in knees.dropLast() { canvas.circle(knee, radius: 3, Color(0xcfe3f5)) }
        canvas.circle(knees[joints], radius: 7, Color(0x2b2b2b))
    }
}
