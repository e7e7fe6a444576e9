/// The names that a connection's latest requests bore, the one for us and that of their page, and were admitted with: who keeps
/// to them need not be judged again.
struct LatestNames {
    private var host = LatestText<64>()
    /// Admitted together with the host: which pages we could have delivered hangs on our name.
    private var origin = LatestText<128>()
    private var isCrossOrigin = false
    /// Of the door that admitted them.
    private var edition = 0

    /// Whether it is a page from elsewhere that asks; nil where the names are not known.
    func find(host: UnsafePointer<CChar>?, origin: UnsafePointer<CChar>?, edition: Int) -> Bool? {
        guard edition == self.edition, let host, self.host.isSame(host) else { return nil }
        guard let origin else { return false }
        return self.origin.isSame(origin) ? isCrossOrigin : nil
    }

    mutating func keep(
        host: UnsafePointer<CChar>?, origin: UnsafePointer<CChar>?, edition: Int, isCrossOrigin: Bool
    ) {
        guard let host else { return }
        if edition != self.edition || !self.host.isSame(host) {
            guard self.host.keep(host) else { return }
            self.edition = edition
            self.origin = LatestText()
        }
        if let origin, self.origin.keep(origin) { self.isCrossOrigin = isCrossOrigin }
    }
}
