import CReference
import Gym

/// A vector of environments in C, whose generators begin where those of lamd's vector do.
final class ReferenceVector {
    private let vector: UnsafeMutablePointer<reference_vector>
    private let width: Int

    /// - Parameters:
    ///   - width: lanes of an observation.
    ///   - seed: of the first environment, as in ``VectorEnvironment/reset(seed:options:)``.
    init(_ kind: reference_kind, count: Int, width: Int, seed: UInt64) {
        self.width = width
        var writer = StateWriter()
        for index in 0..<count { RandomGenerator(seed: seed + UInt64(index)).save(to: &writer) }
        guard
            let vector = writer.bytes.withUnsafeBytes({ bytes in
                reference_vector_make(kind, count, bytes.bindMemory(to: UInt64.self).baseAddress)
            })
        else { preconditionFailure("there is memory for a vector") }
        self.vector = vector
    }

    deinit { reference_vector_free(vector) }

    func step(_ actions: Lanes) {
        switch actions {
        case .int64(let actions): actions.withUnsafeBytes { reference_vector_step(vector, $0.baseAddress) }
        case .float32(let actions): actions.withUnsafeBytes { reference_vector_step(vector, $0.baseAddress) }
        case .float64, .uint8: preconditionFailure("no world here has such actions")
        }
    }

    func rate(_ actions: [Lanes], count: Int) -> Double {
        Stopwatch.rate(atLeast: Settings.turn, by: Stopwatch.own) {
            for batch in actions { step(batch) }
            return actions.count * count
        }
    }

    /// Whether the latest step came to the same to the bit.
    func isAt(_ other: any VectorEnvironment) -> Bool {
        let (vector, count) = (vector.pointee, other.count)
        guard case .float32(let observations) = other.observations else { return false }
        let episodes = UnsafeBufferPointer(start: vector.episodes, count: vector.episode_count)
        return observations.elementsEqual(UnsafeBufferPointer(start: vector.observations, count: count * width))
            && other.rewards.elementsEqual(UnsafeBufferPointer(start: vector.rewards, count: count))
            && other.terminated.elementsEqual(UnsafeBufferPointer(start: vector.terminated, count: count))
            && other.truncated.elementsEqual(UnsafeBufferPointer(start: vector.truncated, count: count))
            && other.didReset.elementsEqual(UnsafeBufferPointer(start: vector.did_reset, count: count))
            && other.episodes.elementsEqual(episodes) {
                ($0.index, $0.episodeReturn, $0.length) == ($1.index, $1.sum, $1.length)
            }
    }
}
