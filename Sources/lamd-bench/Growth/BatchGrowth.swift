import Environments
import Gym

/// What a step of one environment costs in a batch of many.
struct BatchGrowth {
    private static let sizes = [1, 128, 1_024, 8_192, 65_536]
    /// Environment steps of one round over HTTP, and requests at least and at most.
    private static let steps = 131_072
    private static let requests = 2...2_000
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func series() throws -> [Series] {
        let large = "the largest batch lies in no core's cache"
        let pieces = """
            what a batch costs at all is shared by few at first; at last a request comes in many pieces, and its reply lies in \
            no core's cache
            """
        return [
            Series(
                "environments", "each further one's step, in process", in: "CPU ns", reason: large, sizes: Self.sizes,
                amounts: Self.sizes.map(Double.init), totals: try inProcess()),
            Series(
                "environments", "each further one's step, over HTTP", in: "CPU ns",
                reason: pieces, sizes: Self.sizes, amounts: Self.sizes.map(Double.init), totals: try overHTTP()),
        ]
    }

    /// What a step of all costs.
    private func inProcess() throws -> [Double] {
        let runners = try Self.sizes.map { count in
            let vector = try Catalogue.worlds.spec("CartPole-v1").make(
                options: VectorOptions(count: count, autoreset: .sameStep, isShared: false))
            let actions = WorldFigures.actions(of: vector, batches: 16)
            try vector.reset(seed: 1)
            return {
                try Stopwatch.rate(atLeast: Settings.turn, by: Stopwatch.own) {
                    for batch in actions { try vector.step(batch) }
                    return actions.count * count
                }
            }
        }
        let race = try settings.race(runners)
        return zip(Self.sizes, runners.indices).map { 1e9 * Double($0) / race.rate($1) }
    }

    /// What a step of all costs, as tensors there and back.
    private func overHTTP() throws -> [Double] {
        let lamd = try ServerProcess.lamd(settings.lamd, core: settings.serverCore)
        defer { lamd.stop() }
        let connection = try KeptConnection(port: lamd.client.port)
        let steps = try Self.sizes.map { try TensorStep(lamd.client, count: $0) }
        return try settings.medians(settings.rounds) { _ in
            try steps.map { step in
                let requests = (Self.steps / step.count).clamped(to: Self.requests)
                return try lamd.cpuMicroseconds(each: requests) {
                    for _ in 0..<requests { try connection.exchange(step.request, replies: 1) }
                } * 1e3
            }
        }
    }
}

extension Int {
    fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
