import Gym

/// Limits as they are nested: like the actions themselves, with null for what has none, and one number for all lanes of a
/// part.
struct NestedLimits {
    var lanes: [Guard.Lane]

    /// Gives `body` each number, with the lane that it is for and its place.
    mutating func numbers(
        _ value: Value, _ space: Space, at place: String, _ lane: inout Int,
        _ body: (inout Guard.Lane, Double, String) throws(HostingError) -> Void
    ) throws(HostingError) {
        let end = lane + space.laneCount
        defer { lane = end }
        if value.isNull { return }
        switch space {
        case .dict, .tuple:
            if let number = value.asDouble { return try all(number, space, at: place, &lane, body) }
            for (part, value, place) in try parts(value, space, at: place) {
                try numbers(value, part, at: place, &lane, body)
            }
        case .box(let box): try numbers(value, box.shape[...], at: place, &lane, body)
        default: throw .invalid(field: place, reason: "\(space.typeName) has no numbers to limit; expected null")
        }
    }

    /// One number for all Boxes of a part.
    private mutating func all(
        _ number: Double, _ space: Space, at place: String, _ lane: inout Int,
        _ body: (inout Guard.Lane, Double, String) throws(HostingError) -> Void
    ) throws(HostingError) {
        for index in lane..<lane + space.laneCount where !lanes[index].isChoice {
            try body(&lanes[index], number, place)
        }
    }

    private mutating func numbers(
        _ value: Value, _ shape: ArraySlice<Int>, at place: String, _ lane: inout Int,
        _ body: (inout Guard.Lane, Double, String) throws(HostingError) -> Void
    ) throws(HostingError) {
        let count = shape.reduce(1, *)
        defer { lane += shape.isEmpty ? 1 : 0 }
        if value.isNull {
            if !shape.isEmpty { lane += count }
            return
        }
        if let number = value.asDouble {
            for index in lane..<lane + count { try body(&lanes[index], number, place) }
            if !shape.isEmpty { lane += count }
            return
        }
        guard let first = shape.first, case .array(let elements) = value, elements.count == first else {
            let expected = shape.first.map { "a number, or an array of \($0)" } ?? "a number or null"
            throw .invalid(field: place, reason: "expected \(expected)")
        }
        for (index, element) in elements.enumerated() {
            try numbers(element, shape.dropFirst(), at: "\(place)/\(index)", &lane, body)
        }
    }

    /// Takes lists of choices: of one choice a list, of several a list or null for each.
    mutating func lists(
        _ value: Value, _ space: Space, at place: String, _ lane: inout Int, isAllowing: Bool
    ) throws(HostingError) {
        let end = lane + space.laneCount
        defer { lane = end }
        if value.isNull { return }
        switch space {
        case .dict, .tuple:
            for (part, value, place) in try parts(value, space, at: place) {
                try lists(value, part, at: place, &lane, isAllowing: isAllowing)
            }
        case .discrete: try list(value, lane, at: place, isAllowing: isAllowing)
        case .multiDiscrete, .multiBinary:
            guard case .array(let elements) = value, elements.count == end - lane else {
                throw .invalid(
                    field: place, reason: "expected an array of \(end - lane) lists, one for each choice, or null")
            }
            for (index, element) in elements.enumerated() where !element.isNull {
                try list(element, lane + index, at: "\(place)/\(index)", isAllowing: isAllowing)
            }
        default: throw .invalid(field: place, reason: "\(space.typeName) has no choices to list; expected null")
        }
    }

    private mutating func list(_ value: Value, _ lane: Int, at place: String, isAllowing: Bool) throws(HostingError) {
        guard case .array(let elements) = value else {
            throw .invalid(field: place, reason: "expected an array of actions")
        }
        var choices: Set<Int64> = []
        for (index, element) in elements.enumerated() {
            let (low, high) = (lanes[lane].low, lanes[lane].high)
            guard let choice = element.asInt64, (low...high).contains(Double(choice)) else {
                throw .invalid(
                    field: "\(place)/\(index)", reason: "expected an integer from \(Int64(low)) to \(Int64(high))")
            }
            choices.insert(choice)
        }
        if isAllowing { lanes[lane].allow = choices } else { lanes[lane].deny = choices }
    }

    /// What is said of each part of a Tuple or a Dict, null where nothing is.
    private func parts(
        _ value: Value, _ space: Space, at place: String
    ) throws(HostingError) -> [(Space, Value, String)] {
        if case .dict(let dict) = space {
            guard case .object(let members) = value else {
                throw .invalid(field: place, reason: "expected an object with keys of the action space")
            }
            if let stranger = members.first(where: { member in !dict.members.contains { $0.key == member.key } }) {
                throw .invalid(
                    field: "\(place)/\(stranger.key.escaped)", reason: "the action space has no key \"\(stranger.key)\""
                )
            }
            return dict.members.map { ($0.space, value[$0.key] ?? .null, "\(place)/\($0.key.escaped)") }
        }
        guard case .tuple(let tuple) = space, case .array(let elements) = value, elements.count == tuple.members.count
        else {
            throw .invalid(field: place, reason: "expected an array, an element for each part of the action space")
        }
        return zip(tuple.members, elements).enumerated().map { ($1.0, $1.1, "\(place)/\($0)") }
    }
}

extension Space {
    fileprivate var laneCount: Int { layout?.count ?? 0 }
}
