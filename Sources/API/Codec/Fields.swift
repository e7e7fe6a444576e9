import Gym
import JSON
import Store

/// Reads the fields of a JSON object: each is checked where it is read, and what nobody reads is refused.
struct Fields {
    private let object: JSONValue
    let pointer: JSONPointer
    private let nullable: [String]

    /// - Parameters:
    ///   - known: every field that the object may have.
    ///   - nullable: those for which null is the same as nothing.
    /// - Throws: where `value` is no object, or has another field.
    init(
        _ value: JSONValue, at pointer: JSONPointer = .root, known: [String], nullable: [String] = []
    ) throws(Problem) {
        guard value.kind == .object else {
            throw .invalid("expected an object, not \(value.kindName)", at: pointer.description)
        }
        if let stranger = value.firstKey(notIn: known) {
            let list = known.map { "\($0)" }.joined(separator: ", ")
            throw Problem(
                .unknownField, "there is no field \"\(stranger)\"; there are \(list)",
                at: pointer.appending(stranger).description)
        }
        object = value
        self.pointer = pointer
        self.nullable = nullable
    }

    /// The field's value; nil where it is absent.
    subscript(name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull || !nullable.contains(name) else { return nil }
        return value
    }

    /// How many fields there are.
    var count: Int { object.count }

    func has(_ name: String) -> Bool { object[name] != nil }

    func at(_ name: String) -> JSONPointer { pointer.appending("\(name)") }

    func required(_ name: String) throws(Problem) -> JSONValue {
        guard let value = self[name], !value.isNull else {
            throw Problem(.missingParameter, "the field \"\(name)\" is required", at: at(name).description)
        }
        return value
    }

    func int(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let value = self[name] else { return nil }
        guard let integer = value.int, range.contains(integer) else {
            let upper = range.upperBound == .max ? "" : " to \(range.upperBound)"
            throw .invalid(
                "expected an integer from \(range.lowerBound)\(upper), not \(describe(value))", at: at(name).description
            )
        }
        return integer
    }

    func double(_ name: String, _ what: String = "a number", where isValid: (Double) -> Bool = { _ in true })
        throws(Problem) -> Double?
    {
        guard let value = self[name] else { return nil }
        guard let number = value.double, isValid(number) else {
            throw .invalid("expected \(what), not \(describe(value))", at: at(name).description)
        }
        return number
    }

    func bool(_ name: String) throws(Problem) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let flag = value.bool else {
            throw .invalid("expected true or false, not \(value.kindName)", at: at(name).description)
        }
        return flag
    }

    func string(_ name: String, lengths: ClosedRange<Int> = 0...10_000) throws(Problem) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string, lengths.contains(text.unicodeScalars.count) else {
            throw .invalid(
                "expected a string of \(lengths.lowerBound) to \(lengths.upperBound) characters",
                at: at(name).description)
        }
        return text
    }

    /// One of the words of an enumeration.
    func word<Word: RawRepresentable<String> & CaseIterable>(_ name: String, of type: Word.Type)
        throws(Problem) -> Word?
    {
        guard let value = self[name] else { return nil }
        guard let word = value.string.flatMap(Word.init(rawValue:)) else {
            let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw .invalid("expected one of \(words)", at: at(name).description)
        }
        return word
    }

    /// A non-negative seed, the first of `count` that follow one another.
    func seed(count: Int = 1) throws(Problem) -> UInt64? {
        try int("seed", in: 0...Int.max - (count - 1)).map { UInt64($0) }
    }

    func object(_ name: String) throws(Problem) -> Value? {
        guard let value = self[name] else { return nil }
        guard value.kind == .object else {
            throw .invalid("expected an object, not \(value.kindName)", at: at(name).description)
        }
        return Value(value)
    }

    private func describe(_ value: JSONValue) -> String {
        value.double.map { value.int.map { "\($0)" } ?? "\($0)" } ?? value.kindName
    }
}
