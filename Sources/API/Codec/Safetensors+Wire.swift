import Gym
import Store

/// Tensors that a client sent.
extension Safetensors {
    /// `count` elements of a space, every one checked.
    func lanes(_ name: String, _ layout: Layout, count: Int) throws(Problem) -> Lanes {
        do { return try TensorCodec.lanes(name, layout, in: self, count: count) } catch {
            throw Problem(error.isMissing ? .missingParameter : .notAMember, error.reason, at: "/\(error.name)")
        }
    }

    /// - Throws: where there is a tensor that nobody reads.
    func refuseOthers(than known: [String]) throws(Problem) {
        guard let stranger = entries.first(where: { !known.contains($0.name) }) else { return }
        throw Problem(
            .unknownField, "there is no tensor \"\(stranger.name)\"; there are \(known.joined(separator: ", "))",
            at: "/\(stranger.name)")
    }
}
