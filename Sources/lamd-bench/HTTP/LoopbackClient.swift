import Foundation
import Glibc

/// Requests to a server on this machine, each on a connection of its own.
struct LoopbackClient {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let port: UInt16

    /// A port that nobody listens on.
    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var (address, length) = (loopback(port: 0), socklen_t(MemoryLayout<sockaddr_in>.size))
        let status = withSocketAddress(&address) { pointer in
            bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
        }
        guard status == 0 else { throw Failure(description: "no port is free: \(String(cString: strerror(errno)))") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// - Returns: the body of a reply that says that all went well.
    @discardableResult
    func send(_ method: String, _ path: String, _ body: String = "") throws -> String {
        let fields = ["Content-Type: application/json", "Connection: close"]
        let reply = try exchange(KeptConnection.request(method, path, Array(body.utf8), fields: fields))
        guard let end = reply.firstRange(of: "\r\n\r\n"), reply.hasPrefix("HTTP/1.1 2") else {
            throw Failure(description: "\(method) \(path) was answered: \(reply)")
        }
        return String(reply[end.upperBound...])
    }

    /// Makes a thing.
    /// - Parameter name: what its id is called in the answer.
    func make(_ name: String, _ path: String, _ body: String) throws -> String {
        let reply = try send("POST", path, body)
        let object = try JSONSerialization.jsonObject(with: Data(reply.utf8)) as? [String: Any]
        guard let id = object?[name] as? String else { throw Failure(description: "there is no \(name) in \(reply)") }
        return id
    }

    /// Asks until there is an answer.
    func wait(for path: String, isAlive: () -> Bool) throws {
        while true {
            if (try? send("GET", path)) != nil { return }
            guard isAlive() else { throw Failure(description: "the server ended at its start") }
            usleep(200)
        }
    }

    private func exchange(_ request: [UInt8]) throws -> String {
        let descriptor = try Self.connect(port: port)
        defer { close(descriptor) }
        guard Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw Failure(description: "the server at port \(port) hung up: \(String(cString: strerror(errno)))")
        }
        var (reply, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 16 << 10))
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            reply += buffer[..<count]
        }
        return String(decoding: reply, as: UTF8.self)
    }

    /// - Returns: the descriptor of a connection, the caller's own.
    static func connect(port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: port)
        let status = withSocketAddress(&address) {
            Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        guard status == 0 else {
            let failure = Failure(description: "nobody answers at port \(port): \(String(cString: strerror(errno)))")
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func withSocketAddress<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }
}
