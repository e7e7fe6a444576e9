/// Named parts (Gymnasium's `Dict`). Keys are kept in the order given.
public struct Dict: Sendable, Equatable {
    public struct Member: Sendable, Equatable {
        public let key: String
        public let space: Space

        public init(_ key: String, _ space: Space) {
            self.key = key
            self.space = space
        }
    }

    public let members: [Member]

    public init(_ members: [Member]) { self.members = members }

    func read(_ value: some Structured, into writer: inout LaneWriter) throws(SpaceMismatch) {
        guard let names = value.memberNames else {
            throw SpaceMismatch("expected an object with \(keyList), not \(value.kindName)")
        }
        if let stranger = names.first(where: { name in !members.contains { $0.key == name } }) {
            throw SpaceMismatch("the space has no such key; it has \(keyList)").within(.key(stranger))
        }
        for member in members {
            guard let part = value.member(member.key) else {
                throw SpaceMismatch("the key is missing").within(.key(member.key))
            }
            do { try member.space.read(part, into: &writer) } catch { throw error.within(.key(member.key)) }
        }
    }

    private var keyList: String { members.map { "\"\($0.key)\"" }.joined(separator: ", ") }
}

/// Parts in a row (Gymnasium's `Tuple`); an array on the wire.
public struct Tuple: Sendable, Equatable {
    public let members: [Space]

    public init(_ members: [Space]) { self.members = members }

    func read(_ value: some Structured, into writer: inout LaneWriter) throws(SpaceMismatch) {
        guard value.elementCount == members.count else {
            let found = value.elementCount.map { "an array of \($0)" } ?? value.kindName
            throw SpaceMismatch("expected an array of \(members.count), not \(found)")
        }
        for (index, pair) in zip(members, value.arrayElements).enumerated() {
            do { try pair.0.read(pair.1, into: &writer) } catch { throw error.within(.index(index)) }
        }
    }
}

/// Any number of elements of one space (Gymnasium's `Sequence`); an array on the wire.
public struct SequenceSpace: Sendable, Equatable {
    public let feature: Space
    /// Whether Gymnasium gives the elements stacked in one array rather than a tuple; the wire form is the same.
    public let stack: Bool

    public init(_ feature: Space, stack: Bool = false) {
        self.feature = feature
        self.stack = stack
    }

    func check(_ value: some Structured) throws(SpaceMismatch) {
        guard value.elementCount != nil else { throw SpaceMismatch("expected an array, not \(value.kindName)") }
        for (index, element) in value.arrayElements.enumerated() {
            do { try feature.check(element) } catch { throw error.within(.index(index)) }
        }
    }
}

/// An element of exactly one of several spaces (Gymnasium's `OneOf`); `[index, element]` on the wire.
public struct OneOf: Sendable, Equatable {
    public let members: [Space]

    /// - Precondition: there is at least one member.
    public init(_ members: [Space]) {
        precondition(!members.isEmpty, "a choice needs something to choose from")
        self.members = members
    }

    func check(_ value: some Structured) throws(SpaceMismatch) {
        guard value.elementCount == 2 else {
            throw SpaceMismatch("expected [index, element], not \(value.kindName)")
        }
        var parts = value.arrayElements.makeIterator()
        guard let choice = parts.next(), let element = parts.next() else { return }
        guard let index = choice.asInt64, index >= 0 && index < Int64(members.count) else {
            throw SpaceMismatch("expected the index of a space, 0 to \(members.count - 1)").within(.index(0))
        }
        do { try members[Int(index)].check(element) } catch { throw error.within(.index(1)) }
    }
}
