import CMicrohttpd
import Glibc

/// What one pass over a request's header fields found. The pointers lead into libmicrohttpd's memory and hold until the
/// request is over.
struct RequestHead {
    var mediaType = MediaType.none
    var accept: UnsafePointer<CChar>?
    var requestID: UnsafePointer<CChar>?
    var authorization: UnsafePointer<CChar>?
    var idempotencyKey: UnsafePointer<CChar>?
    var host: UnsafePointer<CChar>?
    var origin: UnsafePointer<CChar>?
    var hasManyOrigins = false
    var contentLength = 0
    var isChunked = false
    var expectsContinue = false
    private(set) var query = Query()

    private var contentLengths = 0
    private var transferCodings = 0
    private var hosts = 0
    private var authorizations = 0
    private(set) var fault: HTTPFault?

    /// Reads all fields in one pass, and the query, and judges them.
    init(_ connection: OpaquePointer, path: UnsafeBufferPointer<UInt8>, version: UnsafePointer<CChar>) {
        guard strcmp(version, "HTTP/1.1") == 0 || strcmp(version, "HTTP/1.0") == 0 else {
            fault = .versionNotSupported
            return
        }
        withUnsafeMutablePointer(to: &self) { _ = MHD_get_connection_values(connection, .HEADER_KIND, readField, $0) }
        query = Query(between: path, version)
        // What breaks the framing comes first: it closes the connection.
        if fault == nil { fault = framingFault(isVersion11: version[7] == CChar(bitPattern: UInt8(ascii: "1"))) }
        if fault == nil, !query.isEmpty { fault = query.fault }
    }

    /// RFC 9112, 6.1 and 3.2: what a proxy before us could have understood differently.
    private func framingFault(isVersion11: Bool) -> HTTPFault? {
        if contentLengths > 1 { return .malformedRequest("send one Content-Length") }
        if transferCodings > 0, contentLengths > 0 {
            return .malformedRequest("send Content-Length or Transfer-Encoding, not both")
        }
        if transferCodings > 1 || (transferCodings == 1 && !isChunked) { return .transferCodingUnknown }
        if authorizations > 1 { return .malformedRequest("send one Authorization") }
        if hosts > 1 || (hosts == 0 && isVersion11) { return .malformedRequest("send one Host") }
        return nil
    }

    fileprivate mutating func read(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>?) {
        guard let value else { return }
        // Fields lie as they came, but where a line was folded libmicrohttpd 0.9.75 puts its text behind the name, in memory
        // further up: `Authorizatio: x` and a folded `n` would come to `Authorization: x`.
        if value < name { fault = .malformedRequest("a header must not be folded over several lines") }
        switch strlen(name) {
        case 4 where Self.isNamed(name, "host"):
            hosts += 1
            host = value
        case 6 where Self.isNamed(name, "accept"): accept = accept ?? value
        case 6 where Self.isNamed(name, "origin"):
            hasManyOrigins = origin != nil
            origin = value
        case 6 where Self.isNamed(name, "expect"): readExpectation(value)
        case 12 where Self.isNamed(name, "content-type"): readMediaType(value)
        case 12 where Self.isNamed(name, "x-request-id"): requestID = requestID ?? Self.validRequestID(value)
        case 13 where Self.isNamed(name, "authorization"):
            authorizations += 1
            authorization = value
        case 15 where Self.isNamed(name, "idempotency-key"): idempotencyKey = idempotencyKey ?? value
        case 14 where Self.isNamed(name, "content-length"):
            contentLengths += 1
            contentLength = Int(clamping: strtoul(value, nil, 10))
        case 17 where Self.isNamed(name, "transfer-encoding"):
            transferCodings += 1
            isChunked = strcasecmp(value, "chunked") == 0
        case _ where Self.isToken(name): break
        default: fault = .malformedRequest("a header's name has a character that is not allowed there")
        }
    }

    /// The first one counts.
    private mutating func readMediaType(_ value: UnsafePointer<CChar>) {
        if mediaType == .none { mediaType = MediaType(value) }
    }

    private mutating func readExpectation(_ value: UnsafePointer<CChar>) {
        if strcasecmp(value, "100-continue") == 0 {
            expectsContinue = true
        } else {
            fault = fault ?? .expectationFailed
        }
    }

    /// Letters, digits, dot, underscore and hyphen, 64 at most; anything else is as if it were not there.
    private static func validRequestID(_ value: UnsafePointer<CChar>) -> UnsafePointer<CChar>? {
        var length = 0
        while value[length] != 0 {
            switch UInt8(bitPattern: value[length]) {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                length += 1
            default: return nil
            }
            if length > 64 { return nil }
        }
        return length > 0 ? value : nil
    }

    private static func isNamed(_ name: UnsafePointer<CChar>, _ lowercase: StaticString) -> Bool {
        let (known, sent) = (UnsafeRawPointer(lowercase.utf8Start), UnsafeRawPointer(name))
        let count = lowercase.utf8CodeUnitCount
        return stride(from: 0, to: count, by: 4).allSatisfy { start in
            // Four bytes at a time, the last four again where they are no multiple.
            let place = min(start, count - 4)
            return sent.loadUnaligned(fromByteOffset: place, as: UInt32.self) | 0x2020_2020
                == known.loadUnaligned(fromByteOffset: place, as: UInt32.self)
        }
    }

    /// Whether a header's name is a token (RFC 9110, 5.6.2).
    private static func isToken(_ name: UnsafePointer<CChar>) -> Bool {
        var length = 0
        while name[length] != 0 {
            switch UInt8(bitPattern: name[length]) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "!"), UInt8(ascii: "."),
                UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "^"),
                UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
                length += 1
            default: return false
            }
        }
        return length > 0
    }
}

private func readField(
    _ context: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?,
    _ value: UnsafePointer<CChar>?
) -> MHD_Result {
    guard let head = context?.assumingMemoryBound(to: RequestHead.self), let name else { return .YES }
    head.pointee.read(name, value)
    return .YES
}
