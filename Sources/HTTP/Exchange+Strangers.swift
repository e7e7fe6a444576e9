import CMicrohttpd
import Synchronization

// Who asks: by which name for us, and on behalf of which page. Who goes on by the same names pays for a comparison.
extension Exchange {
    /// Judges `Host` and `Origin`, whatever else may be wrong with the request: what refuses it needs to know, too.
    func findStranger() -> HTTPFault? {
        if head.hasManyOrigins { return .originNotAllowed }
        let edition = state.door.edition.load(ordering: .acquiring)
        if let isKnown = peer.latestNames.find(host: head.host, origin: head.origin, edition: edition) {
            isCrossOrigin = isKnown
            return nil
        }
        if let origin = head.origin, let fault = judge(String(cString: origin)) { return fault }
        if let host = head.host, !peer.isUnix, !state.door.admits(host: host) { return .misdirected }
        peer.latestNames.keep(host: head.host, origin: head.origin, edition: edition, isCrossOrigin: isCrossOrigin)
        return nil
    }

    private func judge(_ origin: String) -> HTTPFault? {
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
