/// Writes what an environment must remember to go on exactly where it was. Fixed widths, little-endian.
public struct StateWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func write(_ value: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    public mutating func write(_ value: Int) { write(Int64(value)) }
    public mutating func write(_ value: Double) { write(value.bitPattern) }
    public mutating func write(_ value: Float) { write(value.bitPattern) }
    public mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    public mutating func write(_ values: [UInt8]) {
        write(values.count)
        bytes.append(contentsOf: values)
    }

    public mutating func write(_ value: String) { write(Array(value.utf8)) }

    public mutating func write(_ lanes: Lanes) {
        write(lanes.element.rawValue)
        write(Tensor(lanes).bytes)
    }
}

/// Reads back what a ``StateWriter`` wrote, in the same order. Every read checks that the bytes are there, since a
/// snapshot comes back from a client.
public struct StateReader {
    private let bytes: [UInt8]
    private var offset = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var isAtEnd: Bool { offset == bytes.count }

    public mutating func read<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws(EnvironmentError) -> T {
        let size = MemoryLayout<T>.size
        guard bytes.count - offset >= size else { throw .invalidSnapshot("it ends too early") }
        defer { offset += size }
        return T(littleEndian: unsafe bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }

    public mutating func readInt() throws(EnvironmentError) -> Int { Int(try read(Int64.self)) }

    /// An integer within `range`: an index or a state that comes from outside must not be trusted.
    public mutating func readInt(in range: Range<Int>) throws(EnvironmentError) -> Int {
        let value = try readInt()
        guard range.contains(value) else { throw .invalidSnapshot("\(value) is not within \(range)") }
        return value
    }

    public mutating func readDouble() throws(EnvironmentError) -> Double { Double(bitPattern: try read(UInt64.self)) }
    public mutating func readFloat() throws(EnvironmentError) -> Float { Float(bitPattern: try read(UInt32.self)) }
    public mutating func readBool() throws(EnvironmentError) -> Bool { try read(UInt8.self) != 0 }

    public mutating func readBytes() throws(EnvironmentError) -> [UInt8] {
        let count = try readInt(in: 0..<bytes.count - offset + 1)
        guard bytes.count - offset >= count else { throw .invalidSnapshot("it ends too early") }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    public mutating func readString() throws(EnvironmentError) -> String {
        String(decoding: try readBytes(), as: UTF8.self)
    }

    /// Lanes of a known element type and count.
    public mutating func readLanes(_ element: Lanes.Element, count: Int) throws(EnvironmentError) -> Lanes {
        guard try readString() == element.rawValue else { throw .invalidSnapshot("its lanes are of another type") }
        let raw = try readBytes()
        let dtype: DType =
            switch element {
            case .float32: .float32
            case .float64: .float64
            case .int64: .int64
            case .uint8: .uint8
            }
        guard raw.count == count * dtype.size else { throw .invalidSnapshot("its lanes are of another size") }
        let tensor = Tensor(dtype: dtype, shape: [count], bytes: raw)
        return switch element {
        case .float32: .float32(tensor.floats ?? [])
        case .float64: .float64(tensor.doubles ?? [])
        case .int64: .int64(tensor.int64s ?? [])
        case .uint8: .uint8(tensor.bytes)
        }
    }
}
