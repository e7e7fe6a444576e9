@testable import API
import Gym
import JSON
import Store

/// Newline-delimited episodes: what is read is read again from the lines and from the tensors that it is written as.
enum EpisodesFuzz {
    static func read(_ bytes: [UInt8]) {
        guard let (pair, text) = Pairs.choose(bytes) else { return }
        guard let trajectories = try? pair.reader.lines(text.span) else { return }
        check(trajectories, pair)
        guard let again = try? pair.reader.lines(lines(trajectories, pair).span) else {
            fatalError("the lines that were written are not read")
        }
        promise(again == trajectories, "lines are read as something else")
    }

    private static func lines(_ trajectories: [Trajectory], _ pair: Pairs.Pair) -> [UInt8] {
        var writer = JSONWriter()
        writer.lines(of: trajectories, pair.observation, pair.action)
        return writer.take()
    }

    /// What was read comes back from the tensors that it is written as.
    static func check(_ trajectories: [Trajectory], _ pair: Pairs.Pair) {
        let reader = pair.reader
        let file = EpisodeTensors.file(
            trajectories, observation: reader.observationLayout, action: reader.actionLayout,
            maskWidth: reader.maskWidth, metadata: [:])
        guard let parsed = try? Safetensors(parsing: file.encoded()),
            let again = try? EpisodeTensors.read(parsed, reader)
        else { fatalError("the tensors that were written are not read") }
        let expected = trajectories.map { trajectory in
            var trajectory = trajectory
            // Tensors have 63 bits for a seed.
            trajectory.seed = trajectory.seed.flatMap { Int64(exactly: $0) }.map(UInt64.init)
            return trajectory
        }
        promise(again == expected, "tensors are read as something else")
    }
}
