import Gym
import Learning

extension Hall {
    /// Steps of one request, which are all in memory; fewer where masks are wide.
    private static var demonstrationLimit: Int { 1_000_000 }
    /// Episodes that are played side by side.
    private static var sideBySide: Int { 64 }

    /// Has an expert play one episode for each seed.
    /// - Parameters:
    ///   - expert: a scripted expert of the environment, or the id of one of the tenant's agents.
    ///   - exploration: the share of steps in which a random allowed action is taken instead.
    public func demonstrate(
        _ environment: String, kwargs: Value?, expert: String, of tenant: Tenant, seeds: [UInt64],
        exploration: Double = 0
    ) throws(HostingError) -> [Trajectory] {
        do {
            let request = EnvironmentRequest(try catalogue.spec(environment), kwargs: kwargs)
            let player = try agents.expert(expert, in: request, of: tenant).expert
            let weight = TrajectoryRecorder.weight(maskWidth: try request.make(count: 1).maskWidth)
            let (limit, atOnce) = (Self.demonstrationLimit / weight, max(Self.sideBySide / weight, 1))
            var trajectories: [Trajectory] = []
            var steps = 0
            for start in stride(from: 0, to: seeds.count, by: atOnce) {
                let part = Array(seeds[start..<min(start + atOnce, seeds.count)])
                trajectories += try Demonstration.play(request, part, exploration: exploration, by: player)
                steps = trajectories.reduce(0) { $0 + $1.length }
                guard steps <= limit else {
                    throw HostingError.invalid(
                        field: "num_episodes",
                        reason: "the episodes have more than \(limit) steps: ask for fewer at once")
                }
            }
            return trajectories
        } catch {
            throw HostingError(error)
        }
    }
}
