import CMicrohttpd
import Synchronization

/// Server-sent events to one client. Any thread may send; a thread that sends never waits for the network. A client that
/// does not keep up is cut off when its buffer is full, and comes back with `Last-Event-ID`.
@safe public final class EventStream: @unchecked Sendable {  // libmicrohttpd's connection, used under `buffer`'s rules
    private struct Buffer {
        var bytes: [UInt8] = []
        /// Where the bytes begin that the network has not taken.
        var next = 0
        var taken = 0
        var lastTraffic: UInt64
        var isFinished = false
        /// The reader found nothing and let the network thread go; whoever clears this must wake it.
        var isSuspended = false
        /// nil when the stream is closed: what it holds on to must not outlive the client.
        var onClose: (@Sendable (EventStream) -> Void)?
        var isClosed: Bool { onClose == nil }
    }

    private let connection: OpaquePointer
    /// How many bytes may wait for the client.
    private let capacity: Int
    private let buffer: Mutex<Buffer>

    init(_ connection: OpaquePointer, capacity: Int, onClose: @escaping @Sendable (EventStream) -> Void) {
        self.connection = connection
        self.capacity = capacity
        buffer = Mutex(Buffer(lastTraffic: MonotonicClock.now, onClose: onClose))
    }

    /// Whether anybody is still listening.
    public var isOpen: Bool { buffer.withLock { !$0.isClosed && !$0.isFinished } }

    /// Sends one event. The data may have several lines. Returns false when the client is gone, the stream finished, or
    /// the client so slow that it is now being cut off.
    @discardableResult
    public func send(event: String? = nil, id: String? = nil, data: [UInt8]) -> Bool {
        var text: [UInt8] = []
        text.reserveCapacity(data.count + 64)
        if let id { Self.append("id: ", Array(id.utf8), to: &text) }
        if let event { Self.append("event: ", Array(event.utf8), to: &text) }
        for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            Self.append("data: ", line, to: &text)
        }
        text.append(UInt8(ascii: "\n"))
        return push(text)
    }

    /// Ends the stream after what was already sent.
    public func finish() {
        wake { $0.isFinished = true }
    }

    var bytesSent: Int { buffer.withLock { $0.taken } }

    /// Sends a comment, which clients ignore, where nothing was sent for long: writing is the only way to notice that a
    /// client left.
    func beat(ifQuietSince time: UInt64) {
        if buffer.withLock({ $0.lastTraffic <= time }) { _ = push(Array(":\n\n".utf8)) }
    }

    private static func append(_ field: StaticString, _ value: some Collection<UInt8>, to text: inout [UInt8]) {
        text.append(contentsOf: UnsafeBufferPointer(start: field.utf8Start, count: field.utf8CodeUnitCount))
        // A line end inside would begin a field of its own.
        for byte in value where byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r") { text.append(byte) }
        text.append(UInt8(ascii: "\n"))
    }

    private func push(_ text: [UInt8]) -> Bool {
        let now = MonotonicClock.now
        var isTaken = false
        wake { buffer in
            guard !buffer.isClosed, !buffer.isFinished else { return }
            guard buffer.bytes.count - buffer.next + text.count <= capacity else {
                buffer.isFinished = true
                return
            }
            buffer.bytes.append(contentsOf: text)
            buffer.lastTraffic = now
            isTaken = true
        }
        return isTaken
    }

    /// Changes the buffer and resumes the connection where its reader waits. Only one thread can find it waiting, and until
    /// that thread has resumed it nothing else touches the connection, so that this happens outside the lock.
    private func wake(_ change: (inout Buffer) -> Void) {
        let mustResume = buffer.withLock { buffer in
            change(&buffer)
            defer { buffer.isSuspended = false }
            return buffer.isSuspended
        }
        if mustResume { MHD_resume_connection(connection) }
    }
}

// The network's side.
extension EventStream {
    func makeResponse() -> OpaquePointer {
        let response = MHD_create_response_from_callback(
            UInt64.max, 4096, readEvents, Unmanaged.passRetained(self).toOpaque(), closeEvents)
        guard let response else { preconditionFailure("out of memory for an event stream") }
        return response
    }

    /// Gives the network what there is, or lets its thread go until there is something.
    fileprivate func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        buffer.withLock { buffer in
            let count = min(target.count, buffer.bytes.count - buffer.next)
            guard count > 0 else {
                if buffer.isFinished { return Int(MHD_CONTENT_READER_END_OF_STREAM) }
                // Under the lock, or a sender could resume before this suspends, and the wake-up would be lost.
                MHD_suspend_connection(connection)
                buffer.isSuspended = true
                return 0
            }
            buffer.bytes.withUnsafeBytes {
                target.copyMemory(from: .init(rebasing: $0[buffer.next..<buffer.next + count]))
            }
            buffer.next += count
            buffer.taken += count
            if buffer.next == buffer.bytes.count {
                buffer.bytes.removeAll(keepingCapacity: true)
                buffer.next = 0
            }
            return count
        }
    }

    fileprivate func close() {
        let onClose = buffer.withLock { buffer in
            defer { buffer.onClose = nil }
            return buffer.onClose
        }
        onClose?(self)
    }
}

private func readEvents(
    _ context: UnsafeMutableRawPointer?, _ position: UInt64, _ target: UnsafeMutablePointer<CChar>?, _ size: Int
) -> Int {
    guard let context else { return Int(MHD_CONTENT_READER_END_WITH_ERROR) }
    let target = UnsafeMutableRawBufferPointer(start: target, count: size)
    return Unmanaged<EventStream>.fromOpaque(context).takeUnretainedValue().read(into: target)
}

private func closeEvents(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<EventStream>.fromOpaque(context).takeRetainedValue().close()
}
