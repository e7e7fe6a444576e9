import Gym
import Store
import Synchronization

/// Where the environments of one vector are: consecutive ones in each process.
struct HostedParts {
    struct Part {
        fileprivate let slot: WorkerSlot
        let rows: Range<Int>
        fileprivate let process: WorkerProcess
        let handle: Int
    }

    private(set) var all: [Part]
    private let bridge: Bridge
    private let id: String
    private let kwargs: Value

    /// The environment's id, as clients say it.
    var name: String { "\(bridge.name)/\(id)" }

    /// How one of the processes ended; nil where all live.
    var ending: String? { all.lazy.compactMap { $0.process.ending }.first }

    /// Makes `count` environments.
    /// - Returns: what one of the processes said of them, too.
    static func make(
        _ bridge: Bridge, _ id: String, _ kwargs: Value, count: Int
    ) throws(EnvironmentError) -> (HostedParts, WorkerAnswer) {
        try bridge.reserve(count)
        do throws(EnvironmentError) {
            let (made, answer) = try make(bridge, id, kwargs, at: bridge.places(for: count))
            return (HostedParts(all: made, bridge: bridge, id: id, kwargs: kwargs), answer)
        } catch {
            bridge.release(count)
            throw error
        }
    }

    /// Nobody needs them any more.
    func drop() {
        Self.drop(all)
        bridge.release(all.last?.rows.upperBound ?? 0)
    }

    private static func make(
        _ bridge: Bridge, _ id: String, _ kwargs: Value, at places: [(slot: WorkerSlot, rows: Range<Int>)]
    ) throws(EnvironmentError) -> ([Part], WorkerAnswer) {
        var parts: [Part] = []
        do throws(EnvironmentError) {
            for (slot, rows) in places {
                let process = try slot.process()
                slot.environments.add(rows.count, ordering: .relaxed)
                parts.append(Part(slot: slot, rows: rows, process: process, handle: bridge.nextHandle()))
            }
            let questions = parts.map { part in
                (part.process, [question(making: id, kwargs, part)])
            }
            let answers = try WorkerProcess.ask(questions, within: bridge.limits.timeoutOfMake)
                .map { WorkerAnswer($0[0], from: bridge.name) }
            for answer in answers { try answer.check() }
            return (parts, answers[0])
        } catch {
            drop(parts)
            throw error
        }
    }

    private static func question(making id: String, _ kwargs: Value, _ part: Part) -> Safetensors {
        Safetensors(metadata: [
            "op": "make", "id": id, "kwargs": kwargs.json, "handle": String(part.handle),
            "count": String(part.rows.count),
        ])
    }

    private static func drop(_ parts: [Part]) {
        for part in parts {
            part.process.drop(part.handle)
            part.slot.environments.subtract(part.rows.count, ordering: .relaxed)
        }
    }

    /// Makes those anew whose process has died.
    /// - Throws: also where they are not what they were.
    mutating func revive(_ observation: Space, _ action: Space) throws(EnvironmentError) {
        for index in all.indices where all[index].process.ending != nil {
            let old = all[index]
            let (made, answer) = try Self.make(bridge, id, kwargs, at: [(old.slot, old.rows)])
            guard try answer.space("observation_space") == observation, try answer.space("action_space") == action
            else {
                Self.drop(made)
                throw .workerFailed("\(name) has other spaces than before its worker died")
            }
            Self.drop([old])
            all[index] = made[0]
        }
    }

    /// Asks each part what there is for it, all at once.
    func ask(_ questions: [[Safetensors]]) throws(EnvironmentError) -> [[WorkerAnswer]] {
        let asked = all.indices.filter { !questions[$0].isEmpty }
        let heard = try WorkerProcess.ask(
            asked.map { (all[$0].process, questions[$0]) }, within: bridge.limits.timeout)
        var answers = [[WorkerAnswer]](repeating: [], count: all.count)
        for (place, index) in asked.enumerated() {
            answers[index] = heard[place].map { WorkerAnswer($0, from: bridge.name) }
            for answer in answers[index] { try answer.check() }
        }
        return answers
    }

    /// Asks something about one environment.
    func ask(row: Int, _ metadata: [String: String]) throws(EnvironmentError) -> WorkerAnswer {
        guard let part = all.first(where: { $0.rows.contains(row) }) else {
            preconditionFailure("there is no such row")
        }
        var metadata = metadata
        metadata["handle"] = String(part.handle)
        metadata["index"] = String(row - part.rows.lowerBound)
        let question = Safetensors(metadata: metadata)
        let answer = WorkerAnswer(
            try part.process.ask(question, within: bridge.limits.timeout), from: bridge.name)
        try answer.check()
        return answer
    }
}
