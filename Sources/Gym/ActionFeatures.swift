/// What is known of each member of a Discrete action space, a row of numbers each: what makes actions that were never
/// tried comparable to those that were. Rows are by member: row 0 belongs to the space's `start`.
public struct ActionFeatures: Sendable, Equatable {
    /// Numbers in a row, f.
    public let width: Int
    /// [count, width].
    public private(set) var values: [Float]
    /// Which members are withdrawn: they keep their row and are never chosen. Empty where none is.
    public private(set) var withdrawn: [Bool] = []

    /// - Precondition: `values` are whole rows, at least one.
    public init(width: Int, values: [Float]) {
        precondition(width > 0 && !values.isEmpty && values.count.isMultiple(of: width), "features are whole rows")
        self.width = width
        self.values = values
    }

    /// How many members there are, n, withdrawn ones included.
    public var count: Int { values.count / width }
    public var withdrawnCount: Int { withdrawn.reduce(0) { $0 + ($1 ? 1 : 0) } }

    public func isWithdrawn(_ member: Int) -> Bool { !withdrawn.isEmpty && withdrawn[member] }

    /// Gives a member another row, which also brings it back; the member after the last one is a new one.
    public mutating func set(_ member: Int, to row: [Float]) {
        precondition((0...count).contains(member) && row.count == width, "a row for a member, or for the next one")
        if member == count {
            values += row
            if !withdrawn.isEmpty { withdrawn.append(false) }
            return
        }
        for (lane, value) in row.enumerated() { values[member * width + lane] = value }
        if !withdrawn.isEmpty { withdrawn[member] = false }
    }

    /// Withdraws a member.
    public mutating func withdraw(_ member: Int) {
        precondition((0..<count).contains(member), "a member that there is")
        if withdrawn.isEmpty { withdrawn = Array(repeating: false, count: count) }
        withdrawn[member] = true
    }
}
