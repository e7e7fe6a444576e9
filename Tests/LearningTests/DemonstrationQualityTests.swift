import Gym
import Learning
import Testing

struct DemonstrationQualityTests {
    private let line = Space.box(Box(low: 0, high: 20, shape: [1]))
    private let two = Space.discrete(Discrete(2))

    private func episode(
        _ seen: [Float], _ done: [Int64], rewards: [Double]? = nil, masks: [Bool] = [], ends: Bool = true
    ) -> Trajectory {
        var truncations = Array(repeating: false, count: done.count)
        truncations[done.count - 1] = ends
        return Trajectory(
            observations: .float32(seen), actions: .int64(done), rewards: rewards ?? done.map { _ in 1 },
            terminations: Array(repeating: false, count: done.count), truncations: truncations, masks: masks)
    }

    private func quality(_ episodes: [Trajectory]) -> DemonstrationQuality {
        DemonstrationQuality(episodes, observation: line, action: two)
    }

    private func kinds(_ quality: DemonstrationQuality) -> [String] { quality.findings.map(\.kind) }

    @Test func `tells returns and lengths`() throws {
        let quality = quality([
            episode([0, 1, 2], [0, 1]), episode([3, 4, 5, 6, 7], [0, 1, 0, 1], rewards: [2, 2, 2, 2]),
        ])
        #expect((quality.episodes, quality.steps) == (2, 6))
        let returns = try #require(quality.returns)
        #expect([returns.mean, returns.standardDeviation, returns.minimum, returns.maximum] == [5, 3, 2, 8])
        #expect(try #require(quality.lengths).mean == 3)
        #expect((quality.terminated, quality.truncated) == (0, 2))
    }

    @Test func `of nothing says that there is nothing`() {
        let quality = quality([])
        #expect(quality.returns == nil)
        #expect(kinds(quality) == ["empty"])
        #expect(quality.findings[0].severity == .error)
    }

    @Test func `counts the cells of a bounded range, and of what was seen where there are no bounds`() {
        let bounded = quality([episode([0, 0.5, 1.5, 19.5, 20], [0, 1, 0, 1])]).observations[0]
        #expect((bounded.cells, bounded.cellsSeen) == (20, 3))
        let open = DemonstrationQuality(
            [episode([-1, 0, 1], [0, 1])], observation: .box(Box(low: -.infinity, high: .infinity, shape: [1])),
            action: two
        ).observations[0]
        #expect((open.seenLow, open.seenHigh, open.cellsSeen) == (-1, 1, 3))
    }

    @Test(arguments: [
        [0, Double.leastNonzeroMagnitude, 0], [-.greatestFiniteMagnitude, 0, .greatestFiniteMagnitude],
        [.greatestFiniteMagnitude, .greatestFiniteMagnitude, 0],
    ])
    func `takes numbers of every size`(_ seen: [Double]) {
        let episode = Trajectory(
            observations: .float64(seen), actions: .float64([seen[0], seen[1]]), rewards: [0, 0],
            terminations: [false, false], truncations: [false, true])
        let space = Space.box(Box(low: -.infinity, high: .infinity, shape: [1], dtype: .float64))
        let quality = DemonstrationQuality([episode], observation: space, action: space)
        #expect(quality.observations[0].cellsSeen >= 1)
        #expect(quality.findings.count < 10)
    }

    @Test func `counts the states of a finite world`() {
        let episode = Trajectory(
            observations: .int64([0, 4, 4, 8]), actions: .int64([1, 1, 1]), rewards: [0, 0, 1],
            terminations: [false, false, true], truncations: [false, false, false])
        let quality = DemonstrationQuality(
            [episode], observation: .discrete(Discrete(16)), action: .discrete(Discrete(4)))
        let states = quality.observations[0]
        #expect((states.cells, states.cellsSeen, states.isCategory) == (16, 3, true))
        #expect(states.share == 3.0 / 16)
        #expect(kinds(quality).contains("narrow_coverage"))
    }

    @Test func `finds copies of episodes and of steps`() {
        let one = episode([0, 1, 2, 3], [0, 1, 0])
        let quality = quality([one, one, episode([0, 1, 9], [0, 1])])
        #expect(quality.duplicateEpisodes == 1)
        // The second episode's three steps, and the third one's first.
        #expect(quality.duplicateSteps == 4)
        #expect(kinds(quality).contains("duplicate_episodes"))
    }

    @Test func `a seed makes no difference between copies`() {
        var other = episode([0, 1], [0])
        other.seed = 7
        #expect(quality([episode([0, 1], [0]), other]).duplicateEpisodes == 1)
    }

    @Test func `finds what cannot be imitated`() {
        // In observation 5: action 0 three times, action 1 once; in 6 always the same.
        let quality = quality([episode([5, 5, 5, 5, 6, 6, 7], [0, 0, 1, 0, 1, 1])])
        #expect(quality.contradictions.observations == 1)
        #expect(quality.contradictions.share == 1.0 / 6)
        #expect(kinds(quality).contains("contradictions"))
    }

    @Test func `finds wavering where no two observations are the same`() {
        let seen: [Float] = (0..<41).map { 5 + Float($0) * 0.0001 }
        let quality = quality([episode(seen, (0..<40).map { $0 % 2 })])
        #expect(quality.contradictions.observations == 0)
        #expect(quality.roundedContradictions.observations == 1 && quality.roundedContradictions.share == 0.5)
        #expect(kinds(quality).contains("close_contradictions"))
    }

    @Test func `continuous actions contradict each other only where they are far apart`() {
        func quality(_ done: [Float]) -> DemonstrationQuality {
            let episode = Trajectory(
                observations: .float32([1, 1, 1]), actions: .float32(done), rewards: [0, 0],
                terminations: [false, false], truncations: [false, true])
            return DemonstrationQuality(
                [episode], observation: line, action: .box(Box(low: -1, high: 1, shape: [1])))
        }
        #expect(quality([0.51, 0.52]).contradictions.observations == 0)
        #expect(quality([0.51, -0.52]).contradictions.observations == 1)
    }

    @Test func `says which actions rule, and which never come`() {
        let episode = Trajectory(
            observations: .float32((0...20).map { Float($0) }), actions: .int64(Array(repeating: 7, count: 19) + [6]),
            rewards: Array(repeating: 0, count: 20), terminations: Array(repeating: false, count: 20),
            truncations: Array(repeating: false, count: 19) + [true])
        let quality = DemonstrationQuality(
            [episode], observation: line, action: .discrete(Discrete(4, start: 5)))
        let action = quality.actions[0]
        #expect(action.shares == [0, 0.05, 0.95, 0])
        #expect((action.mostFrequent, action.mostFrequentShare, action.cellsSeen) == (7, 0.95, 2))
        #expect(kinds(quality).contains("imbalance") && kinds(quality).contains("never_taken"))
    }

    @Test func `finds values outside the space and actions that were not allowed`() {
        let masks = [true, true, false, true, true, true]
        let quality = quality([episode([-3, 25, 1], [1, 0], masks: masks)])
        #expect(quality.observations[0].outside == 2)
        #expect((quality.observations[0].seenLow, quality.observations[0].seenHigh) == (-3, 25))
        #expect(quality.disallowed == 1)
        #expect(kinds(quality).contains("outside_bounds") && kinds(quality).contains("disallowed_actions"))
    }

    @Test func `finds episodes without an end`() {
        #expect(kinds(quality([episode([0, 1], [0], ends: false)])).contains("unfinished_episodes"))
        #expect(!kinds(quality([episode([0, 1], [0])])).contains("unfinished_episodes"))
    }

    @Test func `has nothing to say against a good set`() {
        // A rule that leaves nothing open, twelve times from other places over the whole range.
        let episodes = (0..<12).map { start -> Trajectory in
            let seen = (0...20).map { (Float($0) + Float(start) / 12).truncatingRemainder(dividingBy: 20) }
            return episode(seen, seen.dropLast().map { $0 < 10 ? 1 : 0 })
        }
        #expect(quality(episodes).findings == [])
    }

    @Test func `names the parts of a structured observation`() {
        let space = Space.dict(
            Dict([
                .init("a/b", .box(Box(low: 0, high: 1, shape: [2, 1]))), .init("z", .multiBinary(MultiBinary(2))),
                .init("t", .tuple(Tuple([.discrete(Discrete(3))]))),
            ]))
        let width = space.layout?.count ?? 0
        let episode = Trajectory(
            observations: Lanes(space.layout?.element ?? .float64, count: 2 * width), actions: .int64([0]),
            rewards: [0],
            terminations: [true], truncations: [false])
        let quality = DemonstrationQuality([episode], observation: space, action: two)
        #expect(quality.observations.map(\.pointer) == ["/a~1b/0/0", "/a~1b/1/0", "/z/0", "/z/1", "/t/0"])
        #expect(quality.observations.map(\.isCategory) == [false, false, true, true, true])
    }

    @Test func `every sentence is one`() {
        let wild = quality([episode([-3, -3, -3], [1, 0], masks: [true, false, true, true, true, true], ends: false)])
        #expect(wild.findings.count >= 5)
        for finding in wild.findings {
            #expect(finding.sentence.hasSuffix(".") && finding.sentence.first?.isWhitespace == false, "\(finding)")
        }
    }
}
