import Gym
import Learning
import Testing

@Suite struct ActionIndexTests {
    private static let count = 10_000
    private static let rows = 200
    private let world = Throwing(count: count)
    private let policy: Policy
    private let observations: Lanes

    init() throws {
        policy = try EnvironmentRequest(Throwing.spec(Self.count)).learner(["exploration": ["final": 0.0]]).policy
        var random = RandomGenerator(seed: 3)
        observations = .float32((0..<2 * Self.rows).map { _ in 2 * random.randomFloat() - 1 })
    }

    private func decide(_ policy: Policy, masks: [Bool] = [], isExact: Bool = false) throws -> Decisions {
        var random = RandomGenerator(seed: 4)
        return try policy.decide(observations, rows: Self.rows, masks: masks, isExact: isExact, random: &random)
    }

    private func index(_ policy: Policy, after previous: ActionIndex? = nil) throws -> ActionIndex {
        try #require(try policy.makeIndex(recall: 0.95, after: previous) { _ in true })
    }

    private func agreement(_ one: Decisions, _ other: Decisions) -> Double {
        Double((0..<Self.rows).count { one.actions.integer($0) == other.actions.integer($0) }) / Double(Self.rows)
    }

    @Test func `answers nearly as exact search does, and only where that will do`() throws {
        #expect(try !decide(policy).isApproximate)
        let index = try index(policy)
        #expect(index.recall >= 0.95 && index.byteCount > Self.count * 32 * 4)
        policy.answer(by: index)
        let (quick, exact) = (try decide(policy), try decide(policy, isExact: true))
        #expect(quick.isApproximate && !exact.isApproximate)
        #expect(agreement(quick, exact) > 0.9)
        let masked = try decide(policy, masks: Array(repeating: true, count: Self.rows * Self.count))
        #expect(!masked.isApproximate && masked.actions == exact.actions)

        var found = 0
        for row in 0..<Self.rows {
            let best = policy.ranking(exact, row: row, count: 10).map { $0.action.integer(0) }
            let ranking = policy.ranking(quick, row: row, count: 10)
            found += Set(best).intersection(ranking.map { $0.action.integer(0) }).count
            for ranked in ranking {
                let value = exact.values[row * Self.count + Int(ranked.action.integer(0))]
                #expect(abs(ranked.score - value) <= 1e-4 * max(1, abs(value)))
            }
            let more = policy.ranking(quick, row: row, count: 11).map { $0.action.integer(0) }
            #expect(more == policy.ranking(exact, row: row, count: 11).map { $0.action.integer(0) })
        }
        #expect(Double(found) / Double(10 * Self.rows) >= 0.9)

        policy.answer(by: nil)
        #expect(try !decide(policy).isApproximate)
    }

    @Test func `follows a catalogue that changes, and is laid anew where much of it does`() throws {
        let index = try index(policy)
        policy.answer(by: index)
        let best = try decide(policy, isExact: true)
        var catalogue = world.places
        for row in 0..<20 { catalogue.withdraw(Int(best.actions.integer(row))) }
        // Two new ones, farther out than any other.
        catalogue.set(Self.count, to: [1.1, 1.1])
        catalogue.set(Self.count + 1, to: [-1.1, 1.1])
        let changed = policy.with(catalogue)
        #expect(try !decide(changed).isApproximate, "until it is mended")
        let mended = try self.index(changed, after: index)
        #expect(mended.isLaid(for: changed) && min(mended.recall, mended.bestRecall) >= 0.95)
        changed.answer(by: mended)
        let (quick, exact) = (try decide(changed), try decide(changed, isExact: true))
        #expect(quick.isApproximate && agreement(quick, exact) > 0.9)
        for row in 0..<Self.rows { #expect(!catalogue.isWithdrawn(Int(quick.actions.integer(row)))) }
        #expect((0..<Self.rows).contains { exact.actions.integer($0) >= Self.count })
        #expect((0..<Self.rows).contains { quick.actions.integer($0) >= Self.count })
        // Who still has the policy of before gets only what it knows.
        let former = try decide(policy)
        for row in 0..<Self.rows { #expect(former.actions.integer(row) < Self.count) }

        var most = catalogue
        for member in 0..<Self.count / 2 { most.withdraw(member) }
        let later = policy.with(most)
        let anew = try self.index(later, after: mended)
        #expect(anew.recall >= 0.95)
        later.answer(by: anew)
        #expect(agreement(try decide(later), try decide(later, isExact: true)) > 0.9)
    }

    @Test func `stops where nobody wants it any more, and says what it cannot reach`() throws {
        #expect(throws: (any Error).self) { try policy.makeIndex(recall: 0.95, after: nil) { $0 < 1_000 } }
        let best = try #require(try policy.makeIndex(recall: 2, after: nil) { _ in true })
        #expect(best.effort == 512 && best.recall <= 1)
        let taxi = try EnvironmentRequest(Throwing.spec(100, showsFeatures: false)).learner([:]).policy
        #expect(try taxi.makeIndex(recall: 0.5, after: nil) { _ in true } == nil)
    }
}
