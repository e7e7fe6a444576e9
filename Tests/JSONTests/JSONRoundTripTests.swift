import JSON
import Testing

/// A generator that gives the same values on every machine.
struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}

struct JSONRoundTripTests {
    @Test func `every double comes back with its bits`() throws {
        var dice = Dice(state: 1)
        var numbers: [Double] = []
        while numbers.count < 20_000 {
            let number = Double(bitPattern: dice.next())
            if number.isFinite { numbers.append(number) }
        }
        for _ in 0..<20_000 { numbers.append(.random(in: -1000...1000, using: &dice)) }
        let root = try parse(written { $0.array(of: numbers) })
        #expect(root.elements?.allSatisfy { $0.kind == .real } == true, "a point or an exponent is always there")
        var back = [Double](repeating: 0, count: numbers.count)
        var span = back.mutableSpan
        #expect(root.read(into: &span) == nil)
        #expect(back.map(\.bitPattern) == numbers.map(\.bitPattern))
    }

    @Test func `every float comes back with its bits`() throws {
        var dice = Dice(state: 2)
        var numbers: [Float] = []
        while numbers.count < 40_000 {
            let number = Float(bitPattern: UInt32(truncatingIfNeeded: dice.next()))
            if number.isFinite { numbers.append(number) }
        }
        let root = try parse(written { $0.array(of: numbers) })
        var back = [Float](repeating: 0, count: numbers.count)
        var span = back.mutableSpan
        #expect(root.read(into: &span) == nil)
        #expect(back.map(\.bitPattern) == numbers.map(\.bitPattern))
    }

    @Test func `every integer comes back`() throws {
        var dice = Dice(state: 3)
        var numbers: [Int64] = [0, .min, .max]
        for shift in 0..<64 {
            for _ in 0..<20 { numbers.append(Int64(bitPattern: dice.next()) >> Int64(shift)) }
        }
        let root = try parse(written { $0.array(of: numbers) })
        #expect(root.elements?.allSatisfy { $0.kind == .integer } == true)
        #expect(root.elements?.map(\.int64) == numbers)
    }

    @Test func `every string comes back`() throws {
        var dice = Dice(state: 4)
        for length in 0..<500 {
            var string = ""
            for _ in 0..<length % 50 {
                let width = UInt32.random(in: 1...21, using: &dice)
                guard let scalar = Unicode.Scalar(UInt32.random(in: 1...(1 << width), using: &dice)) else { continue }
                string.unicodeScalars.append(scalar)
            }
            let text = written { $0.value(string) }
            #expect(try Array(parse(text).string?.utf8 ?? "".utf8) == Array(string.utf8))
        }
    }

    @Test func `every tree comes back as it was written`() throws {
        var dice = Dice(state: 5)
        for _ in 0..<300 {
            let text = written { grow(&$0, depth: 0, &dice) }
            let root = try parse(text)
            #expect(written { $0.value(root) } == text)
        }
    }

    private func grow(_ writer: inout JSONWriter, depth: Int, _ dice: inout Dice) {
        switch Int.random(in: 0..<(depth < 6 ? 8 : 6), using: &dice) {
        case 0: writer.null()
        case 1: writer.value(Bool.random(using: &dice))
        case 2: writer.value(Int64(bitPattern: dice.next()))
        case 3: writer.value(Double.random(in: -1...1, using: &dice))
        case 4: writer.value(String(dice.next(), radix: 36) + "\n\"é")
        case 5: writer.value("")
        case 6:
            writer.beginArray()
            for _ in 0..<Int.random(in: 0..<5, using: &dice) { grow(&writer, depth: depth + 1, &dice) }
            writer.endArray()
        default:
            writer.beginObject()
            for index in 0..<Int.random(in: 0..<5, using: &dice) {
                writer.key(named: "key \(index)\t")
                grow(&writer, depth: depth + 1, &dice)
            }
            writer.endObject()
        }
    }
}
