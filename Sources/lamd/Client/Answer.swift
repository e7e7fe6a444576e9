import JSON

/// A reply that says yes.
struct Answer {
    let bytes: [UInt8]
    let value: JSONValue

    /// A catalogue with all its spaces has more containers than a stranger's request may have.
    private static let limits = JSONLimits(depth: 64, containers: 10_000_000, scalars: 100_000_000)

    init(_ bytes: [UInt8], from address: String) throws(ClientError) {
        self.bytes = bytes
        do { value = try JSONDocument(parsing: bytes, limits: Self.limits).root } catch {
            throw .notUnderstood(address: address, reason: "\(error)")
        }
    }
}
