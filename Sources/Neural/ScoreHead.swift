/// How the outputs of a network are read that judges decisions of several components: first V, the value of the state,
/// then for each component one score per member. Two readings of the same outputs are in files of their own:
/// `ScoreHead+Values.swift` and `ScoreHead+Probabilities.swift`.
///
/// A batch of outputs is [rows, width]; of choices [rows, components], each the index of a member within its component;
/// of masks [rows, members], a byte each, not zero where the member is allowed, or none at all: all are.
public struct ScoreHead: Sendable, Equatable {
    /// How many members each component has.
    public let components: [Int]
    /// The members of all components.
    public let members: Int
    /// The component whose scores count as they are: the mean of too many members is not at hand. nil where, read as
    /// values, every component's scores count above their mean.
    public let uncentred: Int?

    /// How many outputs there are.
    public var width: Int { 1 + members }

    public init(components: [Int], uncentred: Int? = nil) {
        precondition(!components.isEmpty && components.allSatisfy { $0 > 0 })
        precondition(uncentred.map(components.indices.contains) ?? true)
        self.components = components
        self.uncentred = uncentred
        members = components.reduce(0, +)
    }

    /// The places of a component's members among all members.
    public func members(of component: Int) -> Range<Int> {
        let start = components[..<component].reduce(0, +)
        return start..<start + components[component]
    }

    /// The places of a component's scores among the outputs.
    public func outputs(of component: Int) -> Range<Int> {
        let members = members(of: component)
        return members.lowerBound + 1..<members.upperBound + 1
    }

    /// The same with another number of members of a component.
    public func resizing(_ component: Int, to count: Int) -> ScoreHead {
        var counts = components
        counts[component] = count
        return ScoreHead(components: counts, uncentred: uncentred)
    }

    /// The place of each component's first member among all members.
    func forEachComponent(_ body: (_ component: Int, _ start: Int, _ count: Int) -> Void) {
        var start = 0
        for (component, count) in components.enumerated() {
            body(component, start, count)
            start += count
        }
    }

    func check(rows: Range<Int>, outputs: Int, masks: [UInt8]) {
        precondition(rows.lowerBound >= 0 && rows.upperBound * width <= outputs)
        precondition(masks.isEmpty || masks.count >= rows.count * members)
    }
}

/// The array's pointer, nil where it is empty.
func withPointer<Element, Result>(
    to array: [Element], _ body: (UnsafePointer<Element>?) -> Result
) -> Result {
    array.withUnsafeBufferPointer { body(array.isEmpty ? nil : $0.baseAddress) }
}
