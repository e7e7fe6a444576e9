import Synchronization

/// What an environment shows and takes, and how both lie in lanes.
public final class Spaces: Sendable {
    public let observation: Space
    public let action: Space
    public let observationLayout: Layout
    public let actionLayout: Layout

    /// - Precondition: both spaces have a layout.
    public init(observation: Space, action: Space) {
        guard let observationLayout = observation.layout, let actionLayout = action.layout else {
            preconditionFailure("an environment's spaces have a layout")
        }
        self.observation = observation
        self.action = action
        self.observationLayout = observationLayout
        self.actionLayout = actionLayout
    }
}

/// The latest spaces of one kind of environment: nearly all of a kind have the same, and ten thousand sessions need not keep
/// them ten thousand times.
final class SpaceStock: Sendable {
    private let latest = Mutex<Spaces?>(nil)

    /// Those that are known already, where they are the same.
    func spaces(observation: Space, action: Space) -> Spaces {
        latest.withLock { latest in
            if let known = latest, known.observation == observation, known.action == action { return known }
            let spaces = Spaces(observation: observation, action: action)
            latest = spaces
            return spaces
        }
    }
}
