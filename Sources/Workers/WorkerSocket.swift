import Foundation
import Glibc
import Store

/// Frames over a socket: a length of 8 bytes, little-endian, and as many bytes of safetensors. It never waits but in
/// ``send(_:by:)``, and there only for a peer that takes nothing more.
struct WorkerSocket: ~Copyable {
    /// Why nothing more can be said or heard; a clause whose subject is the worker.
    enum Fault: Error {
        case ended
        case late
        case nonsense(String)
    }

    static let frameLimit = 256 << 20
    private static let chunk = 1 << 16

    let descriptor: Int32
    /// What has been read and is not used up.
    private var inbox: [UInt8] = []
    /// Of the frame before: those of steps are all alike.
    private var header: Safetensors.Header?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 8)

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { buffer.deallocate() }

    mutating func send(_ frame: Safetensors, by deadline: ContinuousClock.Instant) throws(Fault) {
        let body = frame.encoded()
        var bytes = [UInt8]()
        bytes.reserveCapacity(8 + body.count)
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: body.count >> shift)) }
        bytes += body
        var done = 0
        while done < bytes.count {
            let sent = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if sent > 0 {
                done += sent
            } else {
                guard Self.wait([descriptor], for: POLLOUT, by: deadline) else { throw .late }
                if sent < 0, errno != EAGAIN, errno != EINTR { throw .ended }
            }
        }
    }

    /// The next frame that has come whole, if there is one.
    mutating func next() throws(Fault) -> Safetensors? {
        while true {
            if let frame = try take() { return frame }
            let received = recv(descriptor, buffer.baseAddress, Self.chunk, Int32(MSG_DONTWAIT))
            if received > 0 {
                inbox += buffer[..<received]
            } else if received < 0, errno == EAGAIN {
                return nil
            } else if received == 0 || errno != EINTR {
                throw .ended
            }
        }
    }

    private mutating func take() throws(Fault) -> Safetensors? {
        guard inbox.count >= 8 else { return nil }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(inbox[$1]) << (8 * UInt64($1)) }
        guard length <= Self.frameLimit else { throw .nonsense("began a frame of \(length) bytes") }
        let end = 8 + Int(length)
        guard inbox.count >= end else { return nil }
        let frame: Safetensors
        var header = header
        defer { self.header = header }
        do { frame = try Safetensors(parsing: inbox.span.extracting(8..<end), remembering: &header) } catch {
            throw .nonsense("sent a frame that is not safetensors: \(error)")
        }
        // A large frame's room is not kept.
        if inbox.count == end { inbox.removeAll(keepingCapacity: end <= 1 << 20) } else { inbox.removeFirst(end) }
        return frame
    }

    /// Waits until one of several sockets is ready.
    /// - Returns: false where none is by then.
    static func wait(_ descriptors: [Int32], for events: Int32, by deadline: ContinuousClock.Instant) -> Bool {
        var entries = descriptors.map { pollfd(fd: $0, events: Int16(events), revents: 0) }
        while true {
            let rest = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
            guard rest > 0 else { return false }
            let ready = poll(&entries, nfds_t(entries.count), Int32(min(rest.rounded(.up), 1e9)))
            if ready > 0 { return true }
            if ready < 0, errno != EINTR { return true }
        }
    }
}
