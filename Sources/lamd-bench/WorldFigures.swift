import Environments
import Gym

/// Steps a second of each world, as sessions and training step it: through `any VectorEnvironment`.
struct WorldFigures {
    private static let counts = [1, 64, 1024]
    /// Batches of actions that are drawn beforehand.
    static let batches = 64
    private let settings: Settings
    private let only: [String]

    /// - Parameter only: the ids of the worlds to be measured; all where there are none.
    init(_ settings: Settings, only: [String] = []) {
        self.settings = settings
        self.only = only
    }

    func tables() throws -> [FigureTable] {
        var table = FigureTable(
            "worlds", title: "Worlds: environment steps/s in process, one thread",
            note: """
                Sampled actions, episodes restarted in the step that ends them; medians of \(settings.runs) runs of at \
                least 0.2 s.
                """,
            columns: [.init(title: "world")]
                + Self.counts.map { .init(title: "\($0.description) at once", digits: 0) })
        for id in Self.newest where isAsked(id) {
            let spec = try Catalogue.worlds.spec(id)
            table.add([.text(id)] + (try Self.counts.map { .number(try rate(spec, count: $0)) }))
        }
        return [table, try WorldRace(settings).table(where: isAsked)]
    }

    private func isAsked(_ id: String) -> Bool { only.isEmpty || only.contains(id) }

    /// The newest version of each world.
    private static var newest: [String] {
        let ids = Catalogue.worlds.specs.map(\.id)
        func name(_ id: String) -> Substring { id.prefix(upTo: id.lastIndex(of: "-") ?? id.endIndex) }
        return ids.filter { id in !ids.contains { name($0) == name(id) && $0 > id } }
    }

    private func rate(_ spec: EnvironmentSpec, count: Int) throws -> Double {
        let vector = try spec.make(options: VectorOptions(count: count, autoreset: .sameStep, isShared: false))
        let actions = Self.actions(of: vector)
        try vector.reset(seed: 1)
        return try settings.median {
            try Stopwatch.rate(atLeast: .milliseconds(200)) {
                for batch in actions { try vector.step(batch) }
                return actions.count * count
            }
        }
    }

    static func actions(of vector: any VectorEnvironment, batches: Int = batches) -> [Lanes] {
        guard let layout = vector.actionSpace.layout else { preconditionFailure("a world's actions have a layout") }
        var sampler = SpaceSampler(vector.actionSpace, seed: 1)
        return (0..<batches).map { _ in
            var writer = LaneWriter(Lanes(layout.element, count: vector.count * layout.count))
            for _ in 0..<vector.count { sampler.sample(into: &writer) }
            return writer.lanes
        }
    }
}
