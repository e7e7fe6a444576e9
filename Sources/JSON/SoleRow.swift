import CNumbers

/// A text that says one thing, in numbers: `{"observation":[0.1,-2,3]}`. Nearly every question to a policy is one, and no tree
/// has to be made of it.
public enum SoleRow {
    /// The numbers of an object's only member.
    /// - Parameter count: how many they must be.
    /// - Returns: nil for any other text: ``JSONDocument`` reads it, or says what is wrong with it.
    public static func numbers(of member: StaticString, count: Int, in text: Span<UInt8>) -> [Double]? {
        text.withUnsafeBytes { bytes in
            guard let first = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
            var reader = Reader(text: bytes, first: first)
            guard reader.skip("{"), reader.skip(quoted: member), reader.skip(":"), reader.skip("["),
                let numbers = reader.numbers(count), reader.skip("]"), reader.skip("}"), reader.isAtEnd
            else { return nil }
            return numbers
        }
    }

    private struct Reader {
        let text: UnsafeRawBufferPointer
        let first: UnsafePointer<CChar>
        var index = 0

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return index == text.count
            }
        }

        mutating func skip(_ byte: Unicode.Scalar) -> Bool {
            skipSpace()
            guard index < text.count, text[index] == UInt8(ascii: byte) else { return false }
            index += 1
            return true
        }

        mutating func skip(quoted word: StaticString) -> Bool {
            let count = word.utf8CodeUnitCount
            guard skip("\""), index + count < text.count, text[index + count] == UInt8(ascii: "\"") else {
                return false
            }
            for place in 0..<count where text[index + place] != word.utf8Start[place] { return false }
            index += count + 1
            return true
        }

        mutating func numbers(_ count: Int) -> [Double]? {
            var numbers: [Double] = []
            numbers.reserveCapacity(count)
            while numbers.count < count {
                if !numbers.isEmpty, !skip(",") { return nil }
                skipSpace()
                var (number, isInteger) = (0.0, Int32(0))
                guard let end = read_number(first + index, first + text.count, &number, &isInteger),
                    end - first - index <= JSONLimits.standard.numberBytes
                else { return nil }
                numbers.append(number)
                index = end - first
            }
            return numbers
        }

        private mutating func skipSpace() {
            index = JSONScan.skipSpace(text, index)
        }
    }
}
