/// A path cut at its slashes, on the stack: positions of bytes, no text.
struct PathSegments {
    struct Segment {
        var start: UInt32 = 0
        var end: UInt32 = 0
        /// Whether it must be decoded before it can be compared.
        var isEncoded = false
    }

    static let limit = 12

    private(set) var count = 0
    /// Set where there were more than `limit`, or an empty one: no route has such a path.
    private(set) var matchesNothing = false
    private var storage = InlineArray<12, Segment>(repeating: Segment())

    subscript(index: Int) -> Segment { storage[index] }

    /// Cuts and checks. One slash at the end is not there.
    init(_ path: UnsafeBufferPointer<UInt8>) throws(PathFault) {
        var start = try Self.startOfPath(path)
        // One look at all bytes, which the compiler makes sixteen at a time: hardly any path has an escape.
        var marks: UInt8 = 0
        for byte in path {
            marks |= byte & 0x80 | (byte == UInt8(ascii: "%") ? 1 : 0) | (byte <= 0x20 || byte == 0x7F ? 2 : 0)
        }
        if marks & 2 != 0 { throw .blank }
        let needsCare = marks != 0
        while start < path.count {
            var end = start
            while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
            try append(path, start, end, needsCare: needsCare && Self.needsCare(path[start..<end]))
            start = end + 1
        }
    }

    private static func needsCare(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        bytes.contains { $0 == UInt8(ascii: "%") || $0 >= 0x80 }
    }

    private mutating func append(
        _ path: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, needsCare: Bool
    ) throws(PathFault) {
        let bytes = UnsafeBufferPointer(rebasing: path[start..<end])
        if needsCare {
            let text = try PercentDecoding.text(bytes, inPath: true)
            if text == "." || text == ".." { throw .dotSegment }
        } else if bytes.first == UInt8(ascii: "."), bytes.count == 1 || (bytes.count == 2 && bytes[1] == bytes[0]) {
            throw .dotSegment
        }
        guard start < end, count < Self.limit else {
            matchesNothing = true
            return
        }
        storage[count] = Segment(start: UInt32(start), end: UInt32(end), isEncoded: needsCare)
        count += 1
    }

    /// Behind the first slash. `http://host/path` is a path too, as a proxy may send it (RFC 9112, 3.2.2).
    private static func startOfPath(_ path: UnsafeBufferPointer<UInt8>) throws(PathFault) -> Int {
        if path.first == UInt8(ascii: "/") { return 1 }
        guard path.starts(with: "http://".utf8) || path.starts(with: "https://".utf8) else { throw .notAbsolute }
        let authority = path.starts(with: "https".utf8) ? 8 : 7
        return (path[authority...].firstIndex(of: UInt8(ascii: "/")) ?? path.count) + 1
    }
}
