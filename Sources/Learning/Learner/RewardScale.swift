/// By how much rewards are scaled before they are learned: one over the running deviation of discounted returns, but
/// never up, so that values stay small numbers whatever the task's unit. Where Q is the mean of what several components
/// say, each of which moves it by a part of that, values may be as many times larger.
struct RewardScale: Sendable, Equatable {
    private(set) var count = 0.0
    private(set) var mean = 0.0
    private(set) var squares = 0.0

    init() {}

    init(count: Double, mean: Double, squares: Double) {
        self.count = count
        self.mean = mean
        self.squares = squares
    }

    /// Takes in a reward of a sequence whose discounted return so far is `sum`.
    mutating func observe(_ reward: Double, discount: Double, sum: inout Double) {
        sum = sum * discount + reward
        count += 1
        let distance = sum - mean
        mean += distance / count
        squares += distance * (sum - mean)
    }

    /// - Parameter components: of the network's head.
    func factor(_ hyperparameters: Hyperparameters, components: Int) -> Float {
        guard count > 1 && hyperparameters.rewardScaling else { return 1 }
        return Float(1 / max((squares / count).squareRoot() / Double(components), 1))
    }
}
