import Foundation
import JSON

// How a person reads what the daemon says.
extension JSONValue {
    /// A number as briefly as makes sense, a text as it is, anything else as JSON.
    var text: String {
        switch kind {
        case .string: string ?? ""
        case .null: "-"
        case .integer: int64.map(Self.grouped) ?? ""
        case .real: double.map(Self.brief) ?? ""
        case .object where self["type"] != nil && isSpace: space
        default: written
        }
    }

    /// A member's text; `-` where there is none.
    func text(_ key: String) -> String { self[key]?.text ?? "-" }

    /// The form in which Gymnasium prints a space, less its bounds.
    var space: String {
        let type = self["type"]?.string ?? "?"
        let subspaces = self["subspaces"]
        switch type {
        case "Box":
            let shape = self["shape"]?.elements.map { $0.map(\.text).joined(separator: ", ") } ?? ""
            let dtype = self["dtype"]?.string ?? "float32"
            return "Box(\(shape)\(dtype == "float32" ? "" : (shape.isEmpty ? "" : ", ") + dtype))"
        case "Discrete":
            let start = self["start"]?.int ?? 0
            return "Discrete(\(text("n"))\(start == 0 ? "" : ", start=\(start)"))"
        case "MultiDiscrete": return "MultiDiscrete(\(text("nvec")))"
        case "MultiBinary": return "MultiBinary(\(text("n")))"
        case "Text": return "Text(\(text("max_length")))"
        case "Sequence": return "Sequence(\(self["feature_space"]?.space ?? ""))"
        case "Dict":
            let members = subspaces?.members.map { $0.map { "\($0.key): \($0.value.space)" } } ?? []
            return "Dict(\(members.joined(separator: ", ")))"
        default: return "\(type)(\((subspaces?.elements.map { $0.map(\.space) } ?? []).joined(separator: ", ")))"
        }
    }

    private var isSpace: Bool {
        ["shape", "n", "nvec", "max_length", "subspaces", "feature_space", "node_space"].contains { self[$0] != nil }
    }

    private var written: String {
        var writer = JSONWriter()
        writer.value(self)
        return String(decoding: writer.take(), as: UTF8.self)
    }

    /// Four digits, and no zeros that say nothing.
    static func brief(_ number: Double) -> String { String(format: "%.4g", number) }

    static func grouped(_ number: Int64) -> String {
        let digits = "\(number.magnitude)"
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }
}
