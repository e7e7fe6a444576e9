/// Which keys may be chosen: a byte for each, not zero where it may. Both kinds of mask can be given, or none: then all may.
public struct KeyMasks: Sendable {
    let own: Rows<UInt8>?
    let shared: [UInt8]

    public static let none = KeyMasks()

    /// - Parameters:
    ///   - own: [rows, keys], what each query allows.
    ///   - shared: [keys], what all queries allow, such as actions that were not withdrawn; empty: all.
    public init(_ own: Rows<UInt8>? = nil, shared: [UInt8] = []) {
        self.own = own
        self.shared = shared
    }

    func check(rows: Int, keys: Int) {
        precondition(own?.holds(rows: rows, of: keys) ?? true)
        precondition(shared.isEmpty || shared.count >= keys)
    }

    /// The masks that there are, from a row on; the next row's is `stride` bytes on.
    func forEach(from row: Int, _ body: (_ mask: UnsafePointer<UInt8>, _ stride: Int) -> Void) {
        own?.withPointer { mask, stride in body(mask + row * stride, stride) }
        withPointer(to: shared) { mask in
            if let mask { body(mask, 0) }
        }
    }

    /// The masks of one row, nil where there are none, and how far both of them reach.
    func withPointers(
        _ body: (_ own: UnsafePointer<UInt8>?, _ shared: UnsafePointer<UInt8>?, _ members: Int) -> Void
    ) {
        withPointer(to: shared) { shared in
            let reach = shared == nil ? Int.max : self.shared.count
            guard let own else { return body(nil, shared, reach) }
            own.withPointer { mask, _ in body(mask, shared, min(reach, own.values.count - own.start)) }
        }
    }

    /// Those of the rows from one on.
    public func row(_ row: Int) -> KeyMasks { KeyMasks(own?.row(row), shared: shared) }
}
