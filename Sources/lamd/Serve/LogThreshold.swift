import Logging
import Synchronization

/// The level below which nothing is logged. All loggers of the process share one, which may change at any time.
final class LogThreshold: Sendable {
    private static let levels = Logger.Level.allCases
    private let place: Atomic<Int>

    init(_ level: Logger.Level) { place = Atomic(Self.place(of: level)) }

    var level: Logger.Level {
        get { Self.levels[place.load(ordering: .relaxed)] }
        set { place.store(Self.place(of: newValue), ordering: .relaxed) }
    }

    private static func place(of level: Logger.Level) -> Int { levels.firstIndex(of: level) ?? 0 }
}
