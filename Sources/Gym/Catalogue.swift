/// The environments that can be made, by id.
public struct Catalogue: Sendable {
    /// In the order they were given.
    public let specs: [EnvironmentSpec]
    private let byID: [String: EnvironmentSpec]
    private let aliases: [String: String]

    /// - Parameter aliases: further ids, such as older versions that behave the same, and the id that each stands for.
    /// - Precondition: no id is given twice, and aliases stand for ids that are there.
    public init(_ specs: [EnvironmentSpec], aliases: [String: String] = [:]) {
        self.specs = specs
        self.aliases = aliases
        byID = Dictionary(uniqueKeysWithValues: specs.map { ($0.id, $0) })
        precondition(aliases.allSatisfy { byID[$0.key] == nil && byID[$0.value] != nil }, "an alias stands for an id")
    }

    public func spec(_ id: String) throws(EnvironmentError) -> EnvironmentSpec {
        guard let spec = byID[aliases[id] ?? id] else { throw .unknownEnvironment(id, known: specs.map(\.id)) }
        return spec
    }

    /// The further ids of an environment, in order.
    public func aliases(of id: String) -> [String] { aliases.filter { $0.value == id }.map(\.key).sorted() }
}
