/// What is wrong with a JSON text. Its `description` is a sentence for the person who sent it.
public enum JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No bytes, or only white space.
    case empty
    /// The text breaks JSON's grammar; `reason` says how.
    case syntax(reason: String, at: JSONPosition)
    /// The text ends inside a value.
    case endsEarly(at: JSONPosition)
    /// Something follows the value.
    case trailing(at: JSONPosition)
    /// A word that is no JSON, but that some language writes: `NaN`, `Infinity`, `None`, `True`, `undefined`.
    case foreignWord(String, at: JSONPosition)
    /// An object has the same key twice.
    case duplicateKey(at: JSONPosition)
    /// A string holds bytes that are not UTF-8, or half of a surrogate pair.
    case notUnicode(at: JSONPosition)
    /// An integer beyond 64 bits, or a number beyond the range of a double.
    case numberOutOfRange(at: JSONPosition)
    case numberTooLong(limit: Int, at: JSONPosition)
    case tooDeep(limit: Int, at: JSONPosition)
    case tooManyContainers(limit: Int)
    case tooManyScalars(limit: Int)

    /// Where, unless it is the whole text.
    public var position: JSONPosition? {
        switch self {
        case .empty, .tooManyContainers, .tooManyScalars: nil
        case .syntax(_, let position), .endsEarly(let position), .trailing(let position),
            .foreignWord(_, let position), .duplicateKey(let position), .notUnicode(let position),
            .numberOutOfRange(let position), .numberTooLong(_, let position), .tooDeep(_, let position):
            position
        }
    }

    public var description: String {
        guard let position else { return complaint }
        return "\(complaint) (\(position))"
    }

    private var complaint: String {
        switch self {
        case .empty: "there is no JSON here; send a value, such as {}"
        case .syntax(let reason, _): "this is not JSON: \(reason)"
        case .endsEarly: "the JSON ends too early; close every bracket and quote"
        case .trailing: "something follows the JSON value; send one value only"
        case .foreignWord(let word, _): "\(word) is not JSON; \(Self.cure(for: word))"
        case .duplicateKey: "the same key appears twice in one object; send each key once"
        case .notUnicode: "a string is not valid UTF-8 text; send UTF-8, and surrogates in pairs"
        case .numberOutOfRange: "a number is too large; integers go up to 64 bits signed, others up to 1.8e308"
        case .numberTooLong(let limit, _): "a number is written with more than \(limit) characters; shorten it"
        case .tooDeep(let limit, _): "arrays and objects are nested more than \(limit) deep; flatten them"
        case .tooManyContainers(let limit): "there are more than \(limit) arrays and objects; send several requests"
        case .tooManyScalars(let limit): "there are more than \(limit) values; send several requests"
        }
    }

    private static func cure(for word: String) -> String {
        switch word {
        case "NaN", "-NaN", "nan", "-nan": "send null or a number"
        case "None", "undefined", "nil", "NULL", "Null": "send null"
        case "True", "TRUE": "send true"
        case "False", "FALSE": "send false"
        case let infinite where infinite.hasPrefix("-"):
            "send a number, or \"-Infinity\" in quotes where bounds are meant"
        default: "send a number, or \"Infinity\" in quotes where bounds are meant"
        }
    }
}
