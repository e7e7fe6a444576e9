import Glibc

/// A client that sends exactly the bytes it is given, and reads what comes with a deadline.
final class RawClient {
    struct Response: Equatable {
        var status = 0
        var head = ""
        var body: [UInt8] = []
        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { continue }
                return String(parts[1].drop { $0 == " " })
            }
            return nil
        }
    }

    let descriptor: Int32
    private var buffer: [UInt8] = []
    private(set) var isEnded = false

    init(port: UInt16) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        withUnsafePointer(to: &address) { connect(to: $0, MemoryLayout<sockaddr_in>.size) }
    }

    init(path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafePointer(to: &address) { connect(to: $0, MemoryLayout<sockaddr_un>.size) }
    }

    deinit { close() }

    private func connect<Address>(to address: UnsafePointer<Address>, _ size: Int) {
        let raw = UnsafeRawPointer(address).assumingMemoryBound(to: sockaddr.self)
        isEnded = Glibc.connect(descriptor, raw, socklen_t(size)) != 0
        setTimeout(seconds: 8)
    }

    func setTimeout(seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    func close() {
        if !isClosed { Glibc.close(descriptor) }
        isClosed = true
    }
    private var isClosed = false

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Returns false when the peer does not take it any more.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Sends a request with `Host`, and `Content-Length` where there is a body.
    func request(_ method: String, _ path: String, headers: [String] = [], body: String = "") {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: test"] + headers
        if !body.isEmpty || method == "POST" { lines.append("Content-Length: \(body.utf8.count)") }
        send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// One whole response; nil when the connection ends or nothing comes in time.
    func response(toHead isHead: Bool = false) -> Response? {
        guard let head = read(upTo: "\r\n\r\n") else { return nil }
        var response = Response(head: head)
        response.status = Int(head.split(separator: " ")[1]) ?? 0
        if response.status == 100 { return response }
        if isHead || response.status == 204 { return response }
        if let length = response.header("Content-Length").flatMap({ Int($0) }) {
            guard let body = read(count: length) else { return nil }
            response.body = body
        } else if response.header("Transfer-Encoding") == "chunked" {
            while let chunk = chunk(), !chunk.isEmpty { response.body += chunk }
        }
        return response
    }

    /// The head of a response whose body is read in pieces.
    func responseHead() -> String? { read(upTo: "\r\n\r\n") }

    /// The next chunk of a chunked body; empty at its end.
    func chunk() -> [UInt8]? {
        guard let line = read(upTo: "\r\n"), let size = Int(line, radix: 16), let bytes = read(count: size) else {
            return nil
        }
        return read(upTo: "\r\n") == nil ? nil : bytes
    }

    /// Whether the peer closes, without a byte more, before the time is over.
    func closes(within seconds: Int = 8) -> Bool {
        setTimeout(seconds: seconds)
        return buffer.isEmpty && !fill() && isEnded
    }

    private func read(upTo mark: String) -> String? {
        let mark = Array(mark.utf8)
        var from = 0
        while true {
            while from + mark.count <= buffer.count {
                if buffer[from..<from + mark.count].elementsEqual(mark) {
                    let text = String(decoding: buffer[..<from], as: UTF8.self)
                    buffer.removeFirst(from + mark.count)
                    return text
                }
                from += 1
            }
            if !fill() { return nil }
        }
    }

    func bytes(_ count: Int) -> [UInt8]? { read(count: count) }

    private func read(count: Int) -> [UInt8]? {
        while buffer.count < count { if !fill() { return nil } }
        let bytes = Array(buffer[..<count])
        buffer.removeFirst(count)
        return bytes
    }

    private func fill() -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count == 0 || (count < 0 && errno != EAGAIN) { isEnded = true }
        if count <= 0 { return false }
        buffer += piece[..<count]
        return true
    }
}
