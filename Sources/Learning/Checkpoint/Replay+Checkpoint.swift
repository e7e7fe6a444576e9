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
        checkpoint.put("masks", kept(masks.words).map { Int64(bitPattern: $0) })
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
            try checkpoint.members("categories", of: network.observation.categories, count: rows * width.categories))
        restored.masks.replace(try checkpoint.words("masks", count: rows * masks.wordsPerRow))
        restored.choices.replace(
            try checkpoint.members("choices", of: network.action.head.components, count: rows * width.choices))
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
        restored.followAll()
        self = restored
    }
}

extension Array {
    /// Overwrites the first elements.
    fileprivate mutating func replace(_ first: [Element]) { replaceSubrange(0..<first.count, with: first) }
}
