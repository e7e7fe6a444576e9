/// The names that a connection's latest requests bore, the one for us and that of their page, and were admitted with: who keeps
/// to them need not be judged again.
struct LatestNames {
    private var host = LatestText<64>()
    /// Admitted together with the host: which pages we could have delivered hangs on our name. Only pages' connections have the
    /// room for it.
    private var page: Page?
    /// Of the door that admitted them.
    private var edition = 0

    private final class Page {
        var origin = LatestText<128>()
        var isCrossOrigin = false
    }

    /// Whether it is a page from elsewhere that asks; nil where the names are not known.
    func find(host: UnsafePointer<CChar>?, origin: UnsafePointer<CChar>?, edition: Int) -> Bool? {
        guard edition == self.edition, let host, self.host.isSame(host) else { return nil }
        guard let origin else { return false }
        guard let page, page.origin.isSame(origin) else { return nil }
        return page.isCrossOrigin
    }

    mutating func keep(
        host: UnsafePointer<CChar>?, origin: UnsafePointer<CChar>?, edition: Int, isCrossOrigin: Bool
    ) {
        guard let host else { return }
        if edition != self.edition || !self.host.isSame(host) {
            guard self.host.keep(host) else { return }
            self.edition = edition
            page = nil
        }
        guard let origin else { return }
        let page = page ?? Page()
        if page.origin.keep(origin) { page.isCrossOrigin = isCrossOrigin }
        self.page = page
    }
}
