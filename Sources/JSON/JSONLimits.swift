/// What a JSON text may cost before it is refused. jansson spends up to 80 bytes of memory per byte of text and recurses
/// once per level, so that these are looked at before it sees a single byte.
public struct JSONLimits: Sendable, Equatable {
    /// Levels of arrays and objects inside each other.
    public var depth: Int
    /// Arrays and objects in all.
    public var containers: Int
    /// Strings (keys included), numbers, Booleans and nulls in all.
    public var scalars: Int
    /// Bytes of one number's text.
    public var numberBytes: Int

    public init(depth: Int = 32, containers: Int = 20_000, scalars: Int = 1_000_000, numberBytes: Int = 64) {
        self.depth = depth
        self.containers = containers
        self.scalars = scalars
        self.numberBytes = numberBytes
    }

    /// 32 levels, 20,000 containers, 1,000,000 scalars, 64 bytes per number.
    public static let standard = JSONLimits()
}
