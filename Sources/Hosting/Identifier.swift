/// The ids of sessions, agents and jobs: 8 hex digits, unguessable enough not to collide, short enough to type.
public struct Identifier: Hashable, Sendable, CustomStringConvertible {
    public let value: UInt32

    public init(_ value: UInt32) { self.value = value }

    /// Reads exactly 8 lowercase hex digits.
    public init?(_ text: String) {
        self.init(bytes: text.utf8Span.span)
    }

    /// Reads exactly 8 lowercase hex digits.
    public init?(bytes: Span<UInt8>) {
        guard bytes.count == 8 else { return nil }
        var value: UInt32 = 0
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        self.value = value
    }

    public var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension Identifier {
    /// A random id that `isFree` accepts.
    static func random(where isFree: (Identifier) -> Bool) -> Identifier {
        while true {
            let candidate = Identifier(UInt32.random(in: .min ... .max))
            if isFree(candidate) { return candidate }
        }
    }
}
