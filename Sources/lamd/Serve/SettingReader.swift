/// Reads each setting from the first place that says it: a flag, the environment (`LAMD_` and the name), the file.
struct SettingReader {
    struct Reading {
        let name: String
        let texts: [String]
        /// nil for a default.
        let place: String?
    }

    private let flags: [String: [String]]
    private let environment: [String: String]
    private let file: SettingsFile?
    private(set) var readings: [Reading] = []

    /// - Parameter flags: texts by the settings' names; those that were not said are absent.
    init(flags: [String: [String]], environment: [String: String], file: SettingsFile?) {
        self.flags = flags
        self.environment = environment
        self.file = file
    }

    /// A list of words; in one text they are separated by spaces.
    mutating func words(_ name: String, default standard: [String]) -> [String] {
        take(name, default: standard).texts.flatMap { $0.split(separator: " ").map(String.init) }
    }

    /// A list of texts; in the environment they are separated by line breaks.
    mutating func texts(_ name: String) -> [String] {
        take(name, default: []).texts.flatMap { $0.split(whereSeparator: \.isNewline).map(String.init) }
    }

    /// A text that may be left out; an empty list is as good as none.
    mutating func optionalText(_ name: String) throws(SettingsError) -> String? {
        let reading = take(name, default: [])
        guard reading.texts.count <= 1 else {
            throw .invalidValue(
                place: reading.place ?? name, text: reading.texts.joined(separator: " "), expected: "one text")
        }
        return reading.texts.first
    }

    mutating func text(_ name: String, default standard: String) throws(SettingsError) -> String {
        try one(name, default: standard, "one text") { $0 }
    }

    mutating func count(
        _ name: String, _ range: ClosedRange<Int>, default standard: Int
    ) throws(SettingsError) -> Int {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return try one(name, default: "\(standard)", expected) { Int($0).flatMap { range.contains($0) ? $0 : nil } }
    }

    mutating func seconds(_ name: String, default standard: String) throws(SettingsError) -> Double {
        try one(name, default: standard, "a number of seconds from 0.01 to 86400") {
            Double($0).flatMap { (0.01...86_400).contains($0) ? $0 : nil }
        }
    }

    /// A number of bytes, such as `4096`, `64KiB`, `1MiB`, `2GiB`.
    mutating func size(
        _ name: String, default standard: String, mayBeZero: Bool = false
    ) throws(SettingsError) -> Int {
        let expected = mayBeZero ? "0, or a number of bytes" : "a positive number of bytes"
        return try one(name, default: standard, "\(expected), such as 65536, 64KiB, 1MiB or 2GiB") {
            mayBeZero && $0 == "0" ? 0 : Self.size($0)
        }
    }

    mutating func flag(_ name: String) throws(SettingsError) -> Bool {
        try one(name, default: "false", "true or false") {
            switch $0.lowercased() {
            case "true", "yes", "on", "1": true
            case "false", "no", "off", "0": false
            default: nil
            }
        }
    }

    /// One of a few words.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, default standard: Choice
    ) throws(SettingsError) -> Choice {
        let expected = "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))"
        return try one(name, default: standard.rawValue, expected, Choice.init(rawValue:))
    }

    /// To be called when everything has been read: what is left in the file is nobody's.
    func checkFile() throws(SettingsError) {
        for (name, entry) in file?.entries ?? [:] where !names.contains(name) {
            throw .unknownSetting(name, place: entry.place, nearest: Spelling.nearest(to: name, among: names))
        }
    }

    /// Variables of the environment that look like settings and are none. Others may have put them there, so they are no
    /// error.
    func unknownVariables(besides known: [String]) -> [String] {
        environment.keys.filter { $0.hasPrefix("LAMD_") }
            .filter { variable in !known.contains(variable) && !names.contains { Self.variable($0) == variable } }
            .sorted()
    }

    private var names: [String] { readings.map(\.name) }

    private static func variable(_ name: String) -> String { "LAMD_" + name.uppercased() }

    private mutating func one<Value>(
        _ name: String, default standard: String, _ expected: String, _ parse: (String) -> Value?
    ) throws(SettingsError) -> Value {
        let reading = take(name, default: [standard])
        guard reading.texts.count == 1, let value = parse(reading.texts[0]) else {
            throw .invalidValue(
                place: reading.place ?? name, text: reading.texts.joined(separator: " "), expected: expected)
        }
        return value
    }

    private mutating func take(_ name: String, default standard: [String]) -> Reading {
        let reading = find(name) ?? Reading(name: name, texts: standard, place: nil)
        readings.append(reading)
        return reading
    }

    private func find(_ name: String) -> Reading? {
        if let texts = flags[name] {
            return Reading(name: name, texts: texts, place: "--" + name.replacing("_", with: "-"))
        }
        let variable = Self.variable(name)
        if let text = environment[variable], !text.isEmpty {
            return Reading(name: name, texts: [text], place: variable)
        }
        return file?.entries[name].map { Reading(name: name, texts: $0.texts, place: "\($0.place): \(name)") }
    }

    private static func size(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let shifts = ["": 0, "KiB": 10, "MiB": 20, "GiB": 30]
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int(digits), let shift = shifts[String(unit)] else { return nil }
        let (bytes, isOver) = number.multipliedReportingOverflow(by: 1 << shift)
        return isOver ? nil : bytes
    }
}
