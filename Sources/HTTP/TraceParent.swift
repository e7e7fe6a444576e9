/// The trace that a request is a part of, as W3C's Trace Context, version 00, writes it into `traceparent`.
struct TraceParent {
    /// 32 hex digits.
    let traceID: String

    /// nil for anything that the standard does not let pass: such a field is as if it were not there.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "00" else { return nil }
        guard Self.isID(parts[1], digits: 32), Self.isID(parts[2], digits: 16), Self.isHex(parts[3], digits: 2) else {
            return nil
        }
        traceID = String(parts[1])
    }

    /// An id of zeros is none.
    private static func isID(_ text: Substring, digits: Int) -> Bool {
        isHex(text, digits: digits) && text.contains { $0 != "0" }
    }

    private static func isHex(_ text: Substring, digits: Int) -> Bool {
        text.utf8.count == digits
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}

extension Exchange {
    /// The id of the trace that the client says this belongs to. Read when somebody asks, which is where requests are
    /// logged.
    public var traceID: String? { header(named: "traceparent").flatMap(TraceParent.init)?.traceID }
}
