import Gym

extension Catalogue {
    /// Every world that comes with lamd. A new one is a file beside this and a line here.
    public static let worlds = Catalogue(
        [
            CartPole.specs,
            MountainCar.specs,
            MountainCarContinuous.specs,
            Pendulum.specs,
            Acrobot.specs,
            FrozenLake.specs,
            Taxi.specs,
            CliffWalking.specs,
            Blackjack.specs,
            Crossing.specs,
            DiscretizedPendulum.specs,
            Reach.specs,
            HybridMoving.specs,
            Recommender.specs,
        ].flatMap { $0 },
        experts: ExpertSpec.all)
}
