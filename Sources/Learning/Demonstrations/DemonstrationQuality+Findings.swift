extension DemonstrationQuality {
    private static let findingsLimit = 50

    /// What stands out, the gravest first; empty where nothing does.
    public var findings: [Finding] {
        guard episodes > 0 else {
            return [
                Finding(
                    kind: "empty", severity: .error,
                    sentence: "The set holds no episode yet: upload or record some before an agent learns from it.")
            ]
        }
        let all =
            [fewEpisodes, weakEpisodes, duplicatedEpisodes, duplicatedSteps, contradiction, forbidden, unfinished]
            .compactMap(\.self) + coverage + imbalances + outsiders
        let order: [Finding.Severity] = [.error, .warning, .info]
        return Array(order.flatMap { severity in all.filter { $0.severity == severity } }.prefix(Self.findingsLimit))
    }

    private var fewEpisodes: Finding? {
        guard episodes < 10 else { return nil }
        return Finding(
            kind: "few_episodes", severity: .info,
            sentence: "There \(episodes == 1 ? "is only 1 episode" : "are only \(episodes) episodes"): an agent sees "
                + "little of the world in so few. Show 10 to 50 where you can.")
    }

    private var weakEpisodes: Finding? {
        guard let returns, episodes >= 5, returns.minimum < returns.mean - 2 * returns.standardDeviation else {
            return nil
        }
        return Finding(
            kind: "weak_episodes", severity: .info,
            sentence: "Some episodes went much worse than the others (return \(Self.short(returns.minimum)), "
                + "\(Self.short(returns.mean)) on average): an agent imitates these too. Leave them out, or let it "
                + "improve by its own practice after imitating.")
    }

    private var duplicatedEpisodes: Finding? {
        guard duplicateEpisodes > 0 else { return nil }
        return Finding(
            kind: "duplicate_episodes", severity: .warning,
            sentence: "\(Self.count(duplicateEpisodes, "episode is", "episodes are")) an exact copy of an earlier one "
                + "and \(duplicateEpisodes == 1 ? "teaches" : "teach") nothing new. Record with another seed each time, "
                + "and upload each episode once.")
    }

    /// Where observations are categories alone, steps repeat by nature.
    private var duplicatedSteps: Finding? {
        let share = Double(duplicateSteps) / Double(max(1, steps))
        guard duplicateEpisodes == 0, share > 0.05, observations.contains(where: { !$0.isCategory }) else { return nil }
        return Finding(
            kind: "duplicate_steps", severity: .info,
            sentence:
                "\(Self.percent(share)) of the steps are exact copies of others: there is less to learn from than "
                + "their number says. Begin episodes in different places.")
    }

    private var contradiction: Finding? {
        if contradictions.share > 0.01 {
            return Finding(
                kind: "contradictions", severity: .warning,
                sentence: "In \(Self.count(contradictions.observations, "observation", "observations")) different "
                    + "actions were taken in different steps, so that \(Self.percent(contradictions.share)) of the steps "
                    + "cannot be imitated from the observation alone. If the demonstrator wavered, show it more "
                    + "steadily; if it knew more than the observation says, put that into the observation.")
        }
        guard roundedContradictions.share > 0.2, observations.contains(where: { !$0.isCategory }) else { return nil }
        return Finding(
            kind: "close_contradictions", severity: .info,
            sentence: "In observations that are nearly the same, \(Self.percent(roundedContradictions.share)) of the "
                + "steps do other than most: decisions are fine, or partly random. More episodes help against the "
                + "first, a steadier demonstrator against the second.")
    }

    private var forbidden: Finding? {
        guard disallowed > 0 else { return nil }
        return Finding(
            kind: "disallowed_actions", severity: .warning,
            sentence: "\(Self.count(disallowed, "step takes an action that is", "steps take actions that are")) not "
                + "allowed there by the action mask: the agent will never do the same. Check the masks or the "
                + "demonstrator.")
    }

    private var unfinished: Finding? {
        let open = episodes - terminated - truncated
        guard open > 0 else { return nil }
        return Finding(
            kind: "unfinished_episodes", severity: .info,
            sentence: "\(Self.count(open, "episode has", "episodes have")) no end, neither terminated nor truncated: "
                + "what comes after the last step is taken as unknown. Set the last of `truncations` where an episode "
                + "was only cut.")
    }

    private var coverage: [Finding] {
        var findings: [Finding] = []
        let constant = observations.filter { !$0.isCategory && $0.seenLow == $0.seenHigh }
        if !constant.isEmpty, steps > 1 {
            findings.append(
                Finding(
                    kind: "constant_observation", severity: .info,
                    sentence:
                        "\(Self.parts(constant, "never changes", "never change")): nothing can be learned from "
                        + "this. Check that it is filled in."))
        }
        for lane in observations where lane.isCategory && lane.cells > 2 && lane.share < 0.5 {
            findings.append(
                Finding(
                    kind: "narrow_coverage", severity: .info,
                    sentence:
                        "Only \(lane.cellsSeen) of \(lane.cells) values of the observation\(Self.suffix(lane)) "
                        + "were seen (\(Self.percent(lane.share))): elsewhere the agent has to guess. Begin episodes "
                        + "in other places, or let it ask for labels where it comes (aggregate)."))
        }
        let narrow = observations.filter {
            !$0.isCategory && $0.low.isFinite && $0.high.isFinite && $0.seenLow < $0.seenHigh && $0.share <= 0.25
        }
        if !narrow.isEmpty {
            findings.append(
                Finding(
                    kind: "narrow_coverage", severity: .info,
                    sentence:
                        "\(Self.parts(narrow, "stays", "stay")) within a quarter of the range or less: "
                        + "outside of it the agent has to guess. Begin episodes in other places, or let it ask for "
                        + "labels where it comes (aggregate)."))
        }
        return findings
    }

    private var imbalances: [Finding] {
        var findings: [Finding] = []
        for lane in actions where lane.isCategory && lane.cells > 1 {
            let never = lane.cells - lane.cellsSeen
            if lane.mostFrequentShare > 0.9 {
                findings.append(
                    Finding(
                        kind: "imbalance", severity: .warning,
                        sentence: "\(Self.percent(lane.mostFrequentShare)) of the steps take action "
                            + "\(lane.mostFrequent)\(Self.suffix(lane)): an agent may learn to do nothing else. Show "
                            + "more of the moments in which another action is right."))
            }
            if never > 0 {
                findings.append(
                    Finding(
                        kind: "never_taken", severity: .info,
                        sentence: "\(Self.count(never, "action", "actions")) of \(lane.cells)\(Self.suffix(lane)) "
                            + "\(never == 1 ? "was" : "were") never taken: the agent cannot know when "
                            + "\(never == 1 ? "it is" : "they are") right. If that is never, all is well."))
            }
        }
        return findings
    }

    private var outsiders: [Finding] {
        let lanes = observations.filter { $0.outside > 0 }
        guard let first = lanes.max(by: { $0.outside < $1.outside }) else { return [] }
        return [
            Finding(
                kind: "outside_bounds", severity: .warning,
                sentence: "\(Self.parts(lanes, "leaves", "leave")) the bounds of the space "
                    + "(\(Self.count(first.outside, "value", "values")) from \(Self.short(first.seenLow)) to "
                    + "\(Self.short(first.seenHigh)), bounds \(Self.short(first.low)) to \(Self.short(first.high))). "
                    + "Check the unit and the sensor, or widen the space.")
        ]
    }

    private static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    /// Parts of the observation, and what they do: a verb for one and for many.
    private static func parts(_ lanes: [Lane], _ one: String, _ many: String) -> String {
        if lanes.count == 1, lanes[0].pointer.isEmpty { return "The observation \(one)" }
        let more = lanes.count > 3 ? " (and \(lanes.count - 3) more)" : ""
        let pointers = lanes.prefix(3).map(\.pointer).joined(separator: ", ")
        return "\(pointers)\(more) of the observation \(lanes.count == 1 ? one : many)"
    }

    private static func suffix(_ lane: Lane) -> String { lane.pointer.isEmpty ? "" : " at \(lane.pointer)" }

    private static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }

    /// Three decimals; large and tiny numbers as they are.
    private static func short(_ number: Double) -> String {
        abs(number) < 1e9 && abs(number) >= 1e-3 ? "\((number * 1000).rounded() / 1000)" : "\(number)"
    }
}
