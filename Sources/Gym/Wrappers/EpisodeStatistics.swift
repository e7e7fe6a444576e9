/// Adds to the info of an episode's last step what the episode came to: `episode`, with its return `r`, its length `l` and
/// its seconds `t` (Gymnasium's `RecordEpisodeStatistics`).
public final class EpisodeStatistics: VectorWrapper {
    public let inner: any VectorEnvironment
    private let now: () -> ContinuousClock.Instant
    private var begins: [ContinuousClock.Instant]
    private var ended: [Int: Value] = [:]

    /// - Parameter now: the clock that `t` is told by.
    public init(_ inner: any VectorEnvironment, now: @escaping () -> ContinuousClock.Instant = { .now }) {
        self.inner = inner
        self.now = now
        begins = Array(repeating: now(), count: inner.count)
    }

    public var episodes: [Episode] {
        inner.episodes.map { episode in
            Episode(
                index: episode.index, episodeReturn: episode.episodeReturn, length: episode.length,
                finalInfo: episode.finalInfo.map { with(ended[episode.index], in: $0) })
        }
    }

    public func reset(seeds: [UInt64?], mask: [Bool]?, options: Value?) throws(EnvironmentError) {
        try inner.reset(seeds: seeds, mask: mask, options: options)
        ended = [:]
        for index in begins.indices where mask?[index] ?? true { begins[index] = now() }
    }

    public func step(_ actions: Lanes) throws(EnvironmentError) {
        try inner.step(actions)
        ended = [:]
        for index in begins.indices where inner.didReset[index] { begins[index] = now() }
        for episode in inner.episodes {
            let seconds = (now() - begins[episode.index]) / .seconds(1)
            ended[episode.index] = [
                "r": .double(episode.episodeReturn), "l": .int(Int64(episode.length)), "t": .double(seconds),
            ]
            begins[episode.index] = now()
        }
    }

    /// Under `same_step` the info is already the next episode's; the statistics are in the final info.
    public func info(_ index: Int) -> Value {
        options.autoreset == .sameStep ? inner.info(index) : with(ended[index], in: inner.info(index))
    }

    private func with(_ statistics: Value?, in info: Value) -> Value {
        guard let statistics, case .object(let members) = info else { return info }
        return .object(members + [.init("episode", statistics)])
    }
}
