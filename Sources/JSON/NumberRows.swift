import CNumbers

/// The rows of a text: arrays of nothing but numbers, which observations are made of. jansson makes a node of each number,
/// so they are read aside, several times faster and in a tenth of the memory, and jansson sees a short mark in the place of
/// each row: a string that begins with a NUL, which no string of a text may have.
struct NumberRows: Sendable {
    /// A shorter row costs jansson less than its mark.
    private static let shortest = 16

    /// The numbers of all rows, and which of them are written as integers.
    private(set) var numbers: [Double] = []
    private(set) var isInteger: [Bool] = []
    /// Where each row's numbers lie.
    private var ranges: [Range<Int>] = []
    /// Where each row lies in the text.
    private var places: [Range<Int>] = []

    var isEmpty: Bool { ranges.isEmpty }

    /// Reads the array that begins at `start`, whose numbers are at most so many bytes long.
    /// - Returns: where it ends; nil where it is no row, or not worth it.
    mutating func read(_ text: UnsafeRawBufferPointer, at start: Int, numberBytes: Int) -> Int? {
        guard let first = text.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
        let before = numbers.count
        var index = start + 1
        while true {
            index = JSONScan.skipSpace(text, index)
            var (number, integer) = (0.0, Int32(0))
            guard let end = read_number(first + index, first + text.count, &number, &integer) else { break }
            let next = JSONScan.skipSpace(text, end - first)
            if numbers.isEmpty { reserve(text.count - start) }
            guard next < text.count, end - first - index <= numberBytes else { break }
            numbers.append(number)
            isInteger.append(integer != 0)
            index = next + 1
            if text[next] == UInt8(ascii: ",") { continue }
            guard text[next] == UInt8(ascii: "]"), index - start >= Self.shortest else { break }
            ranges.append(before..<numbers.count)
            places.append(start..<index)
            return index
        }
        if numbers.count > before {
            numbers.removeLast(numbers.count - before)
            isInteger.removeLast(isInteger.count - before)
        }
        return nil
    }

    /// A guess: less than this is hardly ever written for a number, and more is made room for soon enough.
    private mutating func reserve(_ bytes: Int) {
        let likely = min(bytes / 8 + 1, 128)
        numbers.reserveCapacity(likely)
        isInteger.reserveCapacity(likely)
    }

    /// The text with a mark in the place of each row.
    func marked(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        var sink = ByteSink(reserving: min(text.count, 256))
        var end = 0
        for (row, place) in places.enumerated() {
            sink.bytes.append(contentsOf: text[end..<place.lowerBound])
            sink.append("\"\\u0000")
            sink.append(Int64(row))
            sink.append(UInt8(ascii: "\""))
            end = place.upperBound
        }
        sink.bytes.append(contentsOf: text[end...])
        return sink.take()
    }

    /// The places of the numbers of the row that a string marks; nil where it is any other string.
    func range(markedBy string: UnsafeRawBufferPointer) -> Range<Int>? {
        guard string.first == 0 else { return nil }
        return ranges[string.dropFirst().reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }]
    }
}
