/// A request's head in memory of its own.
final class RequestCopy {
    let path: UnsafeBufferPointer<UInt8>
    let query: [(name: String, value: String)]
    let requestID: String?
    private let fields: [(name: String, value: String)]

    init(
        path: UnsafeBufferPointer<UInt8>, fields: [(name: String, value: String)],
        query: [(name: String, value: String)], requestID: String?
    ) {
        let copied = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: path.count)
        _ = copied.initialize(from: path)
        self.path = UnsafeBufferPointer(copied)
        self.fields = fields
        self.query = query
        self.requestID = requestID
    }

    deinit {
        path.deallocate()
    }

    func field(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
