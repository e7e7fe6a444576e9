import CMicrohttpd
import Synchronization

// Who asks: by which name for us, and on behalf of which page. Neither costs anything where a client is no browser.
extension Exchange {
    /// Judges `Host` and `Origin`, whatever else may be wrong with the request: what refuses it needs to know, too.
    func findStranger() -> HTTPFault? {
        if head.origin != nil, let fault = judgeOrigin() { return fault }
        guard let host = head.host, !peer.isUnix else { return nil }
        let edition = state.door.edition.load(ordering: .acquiring)
        if peer.hostEdition == edition, peer.latestHost.isSame(host) { return nil }
        guard state.door.admits(host: host) else { return .misdirected }
        if peer.latestHost.keep(host) { peer.hostEdition = edition }
        return nil
    }

    private func judgeOrigin() -> HTTPFault? {
        guard !head.hasManyOrigins, let origin = header(named: "Origin") else { return .originNotAllowed }
        if let host = head.host, WebOrigin(origin)?.isServed(by: String(cString: host)) == true { return nil }
        isCrossOrigin = state.door.admits(origin: origin)
        return isCrossOrigin ? nil : .originNotAllowed
    }

    /// What a browser needs to let its page see the reply.
    func addCrossOriginFields(to response: OpaquePointer) {
        guard isCrossOrigin, let origin = header(named: "Origin") else { return }
        Self.add("Access-Control-Allow-Origin", origin, to: response)
        Self.add("Vary", "Origin", to: response)
        Self.add("Access-Control-Expose-Headers", Self.exposed, to: response)
    }

    /// What answers a browser that asks before it sends (Fetch, 4.8), and everybody else who asks for the methods.
    func optionFields(_ methods: MethodSet) -> [(name: String, value: String)] {
        let allow = methods.allow
        guard isCrossOrigin, header(named: "Access-Control-Request-Method") != nil else { return [("Allow", allow)] }
        return [
            ("Allow", allow), ("Access-Control-Allow-Methods", allow), ("Access-Control-Allow-Headers", Self.taken),
            ("Access-Control-Max-Age", "600"),
        ]
    }

    /// Fields of a request that a page may set.
    private static let taken =
        "Authorization, Content-Type, Accept, Idempotency-Key, Last-Event-ID, If-Match, X-Request-Id, traceparent"
    /// Fields of a reply that a page may read.
    private static let exposed =
        "Location, ETag, X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, Allow, "
        + "Content-Disposition"
}
