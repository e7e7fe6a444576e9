/// What a vector must remember to go on exactly where it was.
extension VectorEngine {
    func save(to writer: inout StateWriter) {
        for index in environments.indices {
            environments[index].save(to: &writer)
            randoms[index].save(to: &writer)
            writer.write(clock - begins[index])
            writer.write(returns[index])
            writer.write(isActive[index])
        }
        writer.write(E.Observation.lanes(observations))
        rewards.forEach { writer.write($0) }
        terminated.forEach { writer.write($0) }
        truncated.forEach { writer.write($0) }
    }

    mutating func restore(from reader: inout StateReader) throws(EnvironmentError) {
        var restored = self
        let indices = environments.indices
        for index in indices {
            try restored.environments[index].restore(from: &reader)
            try restored.randoms[index].restore(from: &reader)
            restored.begins[index] = clock - (try reader.readInt(in: 0..<Int.max / 2))
            restored.returns[index] = try reader.readDouble()
            restored.isActive[index] = try reader.readBool()
        }
        let lanes = try reader.readLanes(E.Observation.element, count: observations.count)
        restored.observations = E.Observation.array(of: lanes)
        for index in indices { restored.rewards[index] = try reader.readDouble() }
        for index in indices { restored.terminated[index] = try reader.readBool() }
        for index in indices { restored.truncated[index] = try reader.readBool() }
        restored.episodes = []
        // Flags may be anyone's, and limits near.
        restored.outcome.ended = Array(indices)
        restored.deadline = clock
        self = restored
    }
}
