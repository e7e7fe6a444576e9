/// What can go wrong with a picture.
public enum DrawingError: Error, Sendable, Equatable {
    /// A picture has 1 to 16,384 pixels on each side.
    case sizeOutOfRange(width: Int, height: Int)
    /// cairo gave up, in its own words: in practice, for want of memory.
    case cairo(String)
}
