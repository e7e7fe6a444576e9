import Drawing
import Gym

/// The smallest world worth learning: a car at a crossing with a traffic light.
///
/// Two states: 0, the light is green and the way is free; 1, it is red and people are on the crossing. Two actions:
/// 0, wait; 1, go.
///
/// | state | action | reward | then |
/// |---|---|---|---|
/// | 0 green | 0 wait | 0 | the light is green or red, one half each |
/// | 0 green | 1 go | 1 | at the next crossing: green or red, one half each |
/// | 1 red | 0 wait | 0 | green or red, one half each |
/// | 1 red | 1 go | -1 | an accident: the episode ends |
///
/// It begins green or red, one half each, and is truncated after 100 steps.
///
/// **Exact solution.** Go on green, wait on red. With discount γ < 1, since the light does not heed the car,
/// V(1) = γ / (2 (1 − γ)) and V(0) = 1 + V(1); Q(0, go) = V(0), Q(1, wait) = Q(0, wait) = V(1), Q(1, go) = −1. For
/// γ = 0.99: V = (50.5, 49.5), and Q = 50.5 for going on green, 49.5 for waiting, -1 for going on red. With k steps
/// left and no discount, V(0) = (k + 1) / 2 and V(1) = (k − 1) / 2: an episode of 100 steps is worth 50 on average,
/// with a standard deviation of 5. For a policy that chooses by tossing a coin, V(0) = 1/2 where γ = 0.
struct Crossing: TableWorld {
    static let specs = [
        EnvironmentSpec(
            id: "Crossing-v0", summary: "Go when the light is green, wait when it is red.", maxEpisodeSteps: 100,
            rewardThreshold: 48, renderModes: [.svg, .png, .ansi, .rgbArray], renderFPS: 4
        ) { _ throws(EnvironmentError) in Crossing() }
    ]

    var walk: TableWalk

    init() {
        func light(reward: Double) -> [TransitionTable.Outcome] {
            (0..<2).map { .init(probability: 0.5, next: $0, reward: reward, terminated: false) }
        }
        let accident = TransitionTable.Outcome(probability: 1, next: 1, reward: -1, terminated: true)
        walk = TableWalk(
            TransitionTable(
                outcomes: [[light(reward: 0), light(reward: 1)], [light(reward: 0), [accident]]], initial: [0.5, 0.5]))
    }

    private var isRed: Bool { walk.state == 1 }

    var text: String? {
        let light = isRed ? Terminal.red.paint("red") : Terminal.green.paint("green")
        let action = walk.lastAction.map { "  (\(["Wait", "Go"][$0]))" } ?? ""
        return "\(action)\n\(light)\(isRed ? ", people on the crossing" : ", the way is free")\n"
    }
}

extension Crossing {
    var frameSize: (width: Int, height: Int) { (480, 320) }

    func draw(on canvas: Canvas) {
        canvas.rectangle(x: 0, y: 0, width: 480, height: 320, Color(0xdfe9d8))
        canvas.rectangle(x: 0, y: 130, width: 480, height: 120, Color(0x5c6068))
        for x in stride(from: 10.0, to: 220, by: 50) {
            canvas.rectangle(x: x, y: 188, width: 28, height: 4, Color(0xe8e8e8))
        }
        for y in stride(from: 136.0, to: 244, by: 24) {
            canvas.rectangle(x: 270, y: y, width: 90, height: 12, Color(0xf4f4f4))
        }
        if isRed {
            for (x, y) in [(295.0, 165.0), (325, 205)] { Sprite.person(at: Point(x, y), on: canvas) }
        }
        drawCar(on: canvas)
        drawLight(on: canvas)
    }

    private func drawCar(on canvas: Canvas) {
        canvas.within(Point(180, 220)) {
            for (x, y) in [(-26.0, -19.0), (26, -19), (-26, 19), (26, 19)] {
                canvas.rectangle(x: x - 9, y: y - 4, width: 18, height: 8, radius: 3, Color(0x2b2b2b))
            }
            canvas.rectangle(x: -44, y: -20, width: 88, height: 40, radius: 12, Color(0x3f6fd0))
            canvas.rectangle(x: 6, y: -15, width: 16, height: 30, radius: 5, Color(0xcfe3f5))
            canvas.rectangle(x: -32, y: -14, width: 10, height: 28, radius: 4, Color(0xcfe3f5))
        }
    }

    private func drawLight(on canvas: Canvas) {
        canvas.line([Point(240, 126), Point(240, 70)], width: 6, Color(0x3a3a3a))
        canvas.rectangle(x: 218, y: 12, width: 44, height: 84, radius: 10, Color(0x2b2b2b))
        canvas.circle(Point(240, 34), radius: 15, Color(isRed ? 0xf0453a : 0x55302d))
        canvas.circle(Point(240, 74), radius: 15, Color(isRed ? 0x2d4a33 : 0x3fd06a))
    }
}
