/// Who a connection's latest `Authorization` turned out to be: to look a token up each time would cost more than the step that
/// it pays for. Made for a connection that sends one: the others do without its room.
final class KnownCaller {
    private var text = LatestText<128>()
    private var generation: UInt64 = 0
    private var end: UInt64 = 0
    private var caller: (any AnyObject & Sendable)?

    /// - Parameter generation: of whatever callers are found in; what was known before its latest change is forgotten.
    func find(_ sent: UnsafePointer<CChar>, _ generation: UInt64, now: UInt64) -> (any AnyObject & Sendable)? {
        generation == self.generation && now < end && text.isSame(sent) ? caller : nil
    }

    func keep(
        _ sent: UnsafePointer<CChar>, _ generation: UInt64, until end: UInt64, _ caller: any AnyObject & Sendable
    ) {
        guard text.keep(sent) else { return }
        self.generation = generation
        self.end = end
        self.caller = caller
    }
}
