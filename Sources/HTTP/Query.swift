/// What follows an address's `?`. It lies between the path and the version, where `mhd_hide_query` moved it, and takes no
/// memory of its own before somebody reads it.
struct Query {
    private var raw = UnsafeBufferPointer<UInt8>(start: nil, count: 0)

    init() {}

    /// - Parameters:
    ///   - path: with the NUL that libmicrohttpd put in the place of the `?`, and then another one.
    ///   - version: where the query ends.
    init(between path: UnsafeBufferPointer<UInt8>, _ version: UnsafePointer<CChar>) {
        guard let start = path.baseAddress.map({ $0 + path.count + 2 }) else { return }
        let count = UnsafeRawPointer(version) - UnsafeRawPointer(start)
        // One less than nothing where there was no `?`.
        if count > 0 { raw = UnsafeBufferPointer(start: start, count: count) }
    }

    var isEmpty: Bool { raw.isEmpty }

    /// Names and values, decoded, in their order; a name without `=` has an empty value.
    var items: [(name: String, value: String)] {
        get throws(PathFault) {
            // A NUL in an address hides the rest of it.
            if raw.contains(0) { throw .nul }
            var items: [(name: String, value: String)] = []
            for piece in raw.split(separator: UInt8(ascii: "&")) {
                let end = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
                items.append((try text(piece[..<end]), try text(piece[end...].dropFirst())))
            }
            return items
        }
    }

    private func text(_ piece: Slice<UnsafeBufferPointer<UInt8>>) throws(PathFault) -> String {
        try PercentDecoding.text(UnsafeBufferPointer(rebasing: piece), inPath: false)
    }

    /// What is wrong with it, found before anybody relies on it.
    var fault: HTTPFault? {
        do throws(PathFault) {
            _ = try items
            return nil
        } catch {
            return .malformedQuery(error)
        }
    }
}
