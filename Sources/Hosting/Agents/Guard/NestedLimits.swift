import Gym

/// Limits as they are nested: like the actions themselves, with null for what has none, and one number for all lanes of a
/// part.
struct NestedLimits {
    private(set) var lanes: [Guard.Lane]

    /// Gives `body` each number, with the lane that it is for and its place.
    mutating func numbers(
        _ value: Value, of space: Space, from lane: Int = 0, at place: String,
        _ body: (inout Guard.Lane, Double, String) throws(HostingError) -> Void
    ) throws(HostingError) {
        switch space {
        case .dict, .tuple:
            if let number = value.asDouble {
                for index in lane..<lane + space.laneCount where !lanes[index].isChoice {
                    try body(&lanes[index], number, place)
                }
                return
            }
            for part in try parts(value, space, from: lane, at: place) {
                try numbers(part.value, of: part.space, from: part.lane, at: part.place, body)
            }
        case .box(let box): try numbers(value, box.shape[...], from: lane, at: place, body)
        default: throw .invalid(field: place, reason: "\(space.typeName) has no numbers to limit; expected null")
        }
    }

    private mutating func numbers(
        _ value: Value, _ shape: ArraySlice<Int>, from lane: Int, at place: String,
        _ body: (inout Guard.Lane, Double, String) throws(HostingError) -> Void
    ) throws(HostingError) {
        if value.isNull { return }
        if let number = value.asDouble {
            for index in lane..<lane + shape.reduce(1, *) { try body(&lanes[index], number, place) }
            return
        }
        guard let first = shape.first, case .array(let elements) = value, elements.count == first else {
            let expected = shape.first.map { "a number, or an array of \($0)" } ?? "a number or null"
            throw .invalid(field: place, reason: "expected \(expected)")
        }
        let rest = shape.dropFirst()
        let step = rest.reduce(1, *)
        for (index, element) in elements.enumerated() {
            try numbers(element, rest, from: lane + index * step, at: "\(place)/\(index)", body)
        }
    }

    /// Takes lists of choices: of one choice a list, of several a list or null for each.
    mutating func lists(
        _ value: Value, of space: Space, from lane: Int = 0, at place: String, isAllowing: Bool
    ) throws(HostingError) {
        switch space {
        case .dict, .tuple:
            for part in try parts(value, space, from: lane, at: place) {
                try lists(part.value, of: part.space, from: part.lane, at: part.place, isAllowing: isAllowing)
            }
        case .discrete: try list(value, lane, at: place, isAllowing: isAllowing)
        case .multiDiscrete, .multiBinary:
            guard case .array(let elements) = value, elements.count == space.laneCount else {
                throw .invalid(
                    field: place,
                    reason: "expected an array of \(space.laneCount) lists, one for each choice, or null")
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

    /// The parts of a Tuple or a Dict of which something is said, each with its first lane.
    private func parts(
        _ value: Value, _ space: Space, from lane: Int, at place: String
    ) throws(HostingError) -> [(space: Space, value: Value, lane: Int, place: String)] {
        let members: [(Space, Value, String)]
        if case .dict(let dict) = space {
            guard case .object(let given) = value else {
                throw .invalid(field: place, reason: "expected an object with keys of the action space")
            }
            if let stranger = given.first(where: { member in !dict.members.contains { $0.key == member.key } }) {
                throw .invalid(
                    field: "\(place)/\(stranger.key.escaped)", reason: "the action space has no key \"\(stranger.key)\""
                )
            }
            members = dict.members.map { ($0.space, value[$0.key] ?? .null, $0.key.escaped) }
        } else if case .tuple(let tuple) = space, case .array(let elements) = value,
            elements.count == tuple.members.count
        {
            members = zip(tuple.members, elements).enumerated().map { ($1.0, $1.1, "\($0)") }
        } else {
            throw .invalid(field: place, reason: "expected an array, an element for each part of the action space")
        }
        var next = lane
        return members.compactMap { space, value, name in
            defer { next += space.laneCount }
            return value.isNull ? nil : (space, value, next, "\(place)/\(name)")
        }
    }

    /// What `number` says of each lane, nested likewise: null where it is no finite number.
    func value(of space: Space, _ number: (Guard.Lane) -> Double) -> Value {
        var lane = 0
        return space.nested {
            defer { lane += 1 }
            let number = number(lanes[lane])
            return !lanes[lane].isChoice && number.isFinite ? .double(number) : .null
        }
    }
}

extension Space {
    fileprivate var laneCount: Int { layout?.count ?? 0 }

    /// What `next` says of each lane, nested as an element is.
    fileprivate func nested(_ next: () -> Value) -> Value {
        switch self {
        case .dict(let dict): .object(dict.members.map { Value.Member($0.key, $0.space.nested(next)) })
        case .tuple(let tuple): .array(tuple.members.map { $0.nested(next) })
        case .box(let box): Box.nest(shape: box.shape, next: next)
        case .multiDiscrete(let space): Box.nest(shape: space.shape, next: next)
        case .multiBinary(let space): Box.nest(shape: space.shape, next: next)
        case .discrete, .text, .sequence, .oneOf, .graph: next()
        }
    }
}
