import Gym
import HTTP
import Hosting
import JSON
import Store

/// What is known of an agent's actions: read back, replaced, changed row by row.
enum ActionFeatureOperations {
    private static let features = ActionFeatures.name

    static func getActionFeatures(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        guard let table = agent.table else { throw Problem(.noActionFeatures(agent.id.description)) }
        return call.wantsTensors ? .tensors(table.file) : .json(table.value)
    }

    static func putActionFeatures(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let features = try call.hasTensors() ? try Self.read(call.tensors()) : try read(call.requiredFields(known))
        do { return .json(try call.hall.agents.replaceActionFeatures(features, of: agent).value) } catch {
            throw Problem(error)
        }
    }

    private static let known = [features, "withdrawn"]

    /// A whole table.
    static func read(_ file: Safetensors) throws(Problem) -> ActionFeatures {
        try file.refuseOthers(than: known)
        guard let rows = file[Self.features] else {
            throw Problem(.missingParameter, "the tensor \"\(Self.features)\" is missing", at: "/\(Self.features)")
        }
        var features = try ActionFeatures(rows)
        if let flags = file["withdrawn"] {
            guard flags.dtype == .bool, flags.shape == [features.count] else {
                throw .invalid(
                    "expected bool of shape [\(features.count)], not \(flags.dtype.rawValue) of \(flags.shape)",
                    at: "/withdrawn")
            }
            try features.withdraw(flags.bools, at: "/withdrawn")
        }
        return features
    }

    private static func read(_ fields: Fields) throws(Problem) -> ActionFeatures {
        var features = try ActionFeatures(fields.required(Self.features), at: fields.at(Self.features))
        try features.withdraw(
            try fields.elements("withdrawn", "true or false") { $0.bool }, at: fields.at("withdrawn").description)
        return features
    }

    static func patchActionFeatures(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let edit = try call.hasTensors() ? try readEdit(call.tensors()) : try readEdit(call.requiredFields(editable))
        let rows = edit.rows?.count ?? 0
        guard rows == edit.ids.count else {
            throw .invalid("expected a row for each of the \(edit.ids.count) ids, not \(rows)", at: "/\(features)")
        }
        guard rows + edit.withdrawn.count > 0 else {
            throw Problem(
                .missingParameter, "\"ids\" with their rows, \"\(features)\", or \"withdraw\" are needed", at: "")
        }
        do { return .json(try call.hall.agents.editActionFeatures(edit, of: agent).value) } catch {
            throw Problem(error)
        }
    }

    private static let editable = ["ids", features, "withdraw"]

    private static func readEdit(_ file: Safetensors) throws(Problem) -> ActionEdit {
        try file.refuseOthers(than: editable)
        func ids(_ name: String) throws(Problem) -> [Int64] {
            guard let tensor = file[name] else { return [] }
            guard let ids = tensor.int64s, tensor.shape == [ids.count] else {
                throw .invalid(
                    "expected int64 in one dimension, not \(tensor.dtype.rawValue) of shape \(tensor.shape)",
                    at: "/\(name)")
            }
            return ids
        }
        return ActionEdit(
            ids: try ids("ids"), rows: try file[features].map { rows throws(Problem) in try ActionFeatures(rows) },
            withdrawn: try ids("withdraw"))
    }

    private static func readEdit(_ fields: Fields) throws(Problem) -> ActionEdit {
        let rows = try fields[features].map { rows throws(Problem) in
            try ActionFeatures(rows, at: fields.at(features))
        }
        return ActionEdit(
            ids: try fields.elements("ids", "the id of an action") { $0.int64 } ?? [], rows: rows,
            withdrawn: try fields.elements("withdraw", "the id of an action") { $0.int64 } ?? [])
    }
}

extension Fields {
    /// An array whose elements `read` understands; nil where it is absent.
    fileprivate func elements<Element>(
        _ name: String, _ what: String, _ read: (JSONValue) -> Element?
    ) throws(Problem) -> [Element]? {
        guard let json = self[name] else { return nil }
        guard json.kind == .array else {
            throw .invalid("expected an array, not \(json.kindName)", at: at(name).description)
        }
        var elements: [Element] = []
        for (index, element) in json.arrayElements.enumerated() {
            guard let element = read(element) else {
                throw .invalid("expected \(what)", at: at(name).appending(index).description)
            }
            elements.append(element)
        }
        return elements
    }
}
