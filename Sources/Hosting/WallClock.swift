import Foundation

/// Tells the time of day of what is measured on the monotonic clock, and writes it as RFC 3339 in UTC.
public struct WallClock: Sendable {
    private let origin: (date: Date, instant: ContinuousClock.Instant)

    /// Where the monotonic clock was when this one was made.
    public var start: ContinuousClock.Instant { origin.instant }

    public init() { origin = (Date(), .now) }

    /// Seconds since 1970.
    public var now: Double { Date().timeIntervalSince1970 }

    public func timestamp(_ instant: ContinuousClock.Instant) -> String {
        timestamp(origin.date.timeIntervalSince1970 + (instant - origin.instant) / .seconds(1))
    }

    public func timestamp(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
