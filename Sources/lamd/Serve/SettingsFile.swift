import Foundation
import Yams

/// The configuration file: YAML, one setting a line, named as the flags are but with underscores.
struct SettingsFile {
    struct Entry {
        let texts: [String]
        /// File and line.
        let place: String
    }

    let entries: [String: Entry]

    init(path: String) throws(SettingsError) {
        guard access(path, R_OK) == 0 else {
            throw .unreadableFile(path: path, reason: String(cString: strerror(errno)))
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw .unreadableFile(path: path, reason: "it is no text in UTF-8")
        }
        entries = try Self.parse(text, path: path)
    }

    private static func parse(_ text: String, path: String) throws(SettingsError) -> [String: Entry] {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Self.fault(error, path: path)
        }
        // A file of comments alone has no root.
        guard let root else { return [:] }
        guard let mapping = root.mapping else {
            throw .malformedFile(place: path, reason: "there must be settings, such as 'threads: 2', and nothing else")
        }
        var entries: [String: Entry] = [:]
        for (key, value) in mapping {
            let place = "\(path):\(key.mark?.line ?? 1)"
            guard let name = key.string else {
                throw .malformedFile(place: place, reason: "a setting's name is a word")
            }
            entries[name] = Entry(texts: try texts(of: value, name: name, place: place), place: place)
        }
        return entries
    }

    private static func texts(of value: Node, name: String, place: String) throws(SettingsError) -> [String] {
        let nodes = value.sequence.map(Array.init) ?? [value]
        let texts = nodes.compactMap { $0.scalar?.string }
        guard texts.count == nodes.count, !texts.contains("") else {
            throw .malformedFile(
                place: place, reason: "'\(name)' has no value; leave it out, or say one value or a list")
        }
        return texts
    }

    private static func fault(_ error: any Error, path: String) -> SettingsError {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            .malformedFile(place: "\(path):\(mark.line)", reason: problem)
        case YamlError.duplicatedKeysInMapping(let names, _):
            .malformedFile(place: path, reason: "\(names.joined(separator: ", ")) is said more than once")
        default: .malformedFile(place: path, reason: "\(error)")
        }
    }
}
