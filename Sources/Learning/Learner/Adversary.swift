import Gym
import Neural

struct Adversary: Sendable {}

extension Learner {
    func learnedRewards() -> [Float] { [] }
}
