import Foundation
import Glibc
import Store

/// Frames over a socket: a length of 8 bytes, little-endian, and as many bytes of safetensors.
struct WorkerSocket: ~Copyable {
    /// Why nothing more can be said or heard.
    enum Fault: Error {
        case ended
        case late
        case nonsense(String)
    }

    private static let frameLimit = 256 << 20
    private static let chunk = 1 << 16

    let descriptor: Int32
    /// What has been read and is not used up, from `start` on.
    private var inbox: [UInt8] = []
    private var start = 0

    init(descriptor: Int32) { self.descriptor = descriptor }

    mutating func send(_ frame: Safetensors, by deadline: ContinuousClock.Instant) throws(Fault) {
        let body = frame.encoded()
        var bytes = [UInt8]()
        bytes.reserveCapacity(8 + body.count)
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: body.count >> shift)) }
        bytes += body
        var done = 0
        while done < bytes.count {
            let sent = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if sent > 0 {
                done += sent
            } else {
                try wait(for: POLLOUT, by: deadline)
            }
        }
    }

    mutating func receive(by deadline: ContinuousClock.Instant) throws(Fault) -> Safetensors {
        while inbox.count - start < 8 { try fill(by: deadline) }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(inbox[start + $1]) << (8 * UInt64($1)) }
        guard length <= Self.frameLimit else { throw .nonsense("it began a frame of \(length) bytes") }
        let end = start + 8 + Int(length)
        while inbox.count < end { try fill(by: deadline) }
        defer { drop(upTo: end) }
        do { return try Safetensors(parsing: inbox.span.extracting(start + 8..<end)) } catch {
            throw .nonsense("it sent a frame that is not safetensors: \(error)")
        }
    }

    private mutating func drop(upTo end: Int) {
        start = end
        guard start == inbox.count else { return }
        // A large frame's room is not kept.
        inbox.removeAll(keepingCapacity: inbox.capacity <= 1 << 20)
        start = 0
    }

    private mutating func fill(by deadline: ContinuousClock.Instant) throws(Fault) {
        let count = inbox.count
        inbox.append(contentsOf: repeatElement(0, count: Self.chunk))
        let received = inbox.withUnsafeMutableBytes {
            recv(descriptor, $0.baseAddress! + count, Self.chunk, Int32(MSG_DONTWAIT))
        }
        let code = errno
        inbox.removeLast(Self.chunk - max(received, 0))
        if received > 0 { return }
        guard received < 0, code == EAGAIN || code == EINTR else { throw .ended }
        try wait(for: POLLIN, by: deadline)
    }

    private func wait(for events: Int32, by deadline: ContinuousClock.Instant) throws(Fault) {
        let rest = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
        guard rest > 0 else { throw .late }
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        guard poll(&entry, 1, Int32(min(rest.rounded(.up), 1e9))) >= 0 || errno == EINTR else { throw .ended }
        // A peer that is gone can be written to no more, but what it has sent can still be read.
        if events == POLLOUT, entry.revents & Int16(POLLHUP | POLLERR) != 0 { throw .ended }
    }
}
