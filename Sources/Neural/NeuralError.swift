/// What can go wrong without anybody's mistake.
public enum NeuralError: Error, Sendable, Equatable {
    /// Whoever asked for it no longer wants it.
    case interrupted
    /// There is not the memory for it.
    case outOfMemory
    /// The links of an index contradict each other: only a new one helps.
    case damagedIndex
}
