import Gym

extension ExpertSpec {
    /// Every scripted expert that comes with lamd; of several for one world the best comes first. A new one is a file
    /// beside this and a line here.
    static let all = [
        CartPoleLinear.spec,
        MountainCarGrid.spec,
        MountainCarRule.spec,
        MountainCarContinuousRule.spec,
        PendulumGrid.spec,
        PendulumEnergy.spec,
        AcrobotEnergy.spec,
        ValueIteration.spec,
        BlackjackBasicStrategy.spec,
        ReachLeastSquares.spec,
        HybridMovingRule.spec,
        RecommenderSearch.spec,
    ]
}
