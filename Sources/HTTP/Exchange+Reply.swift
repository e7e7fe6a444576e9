import CMicrohttpd
import Synchronization

// Answering.
extension Exchange {
    /// Answers. The array is handed to the network without being copied when it is large.
    public func respond(
        status: Int = 200, contentType: String? = nil, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        if isStocked(status, contentType, headers, body.count) {
            let spare = state.stock.take(with: body.span)
            return deliver(spare.response, spare, status: status, bytes: body.count)
        }
        let response = ReplyBody.response(keeping: body)
        decorate(response, status, contentType, headers)
        deliver(response, status: status, bytes: body.count)
    }

    /// Whether a reply has nothing that those of the stock have not.
    private func isStocked(
        _ status: Int, _ contentType: String?, _ headers: [(name: String, value: String)], _ count: Int
    ) -> Bool {
        status < 400 && count <= ReplyStock.longest && count > 0 && headers.isEmpty && head.requestID == nil
            && !state.isTold && !isCrossOrigin && contentType == state.stock.contentType
            && !state.isDraining.load(ordering: .relaxed)
    }

    /// Answers with a copy of bytes that the caller goes on using.
    public func respond(
        status: Int = 200, contentType: String? = nil, headers: [(name: String, value: String)] = [],
        copying body: Span<UInt8>
    ) {
        let response = ReplyBody.response(copying: body)
        decorate(response, status, contentType, headers)
        deliver(response, status: status, bytes: body.count)
    }

    public func respond(_ reply: Reply) {
        respond(status: reply.status, contentType: reply.contentType, headers: reply.headers, body: reply.body)
    }

    /// Answers with a file, read as it is sent; it may be removed as soon as this returns.
    /// - Returns: false where it cannot be read, and nothing was answered.
    public func respond(
        contentType: String, headers: [(name: String, value: String)] = [], fileAt path: String
    ) -> Bool {
        guard let (response, size) = ReplyBody.response(readingFrom: path) else { return false }
        decorate(response, 200, contentType, headers)
        deliver(response, status: 200, bytes: size)
        return true
    }

    /// Answers with server-sent events, which any thread may push from now on. nil where too many streams are open; the
    /// request has then been answered 503. `onClose` runs once, on a network thread, when the client left or the stream
    /// was finished and sent.
    public func respondEvents(onClose: @escaping @Sendable () -> Void = {}) -> EventStream? {
        guard state.streams.add(1, ordering: .relaxed).newValue <= state.configuration.streamLimit else {
            state.streams.subtract(1, ordering: .relaxed)
            refuse(.overloaded)
            return nil
        }
        let stream = EventStream(connection, capacity: state.configuration.streamBuffer) { [state] stream in
            state.remove(stream)
            state.streams.subtract(1, ordering: .relaxed)
            onClose()
        }
        if !state.add(stream) { stream.finish() }
        let response = stream.makeResponse()
        decorate(response, 200, "text/event-stream", [("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")])
        deliver(response, status: 200, bytes: 0, stream: stream)
        return stream
    }

    /// Lets the network thread go: the request stays open until some thread answers it. Only in the handler.
    public func detach() {
        precondition(phase.load(ordering: .relaxed) == .handling, "detach is for a handler that has not answered")
        copyRequest()
        peer.setDeadline(Peer.never)
        MHD_suspend_connection(connection)
        isSuspended = true
        phase.store(.detached, ordering: .releasing)
        if !state.add(self) { refuse(.stopping) }
    }

    /// Detaches and runs the work on a pool; it must answer. A full pool answers 503 at once.
    public func detach(on pool: WorkerPool, _ work: @escaping @Sendable (Exchange) -> Void) {
        detach()
        let isQueued = pool.submit { [self] in
            work(self)
            if phase.load(ordering: .acquiring) == .detached { refuse(.unanswered) }
        }
        if !isQueued { refuse(.overloaded) }
    }

    /// Answers with a fault, in the words of whoever runs the server.
    func refuse(_ fault: HTTPFault) {
        let reply = state.renderFault(fault, self)
        let response = ReplyBody.response(keeping: reply.body)
        decorate(response, reply.status, reply.contentType, reply.headers)
        switch fault {
        case .methodNotAllowed(let methods): Self.add("Allow", methods.allow, to: response)
        case .unauthorized(_, let isKnown):
            let reason = isKnown ? ", error=\"invalid_token\"" : ""
            Self.add("WWW-Authenticate", "Bearer realm=\"lamd\"\(reason)", to: response)
        case .overloaded, .stopping: Self.add("Retry-After", "1", to: response)
        default: break
        }
        if fault.closesConnection { Self.add("Connection", "close", to: response) }
        deliver(response, status: reply.status, bytes: reply.body.count)
    }

    private func decorate(
        _ response: OpaquePointer, _ status: Int, _ contentType: String?, _ headers: [(name: String, value: String)]
    ) {
        if let contentType { Self.add("Content-Type", contentType, to: response) }
        for (name, value) in headers { Self.add(name, value, to: response) }
        if status >= 400 || head.requestID != nil || state.isTold { Self.add("X-Request-Id", requestID, to: response) }
        if state.isDraining.load(ordering: .relaxed) { Self.add("Connection", "close", to: response) }
        addCrossOriginFields(to: response)
    }

    static func add(_ name: String, _ value: String, to response: OpaquePointer) {
        // Passed as arguments, the strings would be copied into arrays first.
        let isAdded = name.withCString { name in value.withCString { MHD_add_response_header(response, name, $0) } }
        precondition(isAdded == .YES, "\(name) is no header or \(value) no value of one")
    }

    /// Leaves the reply where the network thread picks it up, and wakes it where it was let go.
    private func deliver(
        _ response: OpaquePointer, _ spare: ReplyStock.Spare? = nil, status: Int, bytes: Int,
        stream: EventStream? = nil
    ) {
        precondition((200...599).contains(status), "\(status) is no final status")
        guard let before = claim() else { return drop(response, spare) }
        self.response = response
        self.spare = spare
        self.status = status
        self.stream = stream
        replyBytes = method == .head ? 0 : bytes
        if before == .detached {
            state.remove(self)
            MHD_resume_connection(connection)
        }
    }

    /// Lets go of the reply, which was sent or will never be.
    func dropResponse() {
        if let response { drop(response, spare) }
        response = nil
        spare = nil
    }

    private func drop(_ response: OpaquePointer, _ spare: ReplyStock.Spare?) {
        if let spare { state.stock.put(spare) } else { MHD_destroy_response(response) }
    }

    /// Whoever gets a phase may answer; all others are too late.
    private func claim() -> Phase? {
        var before = phase.load(ordering: .acquiring)
        while before != .answered {
            let (isMine, found) = phase.compareExchange(
                expected: before, desired: .answered, ordering: .acquiringAndReleasing)
            if isMine { return before }
            before = found
        }
        return nil
    }
}
