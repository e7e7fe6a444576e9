import Gym

/// The checksum of Tests/Goldens/worlds.py and wrappers.py.
struct Checksum {
    private(set) var total: UInt64 = 0

    private mutating func add(_ word: UInt64) {
        total = total &* 6_364_136_223_846_793_005 &+ word &+ 1
    }

    mutating func add(_ integer: Int) { add(UInt64(bitPattern: Int64(integer))) }
    mutating func add(_ real: Double) { add(real.bitPattern) }

    mutating func add(_ lanes: Lanes) {
        switch lanes {
        case .float32(let values): values.forEach { add(UInt64($0.bitPattern)) }
        case .int64(let values): values.forEach { add(UInt64(bitPattern: $0)) }
        case .float64, .uint8: preconditionFailure("no world observes these")
        }
    }

    mutating func add(_ value: Value) {
        switch value {
        case .int(let integer): add(UInt64(bitPattern: integer))
        case .double(let real): add(real)
        case .array(let elements): elements.forEach { add($0) }
        case .object(let members):
            for member in members {
                member.key.utf8.forEach { add(UInt64($0)) }
                add(member.value)
            }
        case .null, .bool, .float, .string: preconditionFailure("no world's info has these")
        }
    }
}
