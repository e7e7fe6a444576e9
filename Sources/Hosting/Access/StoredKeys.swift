/// Which keys the catalogue may have a reply to: the others need not be looked for on every request.
///
/// Hashes, so that a day of them takes little; one that is not there any more, or that another key has too, only costs a look.
struct StoredKeys {
    private var young: Set<Int> = []
    private var old: Set<Int> = []
    /// When the young ones began.
    private var since: Double
    private let lifetime: Double

    /// - Parameter lifetime: how long a key is needed at least, in seconds.
    init(lifetime: Double, now: Double) {
        self.lifetime = lifetime
        since = now
    }

    mutating func insert(_ key: KeptReplies.Key, now: Double) {
        if now > since + lifetime { (old, young, since) = (young, [], now) }
        young.insert(key.hashValue)
    }

    func mayContain(_ key: KeptReplies.Key) -> Bool {
        let hash = key.hashValue
        return young.contains(hash) || old.contains(hash)
    }
}
