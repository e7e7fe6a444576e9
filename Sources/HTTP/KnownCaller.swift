import Glibc

/// Who a connection's latest `Authorization` turned out to be. Clients say the same on every request, and to look a token up
/// each time would cost more than the step that it pays for.
struct KnownCaller {
    /// Bytes of a text that is remembered.
    private static let longest = 128

    private var text = InlineArray<128, UInt8>(repeating: 0)
    private var length = 0
    private var generation: UInt64 = 0
    private var end: UInt64 = 0
    private var caller: (any AnyObject & Sendable)?

    /// - Parameter generation: of whatever callers are found in; what was known before its latest change is forgotten.
    func find(_ sent: UnsafePointer<CChar>, _ generation: UInt64, now: UInt64) -> (any AnyObject & Sendable)? {
        guard length > 0, generation == self.generation, now < end else { return nil }
        let isSame = text.span.withUnsafeBytes { known in
            known.baseAddress.map { strncmp($0.assumingMemoryBound(to: CChar.self), sent, length) == 0 } ?? false
        }
        return isSame && sent[length] == 0 ? caller : nil
    }

    mutating func keep(
        _ sent: UnsafePointer<CChar>, _ generation: UInt64, until end: UInt64, _ caller: any AnyObject & Sendable
    ) {
        let count = strlen(sent)
        guard count <= Self.longest else { return }
        for place in 0..<count { text[place] = UInt8(bitPattern: sent[place]) }
        length = count
        self.generation = generation
        self.end = end
        self.caller = caller
    }
}
