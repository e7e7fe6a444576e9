import JSON

/// One thing, a line for each of its members.
struct Details {
    let text: String

    init(_ object: JSONValue) {
        let members = object.members.map(Array.init) ?? []
        let width = members.map(\.key.count).max() ?? 0
        text = members.map { key, value in
            key + String(repeating: " ", count: width - key.count + 2) + value.text
        }.joined(separator: "\n")
    }
}
