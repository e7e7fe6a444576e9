/// What several runners came to that were measured in turn.
struct Race {
    /// Of each round the rate of each runner.
    let rounds: [[Double]]

    /// The median rate of a runner.
    func rate(_ runner: Int) -> Double { rounds.map { $0[runner] }.median }

    /// The median of how many times as fast as another one a runner was.
    func ratio(_ runner: Int, to other: Int) -> Double { rounds.map { $0[runner] / $0[other] }.median }
}
