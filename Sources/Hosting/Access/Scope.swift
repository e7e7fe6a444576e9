/// What a token's holder may do. The words are the wire's.
public enum Scope: String, CaseIterable, Sendable {
    /// Look at everything.
    case read
    /// Make instances and drive them, and ask policies what to do.
    case drive
    /// Make agents and demonstrations, have agents learn, change and delete them.
    case train
    /// All of this, and give tokens out.
    case admin
}

/// A set of scopes.
public struct Scopes: Equatable, Sendable {
    private let bits: UInt8

    public init(_ scopes: some Sequence<Scope>) {
        bits = scopes.reduce(0) { $0 | Self.bit($1) }
    }

    /// Reads what ``text`` wrote; what it does not know is left out.
    init(text: String) {
        self.init(text.split(separator: " ").compactMap { Scope(rawValue: String($0)) })
    }

    public static let all = Scopes(Scope.allCases)

    /// Whoever may administer may do everything.
    public func allow(_ scope: Scope) -> Bool { bits & (Self.bit(scope) | Self.bit(.admin)) != 0 }

    /// In the order of the words above.
    public var words: [Scope] { Scope.allCases.filter { bits & Self.bit($0) != 0 } }

    var text: String { words.map(\.rawValue).joined(separator: " ") }

    private static func bit(_ scope: Scope) -> UInt8 {
        switch scope {
        case .read: 1
        case .drive: 2
        case .train: 4
        case .admin: 8
        }
    }
}
