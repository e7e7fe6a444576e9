/// The environments that can be made, by id.
public struct Catalogue: Sendable {
    /// In the order they were given.
    public let specs: [EnvironmentSpec]
    private let byID: [String: EnvironmentSpec]

    /// - Precondition: no id is given twice.
    public init(_ specs: [EnvironmentSpec]) {
        self.specs = specs
        byID = Dictionary(uniqueKeysWithValues: specs.map { ($0.id, $0) })
    }

    public func spec(_ id: String) throws(EnvironmentError) -> EnvironmentSpec {
        guard let spec = byID[id] else { throw .unknownEnvironment(id, known: specs.map(\.id)) }
        return spec
    }
}
