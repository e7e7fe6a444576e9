import Neural

extension Replay {
    /// Only states that were written are kept.
    var checkpoint: Checkpoint {
        var checkpoint = Checkpoint()
        let rows = min(written, capacity)
        func kept<T>(_ array: [T]) -> ArraySlice<T> { array.prefix(array.count / capacity * rows) }
        checkpoint.put("written", [written])
        checkpoint.put("numbers", Array(kept(states.numbers)))
        checkpoint.put("categories", kept(states.categories))
        checkpoint.put("masks", Array(kept(states.masks)))
        checkpoint.put("choices", kept(choices))
        checkpoint.put("rewards", Array(kept(rewards)))
        checkpoint.put("endings", Array(kept(endings)))
        checkpoint.put("next", kept(next))
        checkpoint.put("previous", kept(previous))
        checkpoint.put("returns", Array(kept(returns)))
        checkpoint.put("is_best", Array(kept(isBest)))
        checkpoint.put("is_ready", Array(kept(isReady)))
        guard let priorities else { return checkpoint }
        checkpoint.put("priorities", priorities.weights(count: rows))
        checkpoint.put("largest_priority", [largestPriority])
        return checkpoint
    }

    /// - Precondition: nothing was written yet.
    mutating func restore(from checkpoint: Checkpoint, network: Network) throws(LearningError) {
        var restored = self
        restored.written = try checkpoint.integers("written", count: 1, in: 0..<Int.max)[0]
        if isGrowing {
            guard restored.written <= capacityLimit else { throw .invalidCheckpoint("written is more than fits") }
            while restored.capacity < restored.written { restored.grow() }
        }
        let capacity = restored.capacity
        let rows = min(restored.written, capacity)
        restored.states.numbers.replace(try checkpoint.floats("numbers", count: rows * width.numbers))
        restored.states.categories.replace(
            try checkpoint.integers("categories", count: rows * width.categories, in: 0..<Int(Int32.max)).map(
                Int32.init))
        restored.states.masks.replace(try checkpoint.bytes("masks", count: rows * width.members))
        restored.choices.replace(
            try checkpoint.integers("choices", count: rows * width.choices, in: 0..<Int(Int32.max)).map(Int32.init))
        restored.rewards.replace(try checkpoint.floats("rewards", count: rows))
        restored.endings.replace(try checkpoint.bytes("endings", count: rows))
        restored.next.replace(try checkpoint.integers("next", count: rows, in: 0..<capacity).map(Int32.init))
        restored.previous.replace(try checkpoint.integers("previous", count: rows, in: -1..<capacity).map(Int32.init))
        restored.returns.replace(try checkpoint.floats("returns", count: rows))
        restored.isBest.replace(try checkpoint.booleans("is_best", count: rows))
        restored.isReady.replace(try checkpoint.booleans("is_ready", count: rows))
        restored.readyCount = restored.isReady.reduce(0) { $0 + ($1 ? 1 : 0) }
        if restored.priorities != nil {
            restored.priorities?.restore(try checkpoint.floats("priorities", count: rows))
            restored.largestPriority = try checkpoint.floats("largest_priority", count: 1)[0]
        }
        try restored.checkMembers(rows: rows, network)
        self = restored
    }

    /// Checks that categories and choices are among their members.
    private func checkMembers(rows: Int, _ network: Network) throws(LearningError) {
        for row in 0..<rows {
            for (lane, count) in network.observation.categories.enumerated()
            where states.categories[row * width.categories + lane] >= count {
                throw .invalidCheckpoint("replay has a category that the observation space does not have")
            }
            for (component, count) in network.head.components.enumerated()
            where choices[row * width.choices + component] >= count {
                throw .invalidCheckpoint("replay has an action that the action space does not have")
            }
        }
    }
}

extension Array {
    /// Overwrites the first elements.
    fileprivate mutating func replace(_ first: [Element]) { replaceSubrange(0..<first.count, with: first) }
}
