/// The environments that can be made, by id, and the scripted experts that know them.
public struct Catalogue: Sendable {
    /// In the order they were given.
    public let specs: [EnvironmentSpec]
    /// In the order they were given: of several that know an environment the first is the best.
    public let experts: [ExpertSpec]
    private let byID: [String: EnvironmentSpec]
    private let aliases: [String: String]

    /// The word for the best expert that an environment has.
    public static let scripted = "scripted"

    /// - Parameter aliases: further ids, such as older versions that behave the same, and the id that each stands for.
    /// - Precondition: no id is given twice, aliases stand for ids that are there, experts know only such ids.
    public init(_ specs: [EnvironmentSpec], experts: [ExpertSpec] = [], aliases: [String: String] = [:]) {
        self.specs = specs
        self.experts = experts
        self.aliases = aliases
        byID = Dictionary(uniqueKeysWithValues: specs.map { ($0.id, $0) })
        precondition(aliases.allSatisfy { byID[$0.key] == nil && byID[$0.value] != nil }, "an alias stands for an id")
        precondition(experts.flatMap(\.environments).allSatisfy { byID[$0] != nil }, "experts know ids that are there")
    }

    public func spec(_ id: String) throws(EnvironmentError) -> EnvironmentSpec {
        guard let spec = byID[aliases[id] ?? id] else { throw .unknownEnvironment(id, known: specs.map(\.id)) }
        return spec
    }

    /// The scripted experts that know `spec`, the best first.
    public func experts(for spec: EnvironmentSpec) -> [ExpertSpec] {
        experts.filter { $0.environments.contains(spec.id) }
    }

    /// A scripted expert by its id, or the best that `spec` has by the word ``scripted``.
    public func expert(_ id: String, for spec: EnvironmentSpec) throws(EnvironmentError) -> ExpertSpec {
        let known = experts(for: spec)
        guard let expert = id == Self.scripted ? known.first : known.first(where: { $0.id == id }) else {
            throw .unknownExpert(id, environment: spec.id, known: known.map(\.id))
        }
        return expert
    }

    /// The further ids of an environment, in order.
    public func aliases(of id: String) -> [String] { aliases.filter { $0.value == id }.map(\.key).sorted() }
}
