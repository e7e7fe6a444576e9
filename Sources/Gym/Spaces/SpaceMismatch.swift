/// Why a value is not an element of a space, and which part of it is at fault.
public struct SpaceMismatch: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Step: Sendable, Equatable {
        case index(Int)
        case key(String)
    }

    /// The way from the value to the part at fault, outermost step first.
    public private(set) var path: [Step]
    /// A sentence that says what was found and what would be right.
    public let reason: String

    public init(_ reason: String) {
        self.path = []
        self.reason = reason
    }

    func within(_ step: Step) -> SpaceMismatch {
        var outer = self
        outer.path.insert(step, at: 0)
        return outer
    }

    /// The way as a JSON pointer (RFC 6901), relative to the value.
    public var pointer: String {
        path.map { step in
            switch step {
            case .index(let index): "/\(index)"
            case .key(let key):
                "/" + key.unicodeScalars.map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
            }
        }.joined()
    }

    public var description: String { path.isEmpty ? reason : "at \(pointer): \(reason)" }
}
