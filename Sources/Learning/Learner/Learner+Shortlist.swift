import Gym
import Neural

/// Learning of an embedded component: an update, and a choice while learning, look at the members of a shortlist.
extension Learner {
    /// So many members that were thought best lately stay in the running.
    static let recentCount = 64
    /// For each row whose mask may leave few members, so many of these are put in the running.
    private static let allowedPerRow = 2

    /// Puts members in the running for the batch, and brings its choices and the networks' keys to them.
    mutating func enlistBatch() {
        guard var shortlist else { return }
        self.shortlist = nil
        defer { self.shortlist = shortlist }
        let (component, components) = (shortlist.embedding.component, network.head.components.count)
        let members = network.action.head.members(of: component)
        let slots = objective.learnsValues ? batch.lasts : batch.slots
        var wanted = (0..<batch.count).map { batch.choices[$0 * components + component] }
        func want(_ source: borrowing Replay, _ rows: Range<Int>, _ random: inout RandomGenerator) {
            for row in rows {
                let slot = Int(slots[row])
                source.drawAllowed(slot, members, count: Self.allowedPerRow, &random, to: &wanted)
                wanted.append(source.choices[slot * components + component])
            }
        }
        want(replay, batch.ownRows, &random)
        if let demonstrations { want(demonstrations, batch.shownRows, &random) }
        if let labels, !objective.learnsValues { want(labels, batch.labelRows, &random) }
        shortlist.draw(wanted: wanted + recent, &random)
        _ = shortlist.enter(&batch.choices, rows: 0..<batch.count, components: components)
        shortlist.makeKeys(parameters, to: &batch.online.keys)
        if objective.learnsValues {
            shortlist.makeTargetKeys(target, online: batch.online.keys, to: &batch.target.keys)
        }
    }

    /// Finds what is allowed in the states of the batch and after them, of those whom the network scores.
    mutating func loadMasks() {
        guard !batch.masks.isEmpty else { return }
        let scored = network.scored(shortlist?.candidates)
        func load(_ source: borrowing Replay, _ rows: Range<Int>) {
            source.copyMasks(batch.slots, rows: rows, of: scored, to: &batch.masks)
            if objective.learnsValues {
                source.copyMasks(batch.lasts, rows: rows, of: scored, to: &batch.nextMasks)
            }
        }
        load(replay, batch.ownRows)
        if let demonstrations { load(demonstrations, batch.shownRows) }
        if let labels { load(labels, batch.labelRows) }
        guard let shortlist, shortlist.embedding.hasWithdrawn else { return }
        withdraw(shortlist, rows: batch.count, from: &batch.masks, except: batch.choices)
        withdraw(shortlist, rows: batch.count, from: &batch.nextMasks)
    }

    /// Whoever is withdrawn is not allowed; but what was done once was allowed then.
    private func withdraw(
        _ shortlist: Shortlist, rows: Int, from masks: inout [UInt8], except choices: [Int32] = []
    ) {
        let (component, head) = (shortlist.embedding.component, network.head)
        let start = head.members(of: component).lowerBound
        for (place, id) in shortlist.candidates.ids.enumerated() where shortlist.embedding.isWithdrawn(Int(id)) {
            for row in 0..<rows { masks[row * head.members + start + place] = 0 }
        }
        guard !choices.isEmpty else { return }
        for row in 0..<rows {
            let choice = Int(choices[row * head.components.count + component])
            masks[row * head.members + start + choice] = 1
        }
    }

    /// Makes anew what goes by the network's shape: who is in the running, and the memory of a batch.
    mutating func adoptShape() {
        shortlist = network.embedding.map { Shortlist($0) }
        acting = shortlist
        batch = Batch(count: batch.count, network: network, isMasked: isMasked)
    }

    /// Takes in that other things are known of the actions, of as many, or of more where there are no masks. What was
    /// learned stays; steps whose action has become another one are forgotten, for they say nothing about that one.
    /// - Precondition: a component is embedded by features as wide.
    public mutating func replace(features: ActionFeatures) {
        precondition(!isMasked || features.count == network.features?.count, "masks are of as many")
        if let embedding = network.embedding {
            let others = embedding.others(in: features)
            replay.forget(others, of: embedding.component)
            demonstrations?.forget(others, of: embedding.component)
            labels?.forget(others, of: embedding.component)
            // Nobody draws from what has nothing to draw.
            if demonstrations?.readyCount == 0 { demonstrations = nil }
        }
        network = network.with(features)
        adoptShape()
        acting?.draw(wanted: recent, &random)
    }

    // While it acts.

    /// Puts members in the running for what is chosen next, in rows of states.
    mutating func enlistToAct(_ states: States, rows: Int) {
        guard var acting else { return }
        self.acting = nil
        defer { self.acting = acting }
        var wanted: [Int32] = []
        if isMasked {
            let (members, width) = (
                network.action.head.members(of: acting.embedding.component), network.action.head.members
            )
            for row in 0..<rows {
                let mask = states.masks[row * width + members.lowerBound..<row * width + members.upperBound]
                for _ in 0..<Self.allowedPerRow {
                    wanted.append(Int32(random.anyMember(of: members.count) { mask[mask.startIndex + $0] != 0 }))
                }
            }
        }
        acting.draw(wanted: wanted + recent, &random)
    }

    /// Brings the keys of those who are in the running before the network.
    mutating func loadActingKeys(into workspace: inout Workspace) {
        acting?.makeKeys(parameters, to: &workspace.keys)
    }

    /// What is allowed, of those who are in the running; empty where everything is.
    func actingMasks(_ masks: [UInt8], rows: Int) -> [UInt8] {
        guard let acting else { return masks }
        guard !masks.isEmpty || acting.embedding.hasWithdrawn else { return [] }
        let (scored, width) = (network.scored(acting.candidates), network.action.head.members)
        var own = [UInt8](repeating: 1, count: rows * scored.count)
        if !masks.isEmpty {
            for row in 0..<rows {
                for (place, member) in scored.enumerated() {
                    own[row * scored.count + place] = masks[row * width + Int(member)]
                }
            }
        }
        withdraw(acting, rows: rows, from: &own)
        return own
    }

    /// Brings rows of choices and masks over all members to those in the running. What was chosen of others had no say.
    func enterActing(_ choices: inout [Int32], _ masks: inout [UInt8], rows: Int) {
        guard let acting else { return }
        let (component, components) = (acting.embedding.component, network.head.components.count)
        masks = actingMasks(masks, rows: rows)
        let strangers = acting.enter(&choices, rows: 0..<rows, components: components)
        guard !strangers.isEmpty else { return }
        if masks.isEmpty { masks = Array(repeating: 1, count: rows * network.head.members) }
        let start = network.head.members(of: component).lowerBound
        for row in strangers { masks[row * network.head.members + start] = 0 }
    }

    /// Turns choices among those in the running to choices among all.
    /// - Parameter isBest: of which rows the choice is remembered as the best; none where it is empty.
    mutating func leave(_ choices: inout [Int32], rows: Int, isBest: [Bool]) {
        guard let acting else { return }
        let components = network.head.components.count
        acting.leave(&choices, rows: rows, components: components)
        for row in isBest.indices where isBest[row] {
            if recent.count == Self.recentCount { recent.removeFirst() }
            recent.append(choices[row * components + acting.embedding.component])
        }
    }
}

extension Network {
    /// The places, among all members of the action, of those whom the network scores while it learns.
    func scored(_ candidates: Candidates?) -> [Int32] {
        guard let embedding, let candidates else { return (0..<Int32(head.members)).map { $0 } }
        let members = action.head.members(of: embedding.component)
        let (first, all) = (Int32(members.lowerBound), Int32(action.head.members))
        return Array(0..<first) + candidates.ids.map { first + $0 } + Array(Int32(members.upperBound)..<all)
    }
}
