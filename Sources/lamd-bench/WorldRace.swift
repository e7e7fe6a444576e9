import CReference
import Environments
import Foundation
import Gym

/// Steps a second of the classic worlds beside a loop in C that does the same, and on two threads beside one.
struct WorldRace {
    private static let count = 1_024
    private static let worlds: [(id: String, kind: reference_kind)] = [
        ("CartPole-v1", REFERENCE_CART_POLE), ("MountainCar-v0", REFERENCE_MOUNTAIN_CAR),
        ("MountainCarContinuous-v0", REFERENCE_MOUNTAIN_CAR_CONTINUOUS), ("Pendulum-v1", REFERENCE_PENDULUM),
        ("Acrobot-v1", REFERENCE_ACROBOT),
    ]
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func table(where isAsked: (String) -> Bool) throws -> FigureTable {
        var table = FigureTable(
            "worlds-c", title: "Worlds: environment steps/s beside a loop in C, one thread",
            note: """
                \(Self.count) environments under next_step, sampled actions. Rates a second of a core; medians of turns \
                (A B A B), ratios of pairs. The \
                loop in C gives the same bits, and keeps flags, time limits and episodes' statistics as lamd does. Two \
                threads step a vector each.
                """,
            columns: [
                .init(title: "world"), .init(title: "lamd", digits: 0), .init(title: "C", digits: 0),
                .init(title: "ratio", digits: 2), .init(title: "two threads / one", digits: 2),
            ])
        for world in Self.worlds where isAsked(world.id) {
            let (race, threads) = try measure(world.id, world.kind)
            table.add([
                .text(world.id), .number(race.rate(0)), .number(race.rate(1)), .number(race.ratio(0, to: 1)),
                .number(threads.ratio(0, to: 1)),
            ])
        }
        return table
    }

    private func measure(_ id: String, _ kind: reference_kind) throws -> (race: Race, threads: Race) {
        let spec = try Catalogue.worlds.spec(id)
        let ours = try Runner(spec, count: Self.count)
        let theirs = ReferenceVector(kind, count: Self.count, width: ours.width, seed: Runner.seed)
        // That it is the same work is not only said.
        for batch in ours.actions + ours.actions {
            try ours.vector.step(batch)
            theirs.step(batch)
            precondition(theirs.isAt(ours.vector), "\(id) in C is not what it is here")
        }
        let race = try settings.race([ours.rate, { theirs.rate(ours.actions, count: Self.count) }])
        let pair = try [ours, Runner(spec, count: Self.count)]
        return (race, try settings.race([{ try Runner.rate(of: pair) }, ours.rate]))
    }
}

/// A vector of lamd's with actions for it, which one thread at a time steps.
private final class Runner: @unchecked Sendable {
    static let seed: UInt64 = 1
    let vector: any VectorEnvironment
    let actions: [Lanes]
    let width: Int

    init(_ spec: EnvironmentSpec, count: Int) throws {
        vector = try spec.make(options: VectorOptions(count: count, autoreset: .nextStep, isShared: false))
        actions = WorldFigures.actions(of: vector)
        width = vector.observations.count / count
        try vector.reset(seed: Self.seed)
    }

    func rate() throws -> Double {
        try Stopwatch.rate(atLeast: Settings.turn, by: Stopwatch.own) {
            for batch in actions { try vector.step(batch) }
            return actions.count * vector.count
        }
    }

    /// What all of them do together, each on a thread of its own.
    static func rate(of runners: [Runner]) throws -> Double {
        var rates = [Double](repeating: 0, count: runners.count)
        rates.withUnsafeMutableBufferPointer { rates in
            nonisolated(unsafe) let rates = rates
            DispatchQueue.concurrentPerform(iterations: runners.count) { index in
                rates[index] = (try? runners[index].rate()) ?? 0
            }
        }
        return rates.reduce(0, +)
    }
}
