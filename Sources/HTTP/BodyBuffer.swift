import Glibc

/// A request's body while it arrives and until its exchange is gone.
struct BodyBuffer: ~Copyable {
    /// What a Content-Length may claim without having sent it.
    private static let trust = 64 << 10

    private var start: UnsafeMutablePointer<UInt8>?
    private(set) var count = 0
    private var capacity = 0

    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

    /// What counts against the server's limit: small bodies do not.
    var accounted: Int { capacity > Self.trust ? capacity : 0 }

    mutating func append(_ bytes: UnsafeRawBufferPointer, expected: Int) {
        if count + bytes.count > capacity { grow(to: count + bytes.count, expected: expected) }
        start.map { UnsafeMutableRawBufferPointer(start: $0 + count, count: bytes.count).copyMemory(from: bytes) }
        count += bytes.count
    }

    mutating func removeAll() {
        free(start)
        start = nil
        count = 0
        capacity = 0
    }

    private mutating func grow(to needed: Int, expected: Int) {
        capacity = max(needed, min(expected, max(Self.trust, 2 * capacity)), expected > 0 ? 0 : 2 * capacity)
        guard let memory = realloc(start, capacity) else { preconditionFailure("out of memory for a request's body") }
        start = memory.assumingMemoryBound(to: UInt8.self)
    }

    deinit {
        free(start)
    }
}
