import Gym
import Learning

/// What an agent may do, whatever its policy says.
public struct Guard: Sendable {
    public enum Mode: String, Sendable, CaseIterable {
        case enforce
        /// The policy is asked, and the fallback served.
        case shadow
    }

    /// How much may be done within some time.
    struct Budget: Sendable, Equatable {
        enum Unit: String, Sendable, CaseIterable {
            case actions
            /// The sum of what the numbers of Boxes are apart from 0.
            case magnitude
        }

        let limit: Double
        /// In seconds.
        let window: Double
        let unit: Unit
    }

    /// What it may say of itself.
    public static let fields = GuardReader.fields

    public let mode: Mode
    let lanes: [Lane]
    let budget: Budget?
    /// The least probability, under the policy, of what it chose.
    let confidenceFloor: Double?
    /// A row of the action space's lanes.
    let fallback: Lanes?
    /// Whether what is served is to be recorded.
    public let isAudited: Bool
    /// As it goes over the wire and into the catalogue: what was not said is there too.
    public let value: Value

    init(
        mode: Mode, lanes: [Lane], budget: Budget?, confidenceFloor: Double?, fallback: Lanes?, isAudited: Bool,
        value: Value
    ) {
        self.mode = mode
        self.lanes = lanes
        self.budget = budget
        self.confidenceFloor = confidenceFloor
        self.fallback = fallback
        self.isAudited = isAudited
        self.value = value
    }

    /// Whether what was served before matters.
    public var limitsChange: Bool { lanes.contains { $0.change < .infinity } }

    /// What may be chosen, as a mask over a form's components; empty for everything.
    func mask(of form: ActionForm) -> [Bool] {
        guard lanes.contains(where: \.isListed) else { return [] }
        return zip(lanes, form.components).flatMap { lane, component in
            (0..<component.count).map { lane.isListed ? lane.objection(to: Int64(component.first + $0)).isEmpty : true }
        }
    }
}
