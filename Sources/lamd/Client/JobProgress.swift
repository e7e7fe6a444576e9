import JSON
import Synchronization

/// How far a job is: a bar on a terminal, plain lines elsewhere. Threads may share it.
final class JobProgress: Sendable {
    private struct State {
        /// Whether the cursor stands behind a bar.
        var isDrawn = false
        /// The last share of the budget that had a line, in tenths.
        var tenth = 0
    }

    private let terminal: Terminal
    private let state = Mutex(State())

    init(on terminal: Terminal) {
        self.terminal = terminal
    }

    /// A line that stays.
    func say(_ line: String) {
        state.withLock { write(line + "\n", &$0) }
    }

    func show(_ event: JSONValue) {
        let share = event["progress"]?.double ?? 0
        let percent = String(repeating: " ", count: share < 0.1 ? 2 : share < 1 ? 1 : 0) + "\(Int(share * 100)) %"
        state.withLock { state in
            if terminal.isTerminal {
                let line = "\(percent) [\(Self.bar(share))] \(Self.line(event))"
                terminal.write("\r\u{1B}[K" + line.prefix((terminal.width ?? 80) - 1))
                state.isDrawn = true
            } else if Int(share * 10) > state.tenth {
                state.tenth = Int(share * 10)
                write("\(percent)  \(Self.line(event))\n", &state)
            }
        }
    }

    func showEvaluation(_ event: JSONValue) {
        guard let evaluation = event["evaluation"] else { return }
        let isBest = event["best"]?.bool == true
        say(
            """
            evaluation at \(Self.count(event, in: event["phase"])): mean return \(evaluation.text("mean_return")) ± \
            \(evaluation.text("std_return"))\(isBest ? ", the best so far" : "")
            """)
    }

    /// A phase after the first begins.
    func showPhase(_ event: JSONValue) {
        say("now \(event.text("phase")) by \(event.text("method"))")
    }

    /// Something could not be kept.
    func showStorage(_ event: JSONValue) {
        say("could not keep the \(event.text("what")), and goes on: \(event.text("detail"))")
    }

    func finish(_ job: JSONValue) {
        say(Self.summary(job))
    }

    /// For a person who does not want to wait.
    func leave(saying advice: String) {
        state.withLock { state in
            if state.isDrawn { terminal.write("\n") }
            state.isDrawn = false
            Terminal.errors.write("\n" + advice + "\n")
        }
    }

    private func write(_ text: String, _ state: inout State) {
        terminal.write((state.isDrawn ? "\r\u{1B}[K" : "") + text)
        state.isDrawn = false
    }

    private static func bar(_ share: Double) -> String {
        let filled = Int((share * 24).rounded())
        return String(repeating: "#", count: filled) + String(repeating: ".", count: max(24 - filled, 0))
    }

    private static func line(_ event: JSONValue) -> String {
        let metrics = event["metrics"]
        var parts = [event.text("phase"), count(metrics, in: event["phase"])]
        for (key, name) in [
            ("mean_return", "return"), ("evaluation_return", "evaluation"), ("best_return", "best"),
        ] {
            if let number = metrics?[key]?.double { parts.append("\(name) \(JSONValue.brief(number))") }
        }
        if let rate = metrics?["steps_per_s"]?.double { parts.append("\(JSONValue.grouped(Int64(rate))) steps/s") }
        if let seconds = event["eta_s"]?.double { parts.append("\(Int(seconds.rounded())) s left") }
        return parts.joined(separator: ", ")
    }

    /// What was done so far, in what counts: who imitates takes no steps.
    private static func count(_ counts: JSONValue?, in phase: JSONValue?) -> String {
        let unit = phase?.string == "imitate" ? "updates" : "steps"
        return "\(counts?.text(unit) ?? "0") \(unit)"
    }

    private static func summary(_ job: JSONValue) -> String {
        let state = job.text("state")
        if let reason = job["error"]?["detail"]?.string { return "\(state): \(reason)" }
        guard let result = job["result"], !result.isNull else { return state }
        let unit = result["steps"]?.int == 0 ? "updates" : "steps"
        var parts = ["\(state) after \(result.text(unit)) \(unit) in \(result.text("seconds")) s"]
        if let mean = result["evaluation"]?["mean_return"]?.double {
            parts.append("mean return \(JSONValue.brief(mean))")
        }
        if let target = result["target_return"]?.double, let isReached = result["target_reached"]?.bool {
            parts.append("target \(JSONValue.brief(target)) \(isReached ? "" : "not ")reached")
        }
        return parts.joined(separator: ", ")
    }
}
