import ArgumentParser
import Dispatch
import Environments
import Foundation
import Gym
import Learning
import Synchronization

struct Try: ParsableCommand {
    @Option var world: String
    @Option var demos = 0
    @Option var expert = "scripted"
    @Option var exploration = 0.0
    @Option(help: "method:budget, budget in updates, steps (s suffix), episodes (e suffix)") var phases: String
    @Option var hyper = "{}"
    @Option var agent = "{}"
    @Option var seeds = 5
    @Option var numEnvs = 0
    @Flag var curve = false

    func run() throws {
        let spec = try Catalogue.worlds.spec(world)
        let environment = EnvironmentRequest(spec)
        let vector = try environment.make()
        let (observation, action) = (vector.observationSpace, vector.actionSpace)
        let judge = Judge(environment: environment)
        let randomValue = try judge.randomValue()
        let player = try Catalogue.worlds.expert(expert, for: spec).make(for: spec)
        let reference = try Catalogue.worlds.expert("scripted", for: spec).make(for: spec)
        let expertValue = try Evaluation(of: reference, in: environment, seeds: Judge.seeds).mean
        var results = [(Double, Double)?](repeating: nil, count: seeds)
        let lock = Mutex(0)
        var teacher = 0.0
        nonisolated(unsafe) let out = UnsafeMutableBufferPointer<(Double, Double)>.allocate(capacity: seeds)
        let hv = try JSONSerialization.jsonObject(with: Data(hyper.utf8)) as! [String: Any]
        let av = try JSONSerialization.jsonObject(with: Data(agent.utf8)) as! [String: Any]
        let hyperValue = Self.value(hv)
        let agentValue = Self.value(av)
        let (world, phases, demos, exploration, curve, numEnvs) = (world, phases, demos, exploration, curve, numEnvs)
        nonisolated(unsafe) var teacherReturn = 0.0
        DispatchQueue.concurrentPerform(iterations: seeds) { index in
            do {
                let seed = UInt64(index + 1)
                var hyperparameters = Hyperparameters(observation: observation, action: action)
                try hyperparameters.apply(agentValue)
                let learner = try Learner(
                    observation: observation, action: action, hyperparameters: hyperparameters,
                    isMasked: try environment.make().hasActionMask, seed: seed)
                let shown = demos == 0 ? [] : try Demonstration.play(
                    environment, (0..<UInt64(demos)).map { 1_000_000 * seed + $0 }, exploration: exploration
                ) { o, r, m throws(LearningError) in player.act(o, rows: r, masks: m) }
                if demos > 0 { lock.withLock { _ in teacherReturn = shown.map(\.episodeReturn).reduce(0, +) / Double(demos) } }
                var list: [Phase] = []
                for part in phases.split(separator: ",") {
                    let pieces = part.split(separator: ":")
                    var budget = TrainingRequest.Budget()
                    if pieces.count > 1 {
                        let text = pieces[1]
                        if text.hasSuffix("s") { budget.steps = Int(text.dropLast()) }
                        else if text.hasSuffix("e") { budget.episodes = Int(text.dropLast()) }
                        else { budget.updates = Int(text) }
                    }
                    list.append(Phase(Phase.Method(rawValue: String(pieces[0]))!, budget: budget, hyperparameters: hyperValue, expert: reference))
                }
                let request = TrainingRequest(
                    environment: environment, numEnvs: numEnvs == 0 ? nil : numEnvs, phases: list, demonstrations: shown, seed: seed)
                let clock = ContinuousClock()
                let start = clock.now
                let training = try Training(request, learner) { (clock.now - start) / .seconds(1) }
                var line = ""
                while true {
                    let events = try training.next()
                    if events.isEmpty { break }
                    for event in events {
                        if case .evaluation(let j) = event {
                            line += " \(j.phase):\(j.steps)/\(j.updates)=\(j.evaluation.mean.text(digits: 1))"
                        }
                        if curve, case .progress(let p) = event {
                            line += "\n   {" + p.metrics.means.map { "\($0.name)=\($0.mean.text(digits: 3))" }.joined(separator: " ") + "}"
                        }
                    }
                }
                let seconds = (clock.now - start) / .seconds(1)
                let last = try judge.value(of: training.learner.policy)
                try training.decide()
                let value = try judge.value(of: training.policy)
                var rnd = RandomGenerator(seed: 0)
                let whole = try Evaluation(of: training.policy, in: environment, seeds: Judge.seeds, random: &rnd)
                let success = Double(whole.lengths.filter { $0 < environment.horizon }.count) / 1000
                lock.withLock { _ in
                    if world.hasPrefix("Taxi") { print("success \(success) mean \(whole.mean)") }
                    out[index] = (value, last)
                    print("seed \(seed): \(value.text(digits: 2)) last \(last.text(digits: 2)) in \(seconds.text(digits: 1)) s")
                    if curve { print(line) }
                }
            } catch { print("\(error)"); Foundation.exit(1) }
        }
        _ = results; results = []; teacher = teacherReturn
        let values = (0..<seeds).map { out[$0].0 }, lasts = (0..<seeds).map { out[$0].1 }
        func scaled(_ v: Double) -> String { ((v - randomValue) / (expertValue - randomValue)).text(digits: 3) }
        print("\(world) \(phases) demos \(demos) teacher \(teacher.text(digits: 2)) expert \(expertValue.text(digits: 2)) random \(randomValue.text(digits: 2))")
        print("  mean \(values.mean.text(digits: 2)) worst \(values.min()!.text(digits: 2)) scaled \(scaled(values.mean)) worst \(scaled(values.min()!)) | last mean \(lasts.mean.text(digits: 2)) worst \(lasts.min()!.text(digits: 2))")
    }

    static func value(_ any: Any) -> Value {
        switch any {
        case let d as [String: Any]: .object(d.map { Value.Member($0.key, value($0.value)) })
        case let n as NSNumber:
            if n.objCType.pointee == 99 { .bool(n.boolValue) } else if Double(n.int64Value) == n.doubleValue { .int(n.int64Value) } else { .double(n.doubleValue) }
        case let s as String: .string(s)
        case let a as [Any]: .array(a.map(value))
        default: .null
        }
    }
}
