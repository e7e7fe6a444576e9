/// Whose something is. Tenants do not see each other's instances, agents, jobs and demonstrations.
public struct Tenant: Hashable, Sendable, CustomStringConvertible {
    public let name: String

    /// The tenant of everything that was made without a token, and of whoever runs the daemon.
    public static let standard = Tenant(unchecked: "default")

    /// Whose things nobody sees, since it is not known whose they are.
    static let nobody = Tenant(unchecked: "")

    /// Lowercase letters, digits and hyphens, 1 to 40 of them.
    public init?(_ name: String) {
        guard (1...40).contains(name.utf8.count), name.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.init(unchecked: name)
    }

    /// A name from the catalogue.
    init(unchecked name: String) { self.name = name }

    public var description: String { name }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
