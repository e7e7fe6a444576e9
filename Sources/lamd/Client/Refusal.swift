import JSON

/// A problem document (RFC 9457).
struct Refusal: CustomStringConvertible {
    let status: Int
    private let detail: String
    private let pointer: String?

    init(status: Int, body: [UInt8]) {
        self.status = status
        let problem = try? JSONDocument(parsing: body).root
        detail = problem?["detail"]?.string ?? "the daemon answered \(status)"
        pointer = problem?["pointer"]?.string
    }

    var description: String {
        guard let pointer, !pointer.isEmpty else { return detail }
        return "\(pointer): \(detail)"
    }
}
