import Environments
import Gym

/// The state of a world, which clients keep: whatever it says, the world goes on, or refuses it and is as it was.
enum SnapshotFuzz {
    private static let catalogue = Catalogue.worlds
    /// Sampling and drawing what is very large takes long.
    private static let specs = catalogue.specs.filter { spec in
        guard let vector = try? spec.make() else { return false }
        return (vector.actionSpace.layout?.count ?? 0) < 100 && (vector.observationSpace.layout?.count ?? 0) < 1_000
    }

    static func read(_ bytes: [UInt8]) {
        guard bytes.count > 2 else { return }
        let spec = specs[Int(bytes[0]) % specs.count]
        let autoreset = AutoresetMode.allCases[Int(bytes[1]) % 3]
        guard let vector = try? spec.make(options: VectorOptions(count: 1 + Int(bytes[1]) % 2, autoreset: autoreset)),
            (try? vector.reset(seed: 1)) != nil
        else { fatalError("\(spec.id) is not made") }
        let rest = Array(bytes.dropFirst(2))
        restore(edited(state(vector), by: rest), vector)
        restore(rest, vector)
    }

    /// A whole state with eight bytes written wherever an edit, a place of two bytes and those eight, says.
    private static func edited(_ state: [UInt8], by edits: [UInt8]) -> [UInt8] {
        var state = state
        for start in stride(from: 0, through: edits.count - 10, by: 10) {
            let place = (Int(edits[start]) | Int(edits[start + 1]) << 8) % state.count
            for byte in 0..<min(8, state.count - place) { state[place + byte] = edits[start + 2 + byte] }
        }
        return state
    }

    private static func state(_ vector: any VectorEnvironment) -> [UInt8] {
        var writer = StateWriter()
        vector.save(to: &writer)
        return writer.bytes
    }

    private static func restore(_ bytes: [UInt8], _ vector: any VectorEnvironment) {
        let before = state(vector)
        var reader = StateReader(bytes)
        guard (try? vector.restore(from: &reader)) != nil else {
            return promise(state(vector) == before, "what was refused is half restored")
        }
        let restored = state(vector)
        reader = StateReader(restored)
        promise((try? vector.restore(from: &reader)) != nil && reader.isAtEnd, "what was saved is refused")
        promise(state(vector) == restored, "what was saved is restored otherwise")
        walk(vector)
    }

    private static func walk(_ vector: any VectorEnvironment) {
        guard let layout = vector.actionSpace.layout else { return }
        var sampler = SpaceSampler(vector.actionSpace, seed: 1)
        for _ in 0..<3 {
            var writer = LaneWriter(Lanes(layout.element, count: layout.count * vector.count))
            for _ in 0..<vector.count { sampler.sample(into: &writer) }
            // An episode that is over refuses, and that is right.
            guard (try? vector.step(writer.lanes)) != nil else { break }
            _ = vector.actionMasks
            _ = (0..<vector.count).map(vector.info)
        }
        // A picture takes longer than all the rest.
        _ = vector.renderModes.first.map { try? vector.render(0, $0) }
    }
}
