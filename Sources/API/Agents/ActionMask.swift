import Gym
import JSON
import Learning
import Store

/// Masks of available actions, as requests have them: of each component either a flag for each member, or an object that
/// lists the actions that are allowed, or those that are not.
enum ActionMask {
    /// Booleans of all masks of a request: lists are short where what they stand for is long.
    private static let limit = 1 << 26

    /// - Returns: rows of Booleans, one for each member of each component; empty where none was given.
    static func read(_ fields: Fields, _ form: ActionForm, rows: Int, isBatch: Bool) throws(Problem) -> [Bool] {
        guard let json = fields["action_mask"] else { return [] }
        let pointer = fields.at("action_mask")
        try check(rows, form, at: pointer)
        guard isBatch else { return try row(json, form, at: pointer) }
        guard json.kind == .array, json.count == rows else {
            throw .invalid("expected \(rows) masks, one for each observation", at: pointer.description)
        }
        var masks: [Bool] = []
        for (index, element) in json.arrayElements.enumerated() {
            masks += try row(element, form, at: pointer.appending(index))
        }
        return masks
    }

    /// The masks named `name` of as many objects, such as transitions: where one has none, everything is allowed in it.
    /// - Returns: rows of Booleans; empty where no object has one.
    static func read(_ name: String, of all: [Fields], _ form: ActionForm) throws(Problem) -> [Bool] {
        guard let first = all.first(where: { $0[name] != nil }) else { return [] }
        try check(all.count, form, at: first.at(name))
        var masks: [Bool] = []
        for fields in all {
            masks +=
                try fields[name].map { json throws(Problem) in try row(json, form, at: fields.at(name)) }
                ?? Array(repeating: true, count: form.maskWidth)
        }
        return masks
    }

    private static func check(_ rows: Int, _ form: ActionForm, at pointer: JSONPointer) throws(Problem) {
        let most = max(1, limit / form.maskWidth)
        guard rows <= most else {
            throw .invalid("of so many actions at most \(most) masks fit into a request", at: pointer.description)
        }
    }

    /// The masks of a tensor [rows, maskWidth]; empty where there is none of this name.
    static func read(_ name: String, in file: Safetensors, _ form: ActionForm, rows: Int) throws(Problem) -> [Bool] {
        guard let mask = file[name] else { return [] }
        guard mask.shape == [rows, form.maskWidth] else {
            throw .invalid("expected shape [\(rows), \(form.maskWidth)], not \(mask.shape)", at: "/\(name)")
        }
        return (0..<mask.count).map { mask.double($0) != 0 }
    }

    /// One mask of one component; for several components an array of them.
    private static func row(_ json: JSONValue, _ form: ActionForm, at pointer: JSONPointer) throws(Problem) -> [Bool] {
        if form.components.count == 1 { return try component(json, form.components[0], at: pointer) }
        guard json.kind == .array, json.count == form.components.count else {
            throw .invalid(
                "expected an array of \(form.components.count) masks, one for each component", at: pointer.description)
        }
        var mask: [Bool] = []
        for (index, part) in json.arrayElements.enumerated() {
            mask += try component(part, form.components[index], at: pointer.appending(index))
        }
        return mask
    }

    private static func component(
        _ json: JSONValue, _ component: ActionForm.Component, at pointer: JSONPointer
    ) throws(Problem) -> [Bool] {
        json.kind == .object
            ? try listed(json, component, at: pointer) : try flags(json, count: component.count, at: pointer)
    }

    private static func flags(_ json: JSONValue, count: Int, at pointer: JSONPointer) throws(Problem) -> [Bool] {
        guard json.kind == .array, json.count == count else {
            throw .invalid(
                "expected \(count) booleans, or ones and zeros; or {\"allowed\": [...]} or {\"forbidden\": [...]}",
                at: pointer.description)
        }
        var flags: [Bool] = []
        for (index, element) in json.arrayElements.enumerated() {
            guard let flag = element.bool ?? element.int.flatMap({ [0: false, 1: true][$0] }) else {
                throw .invalid("expected true, false, 1 or 0", at: pointer.appending(index).description)
            }
            flags.append(flag)
        }
        return flags
    }

    private static func listed(
        _ json: JSONValue, _ component: ActionForm.Component, at pointer: JSONPointer
    ) throws(Problem) -> [Bool] {
        let fields = try Fields(json, at: pointer, known: ["allowed", "forbidden"])
        guard (fields["allowed"] != nil) != (fields["forbidden"] != nil) else {
            throw .invalid("expected either \"allowed\" or \"forbidden\"", at: pointer.description)
        }
        let isAllowing = fields["allowed"] != nil
        let name = isAllowing ? "allowed" : "forbidden"
        let list = try fields.required(name)
        guard list.kind == .array else {
            throw .invalid("expected an array of actions", at: fields.at(name).description)
        }
        var flags = [Bool](repeating: !isAllowing, count: component.count)
        for (index, element) in list.arrayElements.enumerated() {
            guard let member = element.int.map({ $0 - component.first }), flags.indices.contains(member) else {
                let range = "\(component.first) to \(component.first + component.count - 1)"
                throw .invalid("expected an integer from \(range)", at: fields.at(name).appending(index).description)
            }
            flags[member] = isAllowing
        }
        return flags
    }
}
