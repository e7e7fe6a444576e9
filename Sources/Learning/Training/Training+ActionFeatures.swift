import Gym

extension Training {
    /// Goes on with other features of the same actions. How policies did with the former ones says nothing any more.
    public func replace(features: ActionFeatures) {
        learner.replace(features: features)
        candidates.removeAll()
        counts.hits = 0
    }
}
