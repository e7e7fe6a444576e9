/// The environments that can be made, by id, and the scripted experts that know them.
public struct Catalogue: Sendable {
    /// In the order they were given.
    public let specs: [EnvironmentSpec]
    /// In the order they were given: of several that know an environment the first is the best.
    public let experts: [ExpertSpec]
    private let byID: [String: EnvironmentSpec]
    private let aliases: [String: String]
    /// Where further environments come from.
    public private(set) var sources: [Source] = []

    /// Environments that other processes host, all with one beginning to their ids.
    public struct Source: Sendable {
        /// What the ids begin with, before a slash.
        public let name: String
        /// Those that are known by now; at once.
        public let list: @Sendable () -> [EnvironmentSpec]
        /// Looks one up, by its whole id; may take long.
        public let find: @Sendable (String) throws(EnvironmentError) -> EnvironmentSpec

        public init(
            name: String, list: @escaping @Sendable () -> [EnvironmentSpec],
            find: @escaping @Sendable (String) throws(EnvironmentError) -> EnvironmentSpec
        ) {
            self.name = name
            self.list = list
            self.find = find
        }
    }

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

    /// The same with further environments.
    /// - Precondition: no two sources have the same name.
    public func adding(_ sources: [Source]) -> Catalogue {
        var catalogue = self
        catalogue.sources += sources
        precondition(Set(catalogue.sources.map(\.name)).count == catalogue.sources.count, "a source has its own name")
        return catalogue
    }

    /// Every environment that is known by now, in no particular order.
    public var all: [EnvironmentSpec] { specs + sources.flatMap { $0.list() } }

    /// Looks an environment up; where another process hosts it, that may take long.
    public func spec(_ id: String) throws(EnvironmentError) -> EnvironmentSpec {
        if let source = sources.first(where: { id.hasPrefix($0.name + "/") }) { return try source.find(id) }
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
