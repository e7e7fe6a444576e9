import Gym
import Hosting
import JSON
import Store

/// Reads what a set of demonstrations is of: the fields of a JSON body, or the same words in the query or in the metadata
/// of a tensor file, which the query overrides.
struct AboutReader {
    static let known = ["name", "env_id", "kwargs", "observation_space", "action_space", "metadata"]
    private static let metadataLimit = 64 << 10

    private let name: String?
    private let environment: String?
    private let values: [String: Value]
    private let prefix: String
    private let defaultName: ((String) -> String)?

    /// - Parameter defaultName: of an environment's id.
    init(_ fields: Fields, defaultName: ((String) -> String)? = nil) throws(Problem) {
        name = try fields.string("name", lengths: 1...200)
        environment = try fields.string("env_id")
        var values: [String: Value] = [:]
        for key in Self.known.dropFirst(2) { values[key] = fields[key].map { Value($0) } }
        self.values = values
        self.defaultName = defaultName
        prefix = "/"
    }

    init(query call: Call, file: [String: String]) throws(Problem) {
        func text(_ key: String) -> String? { call.query(key) ?? file[key] }
        name = text("name")
        guard (name?.count).map({ (1...200).contains($0) }) ?? true else {
            throw .invalid("expected 1 to 200 characters", at: "?name")
        }
        environment = text("env_id")
        var values: [String: Value] = [:]
        for key in Self.known.dropFirst(2) {
            guard let text = text(key) else { continue }
            do { values[key] = try Value(json: text) } catch {
                throw .invalid("expected JSON: \(error)", at: "?\(key)")
            }
        }
        self.values = values
        defaultName = nil
        prefix = "?"
    }

    func about(_ catalogue: Catalogue) throws(Problem) -> DemonstrationSet.About {
        let (observation, action) = try spaces(catalogue)
        let metadata = try object("metadata")
        if let metadata, metadata.json.utf8.count > Self.metadataLimit {
            throw .invalid("at most \(Self.metadataLimit) bytes of JSON", at: prefix + "metadata")
        }
        guard let name = name ?? environment.flatMap({ defaultName?($0) }) else {
            throw Problem(.missingParameter, "a set needs a \"name\"", at: prefix + "name")
        }
        return DemonstrationSet.About(
            name: name, environment: environment, kwargs: try object("kwargs"), observationSpace: observation,
            actionSpace: action, metadata: metadata)
    }

    /// The environment's, or those given: with an environment these are of a wrapped one.
    private func spaces(_ catalogue: Catalogue) throws(Problem) -> (Space, Space) {
        let given = ["observation_space", "action_space"].filter { values[$0] != nil }
        guard given.count != 1 else {
            throw Problem(
                .missingParameter, "both spaces are needed, or neither where \"env_id\" names an environment",
                at: prefix + (given == ["action_space"] ? "observation_space" : "action_space"))
        }
        guard let environment else {
            guard given.count == 2 else {
                throw Problem(
                    .missingParameter,
                    "name the environment, \"env_id\", or give \"observation_space\" and \"action_space\"",
                    at: prefix == "/" ? "" : "?env_id")
            }
            guard values["kwargs"] == nil || values["kwargs"] == .object([]) else {
                throw .invalid("this goes with \"env_id\"", at: prefix + "kwargs")
            }
            return (try space("observation_space"), try space("action_space"))
        }
        let vector: any VectorEnvironment
        do { vector = try catalogue.spec(environment).make(kwargs: try object("kwargs")) } catch let error as Problem {
            throw error
        } catch let error as EnvironmentError {
            throw located(Problem(error))
        } catch {
            throw Problem(.internalError, "\(error)")
        }
        guard given.isEmpty else { return (try space("observation_space"), try space("action_space")) }
        return (vector.observationSpace, vector.actionSpace)
    }

    private func space(_ name: String) throws(Problem) -> Space {
        do { return try Space(description: values[name] ?? .null) } catch {
            throw located(Problem(error, kind: .invalidValue, at: "/\(name)"))
        }
    }

    private func object(_ name: String) throws(Problem) -> Value? {
        guard let value = values[name] else { return nil }
        guard case .object = value else {
            throw .invalid("expected an object, not \(value.kindName)", at: prefix + name)
        }
        return value
    }

    /// A pointer into a field, as one into a query parameter.
    private func located(_ problem: Problem) -> Problem {
        guard prefix == "?", let pointer = problem.pointer?.dropFirst() else { return problem }
        let name = pointer.prefix { $0 != "/" }
        let rest = pointer.dropFirst(name.count)
        return Problem(problem.kind, rest.isEmpty ? problem.detail : "\(rest): \(problem.detail)", at: "?\(name)")
    }
}
