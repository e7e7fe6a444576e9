import Gym
import Neural

/// Candidates with the memory in which their keys are made: what learning has in place of an embedded component's
/// members, for a batch or while it acts.
struct Shortlist: Sendable {
    let embedding: ActionEmbedding
    var candidates: Candidates
    private var memory: Workspace?
    private var targetMemory: Workspace?

    init(_ embedding: ActionEmbedding) {
        self.embedding = embedding
        candidates = Candidates(embedding.candidates, of: embedding.count)
        memory = embedding.workspace(capacity: embedding.candidates)
        targetMemory = memory
    }

    mutating func draw(wanted: [Int32], _ random: inout RandomGenerator) {
        candidates.draw(wanted: wanted, isWithdrawn: embedding.isWithdrawn, &random)
    }

    /// Makes the candidates' keys.
    mutating func makeKeys(_ parameters: [Float], to keys: inout [Float]) {
        embedding.makeKeys(candidates.ids, parameters, in: &memory, to: &keys)
    }

    /// Makes the keys that a target network judges by: a table has no copy that lags behind.
    mutating func makeTargetKeys(_ target: [Float], online keys: [Float], to targetKeys: inout [Float]) {
        guard case .features = embedding.source else {
            targetKeys = keys
            return
        }
        embedding.makeKeys(candidates.ids, target, in: &targetMemory, to: &targetKeys)
    }

    /// Takes the gradient of the keys that were made last on to what they were made of.
    mutating func backward(_ keyGradient: [Float], _ parameters: [Float], to gradient: inout [Float]) {
        embedding.backward(keyGradient, rows: candidates.ids.count, parameters, in: &memory, to: &gradient)
    }

    /// Turns rows of choices from members to their places among the candidates. Who is not among them becomes the first.
    /// - Returns: the rows where that happened.
    func enter(_ choices: inout [Int32], rows: Range<Int>, components: Int) -> [Int] {
        var strangers: [Int] = []
        for row in rows {
            let place = row * components + embedding.component
            let candidate = candidates.place(of: choices[place])
            if candidate == nil { strangers.append(row) }
            choices[place] = candidate ?? 0
        }
        return strangers
    }

    /// Turns rows of choices from places among the candidates to members.
    func leave(_ choices: inout [Int32], rows: Int, components: Int) {
        for row in 0..<rows {
            let place = row * components + embedding.component
            choices[place] = candidates.ids[Int(choices[place])]
        }
    }
}
