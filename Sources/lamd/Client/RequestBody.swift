import JSON

/// A JSON object whose members are there only when they were said.
struct RequestBody {
    private var writer = JSONWriter()

    init() { writer.beginObject() }

    mutating func set(_ key: String, _ text: String?) {
        guard let text else { return }
        writer.key(named: key)
        writer.value(text)
    }

    mutating func set(_ key: String, _ number: Int?) {
        guard let number else { return }
        writer.key(named: key)
        writer.value(number)
    }

    mutating func set(_ key: String, _ number: Double?) {
        guard let number else { return }
        writer.key(named: key)
        writer.value(number)
    }

    mutating func set(_ key: String, _ texts: [String]?) {
        guard let texts else { return }
        writer.key(named: key)
        writer.beginArray()
        for text in texts { writer.value(text) }
        writer.endArray()
    }

    /// - Parameter option: the name of the argument that holds the JSON.
    mutating func set(_ key: String, json text: String?, from option: String) throws(ClientError) {
        guard let text else { return }
        do {
            let value = try JSONDocument(parsing: Array(text.utf8)).root
            writer.key(named: key)
            writer.value(value)
        } catch {
            throw .malformedArgument(name: option, reason: "\(error)")
        }
    }

    consuming func finish() -> [UInt8] {
        writer.endObject()
        return writer.take()
    }
}
