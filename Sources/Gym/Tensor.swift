/// A dense array with a name's worth of meaning: what weights, checkpoints and binary batches are made of.
/// Row-major, little-endian, as in the safetensors format.
public struct Tensor: Sendable, Equatable {
    public let dtype: DType
    public let shape: [Int]
    public private(set) var bytes: [UInt8]

    /// - Precondition: `bytes` holds exactly `shape` elements of `dtype`.
    public init(dtype: DType, shape: [Int], bytes: [UInt8]) {
        precondition(bytes.count == shape.reduce(dtype.size, *), "a tensor's bytes must match its shape")
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    public var count: Int { shape.reduce(1, *) }
}

extension Tensor {
    public init(_ values: [Float], shape: [Int]? = nil) {
        self.init(dtype: .float32, shape: shape ?? [values.count], bytes: unsafe Self.bytes(of: values.span.bytes))
    }

    public init(_ values: [Double], shape: [Int]? = nil) {
        self.init(dtype: .float64, shape: shape ?? [values.count], bytes: unsafe Self.bytes(of: values.span.bytes))
    }

    public init(_ values: [Int64], shape: [Int]? = nil) {
        self.init(dtype: .int64, shape: shape ?? [values.count], bytes: unsafe Self.bytes(of: values.span.bytes))
    }

    public init(_ values: [UInt64], shape: [Int]? = nil) {
        self.init(dtype: .uint64, shape: shape ?? [values.count], bytes: unsafe Self.bytes(of: values.span.bytes))
    }

    public init(_ values: [UInt8], shape: [Int]? = nil) {
        self.init(dtype: .uint8, shape: shape ?? [values.count], bytes: values)
    }

    public init(_ values: [Bool], shape: [Int]? = nil) {
        self.init(dtype: .bool, shape: shape ?? [values.count], bytes: unsafe Self.bytes(of: values.span.bytes))
    }

    public init(_ lanes: Lanes, shape: [Int]? = nil) {
        switch lanes {
        case .float32(let values): self.init(values, shape: shape)
        case .float64(let values): self.init(values, shape: shape)
        case .int64(let values): self.init(values, shape: shape)
        case .uint8(let values): self.init(values, shape: shape)
        }
    }

    private static func bytes(of raw: RawSpan) -> [UInt8] {
        unsafe raw.withUnsafeBytes { unsafe [UInt8]($0) }
    }

    /// The elements, if they are float32.
    public var floats: [Float]? { dtype == .float32 ? elements(as: Float.self) : nil }
    /// The elements, if they are float64.
    public var doubles: [Double]? { dtype == .float64 ? elements(as: Double.self) : nil }
    /// The elements, if they are int64.
    public var int64s: [Int64]? { dtype == .int64 ? elements(as: Int64.self) : nil }
    /// The elements, if they are uint64.
    public var uint64s: [UInt64]? { dtype == .uint64 ? elements(as: UInt64.self) : nil }
    /// The elements, if they are bool: any byte but zero is true.
    public var bools: [Bool]? { dtype == .bool ? bytes.map { $0 != 0 } : nil }

    private func elements<T: BitwiseCopyable>(as type: T.Type) -> [T] {
        unsafe bytes.withUnsafeBytes { raw in
            unsafe [T](unsafeUninitializedCapacity: count) { elements, initialized in
                unsafe UnsafeMutableRawBufferPointer(elements).copyMemory(from: raw)
                initialized = count
            }
        }
    }

    /// Element `index` of integers or Booleans as an Int64; nil where it is larger, or a float.
    public func integer(_ index: Int) -> Int64? {
        let raw = unsafe bytes.span.bytes
        let offset = index * dtype.size
        precondition(index >= 0 && index < count, "a tensor's index must be within its shape")
        return switch dtype {
        case .int64: unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: Int64.self)
        case .uint64: Int64(exactly: unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        case .float32, .float64: nil
        default: Int64(double(index))
        }
    }

    /// Element `index` as a Double, whatever the dtype.
    public func double(_ index: Int) -> Double {
        let raw = unsafe bytes.span.bytes
        let offset = index * dtype.size
        precondition(index >= 0 && index < count, "a tensor's index must be within its shape")
        return switch dtype {
        case .bool, .uint8: Double(bytes[index])
        case .int8: Double(Int8(bitPattern: bytes[index]))
        case .int16: Double(unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: Int16.self))
        case .uint16: Double(unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
        case .int32: Double(unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self))
        case .uint32: Double(unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
        case .int64: Double(unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: Int64.self))
        case .uint64: Double(unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        case .float32: Double(unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: Float.self))
        case .float64: unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: Double.self)
        }
    }
}
