import Gym
import Hosting
import JSON
import Store

/// Reads how an agent is asked for: a JSON object, or the features of its actions as tensors, and then the rest in the
/// query or in the file's metadata, which the query overrides.
enum AgentReader {
    /// Fields that are text; the others are JSON, also where they are said in a query.
    private static let texts = ["env_id", "name", "init_from"]
    static let known =
        texts + ["kwargs", "observation_space", "action_space", "is_masked", "seed", "network", "hyperparameters"]

    static func request(_ call: Call) throws(Problem) -> Agents.Request {
        let fields: Fields
        let features: ActionFeatures?
        if try call.hasTensors() {
            let file = try call.tensors()
            fields = try said(call, file.metadata)
            features = try ActionFeatureOperations.read(file)
        } else {
            try call.refuseQuery()
            fields = try call.requiredFields(known + [ActionFeatures.name])
            features = try fields[ActionFeatures.name].map { json throws(Problem) in
                try ActionFeatures(json, at: fields.at(ActionFeatures.name))
            }
        }
        try checkNetwork(fields)
        return Agents.Request(
            tenant: call.tenant, name: try fields.string("name", lengths: 1...200),
            environment: try fields.string("env_id"),
            kwargs: try fields.object("kwargs"), spaces: try spaces(fields),
            isMasked: try fields.bool("is_masked") ?? false, seed: try fields.seed(),
            hyperparameters: try fields.object("hyperparameters"), actionFeatures: features,
            initFrom: try parent(fields))
    }

    /// What goes with tensors, as the JSON object that it would be without them.
    private static func said(_ call: Call, _ metadata: [String: String]) throws(Problem) -> Fields {
        var writer = JSONWriter()
        writer.beginObject()
        for name in known {
            guard let text = call.query(name) ?? metadata[name] else { continue }
            writer.key(named: name)
            if texts.contains(name) {
                writer.value(text)
            } else {
                do { writer.value(try Value(json: text)) } catch {
                    throw .invalid("expected JSON: \(error)", at: "/\(name)")
                }
            }
        }
        writer.endObject()
        do { return try Fields(JSONDocument(parsing: writer.take()).root, known: known) } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.invalidJSON, "\(error)", at: "")
        }
    }

    private static func spaces(_ fields: Fields) throws(Problem) -> (observation: Space, action: Space)? {
        let named = ["observation_space", "action_space"].filter { fields[$0] != nil }
        guard fields["env_id"] == nil else {
            guard named.isEmpty else {
                throw .invalid("either \"env_id\" or both spaces, not both", at: "")
            }
            guard fields["is_masked"] == nil else {
                throw .invalid(
                    "this goes with spaces; an environment says itself whether it has masks", at: "/is_masked")
            }
            return nil
        }
        guard named.count == 2 else {
            throw Problem(
                .missingParameter,
                "name the environment, \"env_id\", or give \"observation_space\" and \"action_space\"",
                at: "")
        }
        guard fields["kwargs"] == nil else { throw .invalid("this goes with \"env_id\"", at: "/kwargs") }
        return (try space(fields, "observation_space"), try space(fields, "action_space"))
    }

    private static func space(_ fields: Fields, _ name: String) throws(Problem) -> Space {
        let description = try fields.required(name)
        do { return try Space(description: description) } catch {
            throw Problem(error, kind: .invalidValue, at: "/\(name)")
        }
    }

    /// What kind of network: one kind is known.
    private static func checkNetwork(_ fields: Fields) throws(Problem) {
        guard let network = fields["network"] else { return }
        let type = try Fields(network, at: fields.at("network"), known: ["type"]).string("type")
        guard type == nil || type == "mlp" else {
            throw .invalid(
                "the network type that is supported is \"mlp\"; its shape is hyperparameters.hidden_sizes",
                at: "/network/type")
        }
    }

    private static func parent(_ fields: Fields) throws(Problem) -> Identifier? {
        guard let text = try fields.string("init_from") else { return nil }
        guard let id = Identifier(text) else { throw .invalid("expected an agent's id", at: "/init_from") }
        return id
    }
}
