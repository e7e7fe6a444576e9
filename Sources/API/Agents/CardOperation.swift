import Gym
import HTTP
import Hosting
import Learning
import Store

/// A policy version as people read of it.
enum CardOperation {
    static func getCard(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let text = call.exchange.segment(named: "version")
        guard let version = Int(text), version >= 0 else {
            throw Problem(.notFound, "agent \(agent.id) has no version \(text)")
        }
        let card: PolicyCard
        do { card = try call.hall.card(of: version, agent) } catch { throw Problem(error) }
        return Reply(contentType: "text/markdown; charset=utf-8", body: Array(card.markdown.utf8))
    }
}

extension PolicyCard {
    var markdown: String {
        ([heading, learned, judged, limited, served].joined(separator: "\n\n") + "\n")
    }

    private var heading: String {
        let name = agent.configuration.name.map { ", \($0.code)" } ?? ""
        let isServed =
            agent.served.version == record.version
            ? "It is what the agent serves now." : "The agent serves version \(agent.served.version) now."
        return """
            # Version \(record.version) of agent \(agent.id)\(name)

            Made \(clock.timestamp(record.createdAt)). \(isServed)

            | | |
            |---|---|
            | observations | \(agent.observationSpace.description.json.code) |
            | actions | \(agent.actionSpace.description.json.code) |
            """
    }

    // What it learned from.

    private var learned: String {
        let configuration = agent.configuration
        var lines = ["- \(record.steps) transitions, \(record.updates) updates of the network."]
        if let environment = configuration.environment {
            let kwargs = configuration.kwargs.map { $0.isEmptyObject ? "" : ", kwargs \($0.json.code)" } ?? ""
            lines.append("- The agent was made for \(environment.code)\(kwargs).")
        } else {
            lines.append("- The agent was made for its spaces, not for an environment of this daemon.")
        }
        for parent in lineage["parents"]?.arrayElements ?? [] {
            let (id, version) = (parent["agent_id"]?.asString ?? "", parent["version"]?.asInt64 ?? 0)
            lines.append("- It goes on from, or was taught by, version \(version) of agent \(id).")
        }
        for set in demonstrations {
            lines.append(
                set.counts.map {
                    "- Demonstrations \(set.id), \((set.name ?? "").code): \($0.episodes) episodes, \($0.steps) steps as "
                        + "they are now."
                } ?? "- Demonstrations \(set.id), which have been erased since.")
        }
        for expert in lineage["experts"]?.arrayElements ?? [] {
            lines.append("- Labels of \((expert.asString ?? "").code).")
        }
        lines += job
        lines.append("- Seed \(configuration.seed); hyperparameters \(configuration.hyperparameters.value.json.code).")
        return "## What it learned from\n\n" + lines.joined(separator: "\n")
    }

    private var job: [String] {
        guard let id = lineage["job_id"]?.asString else {
            return record.version == 0 ? ["- Nothing was learned yet."] : ["- No training job of this daemon made it."]
        }
        guard let request else { return ["- Job \(id), which is forgotten."] }
        let phases = request["phases"]?.arrayElements.compactMap { $0["method"]?.asString } ?? []
        return ["- Job \(id): \(phases.joined(separator: ", then ")). It was asked \(request.json.code)."]
    }

    // How it was judged.

    private var judged: String {
        guard let evaluation else {
            return "## How it was judged\n\nIt was not: nobody knows how well it does."
        }
        func number(_ name: String) -> String { evaluation[name]?.asDouble.map(\.short) ?? "not measured" }
        var lines = [
            "In \((evaluation["env_id"]?.asString ?? "").code), \(number("num_episodes")) episodes on seeds of their own.",
            "", "| return | |", "|---|---|", "| mean | \(number("mean_return")) |",
            "| standard deviation | \(number("std_return")) |", "| least | \(number("min_return")) |",
            "| greatest | \(number("max_return")) |", "| of the random policy | \(number("random_return")) |",
        ]
        if let expert = evaluation["expert"]?.asString {
            lines.append("| of the expert \(expert.code) | \(number("expert_return")) |")
        }
        lines.append("| that counts as solved | \(threshold.map(\.short) ?? "nobody has said") |")
        lines.append("| mean length of an episode | \(number("mean_length")) steps |")
        return "## How it was judged\n\n" + lines.joined(separator: "\n")
    }

    // Its limits.

    private var limited: String {
        var lines: [String] = []
        if let killed = agent.killed {
            lines.append("- The agent is **turned off**, by \(killed.by.code) at \(clock.timestamp(killed.at)).")
        }
        lines.append(
            agent.limits.map { "- Its guard now: \($0.value.json.code)" } ?? "- No guard keeps it back.")
        if let seen, seen.count > 1 {
            lines.append(
                "- It has seen \(Int(seen.count)) observations. Those unlike them it was never tried on; by their numbers, "
                    + "mean and standard deviation: " + ranges(seen) + ".")
        } else {
            lines.append("- What its observations looked like was not noted.")
        }
        lines += [
            "- Its evaluation, where there is one, was in the environment and with the kwargs named there, with the best "
                + "action taken each time, and without a guard. Other environments, sampled actions and what a guard "
                + "changes were not tested.",
            "- Nothing was tested beyond what the environment shows: a sensor that fails, a world that drifts, or "
                + "somebody who means harm.",
        ]
        return "## Its limits\n\n" + lines.joined(separator: "\n")
    }

    private static let rangesTold = 32

    private func ranges(_ seen: (count: Double, means: [Double], deviations: [Double])) -> String {
        let all = zip(seen.means, seen.deviations).prefix(Self.rangesTold).map { "\($0.short) ± \($1.short)" }
        let rest = seen.means.count - all.count
        return all.joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
    }

    // Who served it where.

    private var served: String {
        guard !servings.isEmpty else { return "## Who it served\n\nNobody yet." }
        let rows = servings.map {
            "| \($0.caller.code) | \($0.place == "act" ? "through act" : "rollouts in \($0.place.code)") | \($0.actions) | "
                + "\(clock.timestamp($0.firstAt)) | \(clock.timestamp($0.lastAt)) |"
        }
        return """
            ## Who it served

            Callers of tenant \(agent.tenant.name.code).

            | caller | where | actions | first | last |
            |---|---|---|---|---|
            \(rows.joined(separator: "\n"))
            """
    }
}

extension String {
    /// As Markdown's code, whatever a client wrote.
    fileprivate var code: String {
        let flat = map { $0.isNewline ? " " : $0 == "`" ? "'" : $0 == "|" ? "\u{a6}" : $0 }
        return "`" + String(flat) + "`"
    }

    fileprivate var whole: String { hasSuffix(".0") ? String(dropLast(2)) : self }
}

extension Double {
    fileprivate var short: String { "\(Float((self * 1000).rounded() / 1000 + 0))".whole }
}

extension Value {
    fileprivate var isEmptyObject: Bool { if case .object(let members) = self { members.isEmpty } else { false } }
}
