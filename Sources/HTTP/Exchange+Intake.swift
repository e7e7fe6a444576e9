import CMicrohttpd
import Logging
import Synchronization

// What libmicrohttpd calls, in this order: `begin` when the head is there, `take` for each piece of the body, `finish` when
// it is whole (and again after a detached exchange was answered), `complete` when the reply was sent or the client left.
extension Exchange {
    func begin() -> MHD_Result {
        peer.setDeadline(started + state.transferDeadline)
        let open = state.requests.add(1, ordering: .relaxed).newValue
        let stranger = findStranger()
        verdict =
            head.fault ?? stranger ?? (open > state.configuration.requestLimit ? .overloaded : nil) ?? findRoute()
            ?? admit()
        bodyLimit = limit()
        if verdict == nil, head.contentLength > bodyLimit { verdict = .bodyTooLarge(limit: bodyLimit) }
        guard let verdict, mustAnswerNow(verdict) else { return .YES }
        refuse(verdict)
        return queue()
    }

    func take(_ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        received += bytes.count
        peer.extendDeadline(by: UInt64(bytes.count) * state.nanosecondsPerByte)
        if verdict == nil, received > bodyLimit { verdict = .bodyTooLarge(limit: bodyLimit) }
        if verdict == nil { keep(bytes) }
        guard verdict != nil else { return .YES }
        dropBody()
        return received > state.configuration.drainLimit ? .NO : .YES
    }

    func finish() -> MHD_Result {
        if phase.load(ordering: .acquiring) == .receiving { decide() }
        if isSuspended {
            // The answer may be on its way already: it is taken when the connection has been resumed, not before.
            isSuspended = false
            return .YES
        }
        switch phase.load(ordering: .acquiring) {
        case .answered: return queue()
        case .receiving, .handling, .detached:
            state.logger.error("a handler returned without an answer", metadata: ["route": "\(route?.name ?? "none")"])
            refuse(.unanswered)
            return queue()
        }
    }

    func complete(_ ending: MHD_RequestTerminationCode) {
        let now = MonotonicClock.now
        peer.setDeadline(now + state.betweenRequests)
        if let stream {
            replyBytes = stream.bytesSent
        } else {
            state.requests.subtract(1, ordering: .relaxed)
        }
        let served = Served(
            status: status, bytes: replyBytes, nanoseconds: now - started,
            isComplete: ending == .REQUEST_TERMINATED_COMPLETED_OK && status != 0)
        state.afterReply(self, served)
        dropResponse()
    }

    /// Whether the caller may ask for what the route is: found out before the body is read.
    private func admit() -> HTTPFault? { routeIndex >= 0 ? state.admit(self) : nil }

    private func decide() {
        if let verdict {
            refuse(verdict)
        } else if let allowedMethods {
            respond(status: 204, headers: optionFields(allowedMethods))
        } else {
            phase.store(.handling, ordering: .relaxed)
            state.router.routes[routeIndex].handler(self)
        }
    }

    private func queue() -> MHD_Result {
        guard let response else { return .NO }
        if stream == nil {
            peer.setDeadline(state.deadline(from: MonotonicClock.coarse, for: replyBytes))
        } else {
            peer.setDeadline(Peer.never)
            state.requests.subtract(1, ordering: .relaxed)
        }
        return MHD_queue_response(connection, UInt32(status), response)
    }

    private func limit() -> Int {
        let isBulk =
            switch routeIndex >= 0 ? state.router.routes[routeIndex].body : .standard {
            case .standard: false
            case .bulk: true
            case .bulkByType: head.mediaType.isBulk
            }
        return isBulk ? state.limits.bulkBody.load(ordering: .relaxed) : state.limits.body.load(ordering: .relaxed)
    }

    /// An answer before the body costs the connection, and clients that are still sending may not see it: so only where the
    /// client waits for leave to send, where too much would come, or where nothing more can be believed.
    private func mustAnswerNow(_ fault: HTTPFault) -> Bool {
        let hasBody = head.isChunked || head.contentLength > 0
        return fault.closesConnection || (hasBody && head.expectsContinue)
            || head.contentLength > state.configuration.drainLimit
    }

    private func keep(_ bytes: UnsafeRawBufferPointer) {
        let before = body.accounted
        body.append(bytes, expected: head.contentLength)
        let growth = body.accounted - before
        guard growth > 0 else { return }
        let buffered = state.bufferedBytes.add(growth, ordering: .relaxed).newValue
        if buffered > state.configuration.bufferedLimit { verdict = .overloaded }
    }

    func dropBody() {
        state.bufferedBytes.subtract(body.accounted, ordering: .relaxed)
        body.removeAll()
    }
}
