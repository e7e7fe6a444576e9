import CJansson

extension JSONError {
    /// Translates what jansson complained about.
    init(_ fault: json_error_t, in text: Span<UInt8>) {
        var fault = fault
        let end = min(max(Int(fault.position), 0), text.count)
        let position = JSONPosition(of: Self.start(ofWordEndingAt: end, in: text), in: text)
        switch json_error_code(&fault) {
        case json_error_premature_end_of_input: self = .endsEarly(at: JSONPosition(of: text.count, in: text))
        case json_error_end_of_input_expected: self = .trailing(at: position)
        case json_error_null_character: self = .syntax(reason: "\\u0000 is not allowed in a string", at: position)
        case json_error_duplicate_key: self = .duplicateKey(at: position)
        case json_error_invalid_utf8: self = .notUnicode(at: position)
        case json_error_numeric_overflow: self = .numberOutOfRange(at: position)
        default: self = .syntax(reason: Self.reason(&fault), at: position)
        }
    }

    /// jansson stops behind the token it dislikes; people look for its first letter.
    private static func start(ofWordEndingAt end: Int, in text: Span<UInt8>) -> Int {
        var start = max(end - 1, 0)
        guard start < text.count, JSONScan.belongsToWord(text[start]) else { return start }
        while start > 0, JSONScan.belongsToWord(text[start - 1]) { start -= 1 }
        return start
    }

    private static func reason(_ fault: inout json_error_t) -> String {
        withUnsafeBytes(of: &fault.text) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
