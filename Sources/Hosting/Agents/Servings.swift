import Store
import Synchronization

/// Who was served actions of which version, and where: counted in memory, since that is done for each answer, and written
/// down now and then.
final class Servings: Sendable {
    struct Serving: Sendable {
        let caller: Caller
        let version: Int
        let place: String
        var actions: Int
        let firstAt: Double
        var lastAt: Double

        func record(of agent: Identifier) -> ServingRecord {
            ServingRecord(
                agentID: agent.description, version: version, caller: caller.name, place: place, actions: actions,
                firstAt: firstAt, lastAt: lastAt)
        }
    }

    private let servings = Mutex<[Serving]>([])

    init() {}

    /// - Parameter place: the environment that the actions went to; "act" where the caller took them.
    func note(_ actions: Int, of version: Int, to caller: Caller, in place: String, at now: Double) {
        servings.withLock { servings in
            // Whoever asks has asked before, and lately.
            for index in servings.indices.reversed()
            where servings[index].caller === caller && servings[index].version == version
                && servings[index].place == place
            {
                servings[index].actions += actions
                servings[index].lastAt = now
                return
            }
            servings.append(
                Serving(caller: caller, version: version, place: place, actions: actions, firstAt: now, lastAt: now))
        }
    }

    /// What was counted, which counts no more.
    func take() -> [Serving] {
        servings.withLock { servings in
            defer { servings = [] }
            return servings
        }
    }

    /// Counts what could not be written again.
    func giveBack(_ others: [Serving]) { servings.withLock { $0 = others + $0 } }
}
