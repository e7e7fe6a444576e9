import Drawing
import Glibc
import Gym

/// The hill of both mountain cars, and its picture.
struct Hill {
    static let positions = -1.2...0.6
    static let maxSpeed = 0.07
    static let observationSpace = Space.box(
        Box(low: [positions.lowerBound, -maxSpeed], high: [positions.upperBound, maxSpeed], shape: [2]))
    static let goalVelocity = EnvironmentSpec.Parameter(
        "goal_velocity", default: 0.0, "The least velocity with which the goal counts.")

    /// Positions on the hill.
    let car: Double
    let goal: Double

    private static let scale = 600 / 1.8

    /// On the canvas, `lift` pixels above the hill.
    private func point(_ position: Double, lift: Double = 0) -> Point {
        Point((position + 1.2) * Self.scale, 400 - (sin(3 * position) * 0.45 + 0.55) * Self.scale - lift)
    }

    func draw(on canvas: Canvas) {
        let ridge = (0...100).map { point(-1.2 + 1.8 * Double($0) / 100) }
        canvas.polygon(ridge + [Point(600, 400), Point(0, 400)], Color(0xe6efdf))
        canvas.line(ridge, width: 2, Color(0x4a5d3a))
        drawFlag(on: canvas)
        drawCar(on: canvas)
    }

    private func drawFlag(on canvas: Canvas) {
        let foot = point(goal)
        canvas.line([foot, Point(foot.x, foot.y - 50)], width: 2, .black)
        canvas.polygon(
            [Point(foot.x, foot.y - 50), Point(foot.x, foot.y - 38), Point(foot.x + 25, foot.y - 44)], Color(0xcccc00))
    }

    private func drawCar(on canvas: Canvas) {
        canvas.within(point(car, lift: 10), angle: -cos(3 * car)) {
            canvas.rectangle(x: -20, y: -20, width: 40, height: 20, radius: 4, Color(0x2b2b2b))
            canvas.rectangle(x: -2, y: -16, width: 16, height: 8, radius: 2, Color(0xb8d4e8))
            for x in [-10.0, 10] {
                canvas.circle(Point(x, 0), radius: 8, Color(0x808080))
                canvas.circle(Point(x, 0), radius: 3, Color(0xd0d0d0))
            }
        }
    }
}

/// A world whose picture is the hill.
protocol HillDrawn: Drawn {
    var hill: Hill { get }
}

extension HillDrawn {
    var frameSize: (width: Int, height: Int) { (600, 400) }

    func draw(on canvas: Canvas) { hill.draw(on: canvas) }
}
