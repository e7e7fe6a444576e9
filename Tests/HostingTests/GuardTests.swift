import Gym
@testable import Hosting
import Testing

/// What guards let through: each rule by itself, and all of them together against chance.
struct GuardTests {
    private static let box = Space.box(Box(low: [-2, 0], high: [2, 10], shape: [2], dtype: .float32))
    private static let discrete = Space.discrete(Discrete(5, start: 3))

    private func sentry(_ value: Value, _ space: Space = Self.box) throws -> Sentry {
        Sentry(try GuardReader.read(value, for: space), counts: OutcomeCounts())
    }

    private func field(_ value: Value, _ space: Space = Self.box) -> String? {
        do {
            _ = try GuardReader.read(value, for: space)
            return nil
        } catch {
            guard case .invalid(let field, _) = error else { return "?" }
            return field
        }
    }

    @Test func `bounds bring actions to the nearest number that they let through`() throws {
        let sentry = try sentry(["bounds": ["low": [-1, nil], "high": 1]])
        let verdict = try sentry.judge(.float32([-2, 5, 0.5, 0.25]), [], ["", ""])
        #expect(verdict.served == .float32([-1, 1, 0.5, 0.25]))
        #expect(verdict.proposed == .float32([-2, 5, 0.5, 0.25]))
        #expect(verdict.outcomes == [.changed, .allowed] && verdict.rules == [.bounds, []])
    }

    @Test func `bounds between two numbers of the dtype are rounded to the inner one`() throws {
        let sentry = try sentry(["bounds": ["low": [-0.1, nil], "high": [0.1, 0.3]]])
        let served = Float.array(of: try sentry.judge(.float32([2, 10, -2, 0]), [], ["", ""]).served)
        #expect(Double(served[0]) <= 0.1 && Double(served[0].nextUp) > 0.1)
        #expect(Double(served[1]) <= 0.3 && Double(served[1].nextUp) > 0.3)
        #expect(Double(served[2]) >= -0.1 && Double(served[2].nextDown) < -0.1)
        // Neither is it beyond in the form that JSON tells it in: 0.7 for what is a little less.
        let near = try self.sentry(["bounds": ["high": 0.69999999]])
        let told = Float.array(of: try near.judge(.float32([2, 10]), [], [""]).served).compactMap { Double("\($0)") }
        #expect(told.count == 2 && told.allSatisfy { $0 <= 0.69999999 })
    }

    @Test func `integers that doubles do not tell apart are not guarded`() throws {
        func box(_ low: Double, _ high: Double) -> Space {
            .box(Box(low: [low], high: [high], shape: [1], dtype: .int64))
        }
        #expect(field(["max_change": 0], box(-0x1p63, 0)) == "")
        #expect(field(["max_change": 0], box(0, 0x1p54)) == "")
        let sentry = try sentry(["max_change": 1], box(-0x1p53, 0x1p53))
        _ = try sentry.judge(.int64([1 << 53]), [], [""])
        #expect(try sentry.judge(.int64([-(1 << 53)]), [], [""]).served == .int64([(1 << 53) - 1]))
    }

    @Test func `what was served before counts in its own episode, and bounds count more`() throws {
        let first = try sentry(["max_change": [0.5, nil]])
        #expect(try first.judge(.float32([2, 0]), [], ["a"]).served == .float32([2, 0]))
        #expect(try first.judge(.float32([-2, 10]), [], ["a"]).served == .float32([1.5, 10]))
        #expect(try first.judge(.float32([-2, 0]), [], ["b"]).served == .float32([-2, 0]))
        // In one batch row follows row.
        let batch = try first.judge(.float32([-2, 0, -2, 0]), [], ["a", "a"])
        #expect(batch.served == .float32([1, 0, 0.5, 0]) && batch.rules == [.change, .change])
        let second = Sentry(
            try GuardReader.read(["max_change": 0.5, "bounds": ["high": [-1, nil]]], for: Self.box),
            counts: OutcomeCounts(), after: first)
        let verdict = try second.judge(.float32([2, 0]), [], ["a"])
        #expect(verdict.served == .float32([-1, 0]) && verdict.rules == [.bounds.union(.change)])
    }

    @Test func `the fallback is gone to step by step`() throws {
        let sentry = try sentry(["max_change": 1, "budget": ["limit": 1, "window_s": 60], "fallback": [-2, 0]])
        #expect(try sentry.judge(.float32([2, 5]), [], [""]).outcomes == [.allowed])
        let verdict = try sentry.judge(.float32([2, 5]), [], [""])
        #expect(verdict.served == .float32([1, 4]) && verdict.outcomes == [.fallback])
        #expect(verdict.rules == [[.budget, .change]])
    }

    @Test func `within no window more is spent than the limit`() throws {
        let sentry = try sentry(["budget": ["limit": 10, "window_s": 8], "fallback": [0, 0]])
        var random = RandomGenerator(seed: 3)
        var (now, served) = (100.0, [Double]())
        for _ in 0..<5_000 {
            now += Double(random.random()) * 0.4
            let verdict = try sentry.judge(.float32([1, 1]), [], [""], now: now)
            if verdict.outcomes == [.allowed] { served.append(now) }
        }
        for (place, time) in served.enumerated() where place >= 10 { #expect(time - served[place - 10] > 8) }
        // And nearly as much as may be.
        #expect(Double(served.count) > 0.9 * (now - 100) / 8 * 10)
    }

    @Test func `a budget of magnitude sums what the numbers are apart from 0`() throws {
        let sentry = try sentry(["budget": ["limit": 4, "window_s": 60, "per": "magnitude"], "fallback": [0, 0]])
        let verdict = try sentry.judge(.float32([-1, 2, 1, 1, 0.5, 0.5]), [], ["", "", ""])
        #expect(verdict.outcomes == [.allowed, .fallback, .allowed])
    }

    @Test func `what is refused without a fallback changes nothing`() throws {
        let sentry = try sentry(["budget": ["limit": 2, "window_s": 60]])
        #expect(throws: HostingError.self) { try sentry.judge(.float32([1, 1, 1, 1, 1, 1]), [], ["", "", ""]) }
        #expect(try sentry.judge(.float32([1, 1, 1, 1]), [], ["", ""]).outcomes == [.allowed, .allowed])
        do {
            _ = try sentry.judge(.float32([1, 1]), [], [""])
            Issue.record("the budget is spent")
        } catch {
            guard case .refused(row: 0, rules: .budget) = error else { throw error }
        }
    }

    @Test func `what is no finite number never leaves`() throws {
        let sentry = try sentry(["max_change": 1, "fallback": [0, 0]])
        for number in [Float.nan, .infinity, -.infinity] {
            let verdict = try sentry.judge(.float32([number, 1]), [], [""])
            #expect(verdict.served == .float32([0, 0]) && verdict.rules == [.finite])
        }
        let none = try self.sentry(["max_change": 1])
        #expect(throws: HostingError.self) { try none.judge(.float32([.nan, 1]), [], [""]) }
    }

    @Test func `little confidence, and confidence that nobody knows, is refused`() throws {
        let sentry = try sentry(["confidence_floor": 0.5, "fallback": 4], Self.discrete)
        let verdict = try sentry.judge(.int64([3, 3, 3, 3]), [0.4, 0.5, nil, .nan], ["", "", "", ""])
        #expect(verdict.outcomes == [.fallback, .allowed, .fallback, .fallback])
        #expect(verdict.served == .int64([4, 3, 4, 4]))
    }

    @Test func `a list holds also against what a mask did not keep from being chosen`() throws {
        let sentry = try sentry(["allow": [3, 4, 5], "deny": [4], "fallback": 5], Self.discrete)
        let verdict = try sentry.judge(.int64([3, 4, 7]), [], ["", "", ""])
        #expect(verdict.served == .int64([3, 5, 5]) && verdict.rules == [[], .deny, .allow])
    }

    @Test func `in shadow mode the fallback is served, and the rules say what would have been`() throws {
        let sentry = try sentry(["mode": "shadow", "bounds": ["high": 1], "fallback": [0, 1]])
        let verdict = try sentry.judge(.float32([1, 1, 2, 1]), [], ["", ""])
        #expect(verdict.served == .float32([0, 1, 0, 1]) && verdict.proposed == .float32([1, 1, 2, 1]))
        #expect(verdict.outcomes == [.shadow, .shadow] && verdict.rules == [[], .bounds])
    }

    @Test func `limits of a Dict are nested as its actions are`() throws {
        let space = Space.dict(
            Dict([
                .init("gear", Self.discrete), .init("gas", .box(Box(low: 0, high: 1, shape: [2], dtype: .float32))),
            ]))
        let sentry = try sentry(
            [
                "bounds": ["high": ["gas": [0.5, nil]]], "deny": ["gear": [7]],
                "fallback": ["gear": 3, "gas": [0, 0]],
            ],
            space)
        let verdict = try sentry.judge(.float64([4, 1, 1, 7, 0, 0]), [], ["", ""])
        #expect(verdict.served == .float64([4, 0.5, 1, 3, 0, 0]))
        #expect(verdict.outcomes == [.changed, .fallback])
        let resolved = sentry.limits.value["bounds"]?["high"]
        #expect(resolved == ["gear": nil, "gas": [.double(0.5), .double(1)]])
        #expect(try GuardReader.read(sentry.limits.value, for: space).value == sentry.limits.value)
    }

    @Test func `what does not fit is refused by its place`() {
        #expect(field([:]) == "")
        #expect(field(["bounds": ["low": -3]]) == "bounds/low")
        #expect(field(["bounds": ["low": [0, 11]]]) == "bounds/low/1")
        #expect(field(["bounds": ["low": 1, "high": 0.5]]) == "bounds/high")
        #expect(field(["bounds": ["high": [1]]]) == "bounds/high")
        #expect(field(["bounds": ["top": 1]]) == "bounds/top")
        #expect(field(["bounds": ["low": 0]], Self.discrete) == "bounds/low")
        #expect(field(["max_change": -1]) == "max_change")
        #expect(field(["allow": [0]]) == "allow")
        #expect(field(["allow": [3, 8]], Self.discrete) == "allow/1")
        #expect(field(["allow": []], Self.discrete) == "allow")
        #expect(field(["deny": [3, 4, 5, 6, 7]], Self.discrete) == "deny")
        #expect(field(["allow": [3], "deny": [3]], Self.discrete) == "deny")
        #expect(field(["budget": ["window_s": 1]]) == "budget/limit")
        #expect(field(["budget": ["limit": 1, "window_s": 0]]) == "budget/window_s")
        #expect(field(["budget": ["limit": 1, "window_s": 1, "per": "magnitude"]], Self.discrete) == "budget/per")
        #expect(field(["confidence_floor": 0.5]) == "confidence_floor")
        #expect(field(["confidence_floor": 2], Self.discrete) == "confidence_floor")
        #expect(field(["mode": "shadow"], Self.discrete) == "fallback")
        #expect(field(["bounds": ["high": 1], "fallback": [2, 0]]) == "fallback")
        #expect(field(["deny": [4], "fallback": 4], Self.discrete) == "fallback")
        #expect(field(["deny": [4], "fallback": 9], Self.discrete) == "fallback")
        #expect(field(["mode": "off"]) == "mode")
        #expect(field(["limit": 1]) == "limit")
    }

    @Test(arguments: 0..<40)
    func `whatever is proposed, what is served is within all limits`(_ seed: Int) throws {
        var random = RandomGenerator(seed: UInt64(seed))
        func number(_ low: Double, _ high: Double) -> Double { low + (high - low) * Double(random.random()) }
        let dtype = seed.isMultiple(of: 2) ? DType.float32 : .float64
        let space = Space.box(Box(low: -2, high: 2, shape: [3], dtype: dtype))
        let layout = try #require(space.layout)
        let (low, high, change) = (number(-2, 0), number(0, 2), number(0, 0.5))
        let guarding = try sentry(
            [
                "bounds": ["low": .double(low), "high": .double(high)], "max_change": .double(change),
                "budget": ["limit": 50, "window_s": 1, "per": "magnitude"], "fallback": [0, 0, 0],
            ], space)
        var (now, previous) = (0.0, [String: [Double]]())
        for _ in 0..<2_000 {
            now += number(0, 0.05)
            var proposal = Lanes(layout.element, count: 3)
            for lane in 0..<3 {
                let wild = [Double.nan, .infinity, -.infinity, 1e30, number(-3, 3), number(-3, 3), number(-3, 3)]
                proposal.set(lane, to: wild[random.integers(0, wild.count)])
            }
            let episode = String(random.integers(0, 5))
            let served = try guarding.judge(proposal, [], [episode], now: now).served
            let row = (0..<3).map(served.double)
            #expect(row.allSatisfy { low <= $0 && $0 <= high })
            if let before = previous[episode] { #expect(zip(row, before).allSatisfy { abs($0 - $1) <= change }) }
            previous[episode] = row
        }
    }

    @Test func `of very many episodes the latest are remembered`() {
        var latest = LatestActions(limit: 100)
        for episode in 0..<1_000 {
            latest.note([Double(episode)], in: String(episode))
            latest.note([-1], in: "used")
        }
        #expect(latest["999"] == [999] && latest["used"] == [-1] && latest["500"] == nil)
        #expect((0..<1_000).count { latest[String($0)] != nil } < 100)
    }
}
