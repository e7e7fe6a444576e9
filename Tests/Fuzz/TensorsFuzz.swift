@testable import API
import Gym
@testable import Hosting
import Learning
import Store

/// What is made of the tensors of a file: episodes of clients and of our own folder, features of actions, policies.
enum TensorsFuzz {
    static func read(_ bytes: [UInt8]) {
        guard let (pair, rest) = Pairs.choose(bytes) else { return }
        guard let file = try? Safetensors(parsing: SafetensorsFuzz.file(rest)) else { return }
        if let trajectories = try? EpisodeTensors.read(file, pair.reader) { EpisodesFuzz.check(trajectories, pair) }
        checkKept(file)
        for entry in file.entries {
            guard let features = try? ActionFeatures(entry.tensor) else { continue }
            promise(features.count == entry.tensor.shape[0], "there are not as many features as rows")
        }
    }

    /// What is kept is kept again as it is.
    private static func checkKept(_ file: Safetensors) {
        guard let kept = try? TrajectoryFile.decode(file) else { return }
        guard let parsed = try? Safetensors(parsing: TrajectoryFile.encode(kept)),
            let again = try? TrajectoryFile.decode(parsed)
        else { fatalError("what was kept is not read") }
        promise(again.count == kept.count && again.map(\.length) == kept.map(\.length), "episodes are kept otherwise")
    }
}
