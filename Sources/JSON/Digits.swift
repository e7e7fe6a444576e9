/// The texts of numbers, printed straight to where they belong.
struct Digits: TextOutputStream {
    /// The longest text of a number: `-2.2250738585072014e-308`.
    static let most = 24

    private let room: UnsafeMutablePointer<UInt8>
    private var count = 0

    /// Writes the shortest text that reads back as the same number, and says how long it is: where JSON has no number, a
    /// word in quotes.
    /// - Precondition: there is room for ``most`` bytes.
    static func write(_ number: Float, to room: UnsafeMutablePointer<UInt8>) -> Int {
        if let count = writeWhole(Double(number), to: room) { return count }
        var digits = Digits(room: room)
        if number.isFinite { number.write(to: &digits) } else { digits.write(wordFor: Double(number)) }
        return digits.count
    }

    /// As of a Float.
    static func write(_ number: Double, to room: UnsafeMutablePointer<UInt8>) -> Int {
        if let count = writeWhole(number, to: room) { return count }
        var digits = Digits(room: room)
        if number.isFinite { number.write(to: &digits) } else { digits.write(wordFor: number) }
        return digits.count
    }

    private mutating func write(wordFor number: Double) {
        write(number.isNaN ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"")
    }

    /// Rewards and actions mostly are small whole numbers, which need no search for the shortest text.
    private static func writeWhole(_ number: Double, to room: UnsafeMutablePointer<UInt8>) -> Int? {
        guard let small = Int8(exactly: number), small != 0 else { return nil }
        var count = 0
        func put(_ byte: UInt8) {
            room[count] = byte
            count += 1
        }
        let magnitude = small.magnitude
        if small < 0 { put(UInt8(ascii: "-")) }
        if magnitude >= 100 { put(UInt8(ascii: "1")) }
        if magnitude >= 10 { put(UInt8(ascii: "0") + magnitude / 10 % 10) }
        put(UInt8(ascii: "0") + magnitude % 10)
        put(UInt8(ascii: "."))
        put(UInt8(ascii: "0"))
        return count
    }

    private init(room: UnsafeMutablePointer<UInt8>) {
        self.room = room
    }

    mutating func write(_ string: String) {
        for byte in string.utf8 {
            room[count] = byte
            count += 1
        }
    }

    // The standard library hands a number's digits to this one without making a String; were it to stop, the
    // numbers would arrive through `write` instead.
    // swift-format-ignore: NoLeadingUnderscores
    mutating func _writeASCII(_ digits: UnsafeBufferPointer<UInt8>) {
        guard let first = digits.baseAddress else { return }
        (room + count).update(from: first, count: digits.count)
        count += digits.count
    }
}
