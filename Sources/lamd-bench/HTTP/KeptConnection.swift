import Glibc

/// A connection that is kept, on which many requests are sent at once and their replies are read one after the other: then the
/// server never waits for the next one, and what it spends is what they cost.
final class KeptConnection {
    private let descriptor: Int32
    /// What has arrived and was not yet handed out, from `start` on.
    private var arrived: [UInt8] = []
    private var start = 0
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)

    init(port: UInt16) throws { descriptor = try LoopbackClient.connect(port: port) }

    deinit { close(descriptor) }

    static func request(
        _ method: String, _ path: String, _ body: [UInt8] = [],
        fields: [String] = ["Content-Type: application/json", "Accept: */*"]
    ) -> [UInt8] {
        let lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1", "Content-Length: \(body.count)"] + fields
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8) + body
    }

    /// Sends requests, and waits until as many replies have come and were all good.
    /// - Parameter each: is given the body of each.
    func exchange(_ requests: [UInt8], replies: Int, _ each: (ArraySlice<UInt8>) throws -> Void = { _ in }) throws {
        var sent = 0
        while sent < requests.count {
            let count = requests.withUnsafeBytes {
                send(descriptor, $0.baseAddress?.advanced(by: sent), requests.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw LoopbackClient.Failure(description: "the server hung up") }
            sent += count
        }
        for _ in 0..<replies { try each(try reply()) }
        arrived.removeSubrange(..<start)
        start = 0
    }

    private func reply() throws -> ArraySlice<UInt8> {
        var head = headEnd()
        while head == nil {
            try receive()
            head = headEnd()
        }
        guard let head, arrived[start...].starts(with: "HTTP/1.1 2".utf8), let length = length(in: start..<head) else {
            throw LoopbackClient.Failure(
                description: "a request was answered: \(String(decoding: arrived[start...], as: UTF8.self))")
        }
        while arrived.count < head + length { try receive() }
        start = head + length
        return arrived[head..<start]
    }

    /// Where the body begins; nil where the head is not whole.
    private func headEnd() -> Int? {
        var place = start + 4
        while place <= arrived.count {
            if arrived[place - 1] == 0x0a, arrived[place - 2] == 0x0d, arrived[place - 3] == 0x0a { return place }
            place += 1
        }
        return nil
    }

    private func length(in head: Range<Int>) -> Int? {
        for line in arrived[head].split(separator: 0x0a) where line.starts(with: "Content-Length: ".utf8) {
            return Int(String(decoding: line.dropFirst(16).prefix { $0 != 0x0d }, as: UTF8.self))
        }
        return nil
    }

    private func receive() throws {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw LoopbackClient.Failure(description: "the server hung up") }
        arrived += buffer[..<count]
    }
}
