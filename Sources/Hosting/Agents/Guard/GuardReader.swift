import Gym

/// Reads a guard and checks that it fits the actions that it is for.
struct GuardReader {
    /// What a guard may say.
    static let fields = [
        "mode", "bounds", "max_change", "allow", "deny", "budget", "confidence_floor", "fallback", "audit",
    ]

    /// Limits are worked out in doubles, which tell integers up to here apart.
    private static let wholeLimit = 0x1p53

    private let value: Value
    private let space: Space
    private let layout: Layout
    private var limits: NestedLimits

    private var lanes: [Guard.Lane] { limits.lanes }

    /// - Parameter value: an object.
    /// - Precondition: the space has a layout.
    static func read(_ value: Value, for space: Space) throws(HostingError) -> Guard {
        var reader = GuardReader(value, space)
        return try reader.read()
    }

    private init(_ value: Value, _ space: Space) {
        guard let layout = space.layout else { preconditionFailure("an agent's actions have a layout") }
        (self.value, self.space, self.layout) = (value, space, layout)
        limits = NestedLimits(lanes: layout.leaves.flatMap { leaf in (0..<leaf.count).map { Guard.Lane(leaf, $0) } })
    }

    private func field(_ name: String) -> Value? {
        guard let field = value[name], !field.isNull else { return nil }
        return field
    }

    private mutating func read() throws(HostingError) -> Guard {
        guard case .object(let members) = value else { throw .invalid(field: "", reason: "expected an object") }
        try Self.check(members, Self.fields, "")
        guard !lanes.contains(where: { $0.kind == .whole && max(-$0.low, $0.high) > Self.wholeLimit }) else {
            throw .invalid(
                field: "", reason: "a guard is for integers from -2^53 to 2^53; here the action space has larger ones")
        }
        let mode = try word("mode", of: Guard.Mode.self) ?? .enforce
        try readBounds()
        try readChange()
        try readLists()
        let budget = try readBudget()
        let floor = try readFloor()
        let fallback = try readFallback()
        guard mode == .enforce || fallback != nil else {
            throw .invalid(field: "fallback", reason: "shadow mode serves the fallback: it needs one")
        }
        let isLimit = ["bounds", "max_change", "allow", "deny", "budget", "confidence_floor"].contains {
            field($0) != nil
        }
        guard isLimit || mode == .shadow else {
            throw .invalid(
                field: "",
                reason:
                    "a guard needs a limit (bounds, max_change, allow, deny, budget, confidence_floor), or \"mode\": "
                    + "\"shadow\"")
        }
        let isAudited = try flag("audit") ?? true
        return Guard(
            mode: mode, lanes: lanes, budget: budget, confidenceFloor: floor, fallback: fallback, isAudited: isAudited,
            value: resolved(mode, isAudited: isAudited))
    }

    private func resolved(_ mode: Guard.Mode, isAudited: Bool) -> Value {
        let bounds: Value? = field("bounds").map { _ in
            ["low": limits.value(of: space) { $0.low }, "high": limits.value(of: space) { $0.high }]
        }
        return [
            "mode": .string(mode.rawValue), "bounds": bounds ?? .null,
            "max_change": field("max_change").map { _ in limits.value(of: space) { $0.change } } ?? .null,
            "allow": field("allow") ?? .null, "deny": field("deny") ?? .null, "budget": field("budget") ?? .null,
            "confidence_floor": field("confidence_floor") ?? .null, "fallback": field("fallback") ?? .null,
            "audit": .bool(isAudited),
        ]
    }

    private mutating func readBounds() throws(HostingError) {
        guard let bounds = field("bounds") else { return }
        guard case .object(let members) = bounds else {
            throw .invalid(field: "bounds", reason: "expected an object with \"low\", \"high\" or both")
        }
        try Self.check(members, ["low", "high"], "bounds/")
        let given = members.filter { !$0.value.isNull }
        guard !given.isEmpty else {
            throw .invalid(field: "bounds", reason: "expected \"low\", \"high\" or both")
        }
        for member in given {
            try eachNumber(member.value, "bounds/\(member.key)") { lane, number, place throws(HostingError) in
                guard lane.low <= number && number <= lane.high else {
                    throw .invalid(
                        field: place, reason: "expected a number from \(lane.low) to \(lane.high), not \(number)")
                }
                if member.key == "low" { lane.low = lane.within(number) } else { lane.high = -lane.within(-number) }
                guard lane.low <= lane.high else {
                    throw .invalid(field: place, reason: "nothing is left between the bounds")
                }
            }
        }
    }

    private mutating func readChange() throws(HostingError) {
        guard let change = field("max_change") else { return }
        try eachNumber(change, "max_change") { lane, number, place throws(HostingError) in
            guard number >= 0 else { throw .invalid(field: place, reason: "expected a number from 0, not \(number)") }
            lane.change = number
        }
    }

    private mutating func eachNumber(
        _ value: Value, _ place: String,
        _ body: (inout Guard.Lane, Double, String) throws(HostingError) -> Void
    ) throws(HostingError) {
        guard layout.leaves.contains(where: \.space.isBox) else {
            throw .invalid(field: place, reason: "this is for Boxes of actions; here actions are \(space.typeName)")
        }
        try limits.numbers(value, of: space, at: place, body)
    }

    private mutating func readLists() throws(HostingError) {
        for name in ["allow", "deny"] {
            guard let list = field(name) else { continue }
            guard layout.leaves.contains(where: { !$0.space.isBox }) else {
                throw .invalid(field: name, reason: "this is for discrete actions; here actions are \(space.typeName)")
            }
            try limits.lists(list, of: space, at: name, isAllowing: name == "allow")
        }
        for lane in lanes where lane.isListed {
            guard
                lane.allow.map({ !$0.subtracting(lane.deny).isEmpty })
                    ?? (Double(lane.deny.count) <= lane.high - lane.low)
            else {
                throw .invalid(
                    field: field("deny") == nil ? "allow" : "deny", reason: "at least one action must be left to choose"
                )
            }
        }
    }

    private func readBudget() throws(HostingError) -> Guard.Budget? {
        guard let budget = field("budget") else { return nil }
        guard case .object(let members) = budget else {
            throw .invalid(field: "budget", reason: "expected an object with \"limit\", \"window_s\" and \"per\"")
        }
        try Self.check(members, ["limit", "window_s", "per"], "budget/")
        guard let limit = budget["limit"]?.asDouble, limit >= 0, limit.isFinite else {
            throw .invalid(field: "budget/limit", reason: "expected a number from 0")
        }
        guard let window = budget["window_s"]?.asDouble, window >= 0.001, window <= 31_622_400 else {
            throw .invalid(field: "budget/window_s", reason: "expected seconds, from 0.001 to 31622400")
        }
        let said = budget["per"] ?? .null
        guard let unit = said.isNull ? .actions : said.asString.flatMap(Guard.Budget.Unit.init(rawValue:)) else {
            throw .invalid(field: "budget/per", reason: "expected \"actions\" or \"magnitude\"")
        }
        guard unit == .actions || layout.leaves.contains(where: \.space.isBox) else {
            throw .invalid(
                field: "budget/per", reason: "\"magnitude\" is for Boxes; here actions are \(space.typeName)")
        }
        return Guard.Budget(limit: limit, window: window, unit: unit)
    }

    private func readFloor() throws(HostingError) -> Double? {
        guard let value = field("confidence_floor") else { return nil }
        guard let floor = value.asDouble, (0...1).contains(floor) else {
            throw .invalid(field: "confidence_floor", reason: "expected a probability, 0 to 1")
        }
        guard !layout.leaves.contains(where: \.space.isBox) else {
            throw .invalid(
                field: "confidence_floor", reason: "this is for discrete actions; here actions are \(space.typeName)")
        }
        return floor
    }

    private func readFallback() throws(HostingError) -> Lanes? {
        guard let value = field("fallback") else { return nil }
        var row = LaneWriter(Lanes(layout.element, count: layout.count))
        do { try space.read(value, into: &row) } catch {
            throw .invalid(field: "fallback" + error.pointer, reason: error.reason)
        }
        for (lane, limits) in lanes.enumerated() {
            let number = row.lanes.double(lane)
            let objections =
                limits.isChoice ? limits.objection(to: row.lanes.integer(lane)) : limits.limit(number, after: nil).rules
            guard objections.isEmpty else {
                throw .invalid(
                    field: "fallback",
                    reason: "it must obey the guard itself; \(objections.words.joined(separator: " and ")) "
                        + "is against \(limits.isChoice ? "\(row.lanes.integer(lane))" : "\(number)")")
            }
        }
        return row.lanes
    }

    private func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, of type: Word.Type
    ) throws(HostingError) -> Word? {
        guard let value = field(name) else { return nil }
        guard let word = value.asString.flatMap(Word.init(rawValue:)) else {
            let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
            throw .invalid(field: name, reason: "expected \(words)")
        }
        return word
    }

    private func flag(_ name: String) throws(HostingError) -> Bool? {
        guard let value = field(name) else { return nil }
        guard let flag = value.asBool else { throw .invalid(field: name, reason: "expected true or false") }
        return flag
    }

    private static func check(
        _ members: [Value.Member], _ known: [String], _ place: String
    ) throws(HostingError) {
        guard let stranger = members.first(where: { !known.contains($0.key) }) else { return }
        throw .invalid(
            field: place + stranger.key.escaped,
            reason: "there is no field \"\(stranger.key)\"; there are \(known.joined(separator: ", "))")
    }
}

extension String {
    /// As a part of a JSON pointer.
    var escaped: String { map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined() }
}
