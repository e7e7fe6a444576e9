import Gym
import HTTP
import Hosting
import JSON
import Store
import Synchronization

/// Jobs looked at, cancelled, and their learning curves.
enum JobOperations {
    static func listJobs(_ call: Call) throws(Problem) -> Reply {
        let page = try Page(call, of: call.hall.jobs.all(of: call.tenant)) { $0.id.description }
        return page.reply(page.items.map { $0.value(clock: call.hall.clock) })
    }

    static func getJob(_ call: Call) throws(Problem) -> Reply {
        return .json(try call.job().value(clock: call.hall.clock))
    }

    static func cancelJob(_ call: Call) throws(Problem) -> Reply {
        let job = try call.job()
        call.hall.jobs.cancel(job)
        if let error = job.unkeptEnd { throw Problem(error) }
        return .json(job.value(clock: call.hall.clock))
    }

    static func getJobMetrics(_ call: Call) throws(Problem) -> Reply {
        enum Format: String, CaseIterable { case json, csv }
        let format = try call.queryWord("format", of: Format.self) ?? .json
        let points = LearningCurve.points(of: try call.job())
        switch format {
        case .json: return .json(["items": .array(points)])
        case .csv:
            return Reply(contentType: "text/csv; charset=utf-8", body: Array(LearningCurve.csv(points).utf8))
        }
    }
}

/// A job's events as points to draw a curve through.
enum LearningCurve {
    private static let columns =
        ["kind", "phase", "steps", "episodes", "updates", "seconds", "return", "std_return", "length"] + figures
    /// What progress tells of how learning goes.
    private static let figures = [
        "loss", "value", "exploration", "learning_rate", "gradient_norm", "imitation_loss", "value_loss", "entropy",
        "approximate_kl", "clip_fraction", "discriminator_loss", "expert_accuracy", "own_accuracy", "gradient_penalty",
    ]

    static func points(of job: Job) -> [Value] {
        // Events say only what they are about; the rest is what the event before said.
        var counts: [String: Value] = ["steps": 0, "episodes": 0, "updates": 0, "seconds": 0.0]
        return job.events.events(after: 0).events.compactMap { event in
            guard let data = try? Value(json: event.data) else { return nil }
            var fields: [String: Value] = [:]
            switch event.kind {
            case "progress":
                let metrics = data["metrics"]
                for name in counts.keys { counts[name] = metrics?[name] ?? counts[name] }
                fields["phase"] = data["phase"]
                fields["return"] = metrics?["mean_return"]
                for name in figures { fields[name] = metrics?[name] }
            case "phase":
                counts["steps"] = data["steps"]
                counts["updates"] = data["updates"]
                fields["phase"] = data["phase"]
            case "episode":
                counts["steps"] = data["steps"]
                counts["episodes"] = data["episode"]
                fields = ["return": data["return"], "length": data["length"]].compactMapValues { $0 }
            case "evaluation":
                counts["steps"] = data["steps"]
                counts["updates"] = data["updates"]
                let evaluation = data["evaluation"]
                fields = [
                    "return": evaluation?["mean_return"], "std_return": evaluation?["std_return"],
                    "length": evaluation?["mean_length"], "phase": data["phase"],
                ].compactMapValues { $0 }
            default: return nil
            }
            fields["kind"] = .string(event.kind)
            fields.merge(counts) { own, _ in own }
            return .object(columns.compactMap { name in fields[name].map { Value.Member(name, $0) } })
        }
    }

    static func csv(_ points: [Value]) -> String {
        let rows = points.map { point in
            columns.map { point[$0].map { $0.asString ?? $0.json } ?? "" }.joined(separator: ",")
        }
        return ([columns.joined(separator: ",")] + rows).joined(separator: "\n") + "\n"
    }
}
