import Gym
import JSON

/// Named tensors and the file format that carries them: length of a JSON header, the header, the tensors one after
/// another. The one binary form of lamd: wire batches, weights, checkpoints.
///
/// https://github.com/huggingface/safetensors (format, version 0.4 and later)
public struct Safetensors: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public let name: String
        public let tensor: Tensor

        public init(_ name: String, _ tensor: Tensor) {
            self.name = name
            self.tensor = tensor
        }
    }

    /// In file order.
    public private(set) var entries: [Entry]
    public let metadata: [String: String]

    public init(_ entries: [Entry] = [], metadata: [String: String] = [:]) {
        self.entries = entries
        self.metadata = metadata
    }

    public subscript(name: String) -> Tensor? { entries.first { $0.name == name }?.tensor }

    public mutating func append(_ name: String, _ tensor: Tensor) { entries.append(Entry(name, tensor)) }

    /// The file.
    public func encoded() -> [UInt8] {
        var header = Self.header(of: entries, metadata)
        // Padded with spaces, so that the tensors begin at a multiple of 8.
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + header.count + entries.reduce(0) { $0 + $1.tensor.bytes.count })
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: header.count >> shift)) }
        bytes += header
        for entry in entries { bytes += entry.tensor.bytes }
        return bytes
    }

    private static func header(of entries: [Entry], _ metadata: [String: String]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        if !metadata.isEmpty {
            writer.key("__metadata__")
            writer.beginObject()
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
                writer.key(named: key)
                writer.value(value)
            }
            writer.endObject()
        }
        var offset = 0
        for entry in entries {
            writer.key(named: entry.name)
            writer.beginObject()
            writer.key("dtype")
            writer.value(entry.tensor.dtype.code)
            writer.key("shape")
            let shape = entry.tensor.shape.map { Int64($0) }
            writer.array(of: shape.span)
            writer.key("data_offsets")
            let offsets = [Int64(offset), Int64(offset + entry.tensor.bytes.count)]
            writer.array(of: offsets.span)
            writer.endObject()
            offset += entry.tensor.bytes.count
        }
        writer.endObject()
        return writer.take()
    }

    /// Reads a file; every rule of the format is checked, since bodies come from clients.
    /// - Throws: ``StoreError/invalidTensors(_:)``.
    public init(parsing file: Span<UInt8>) throws(StoreError) {
        var header: Header?
        try self.init(parsing: file, remembering: &header)
    }

    /// The same for one of many files that are alike.
    /// - Parameter known: the header of the file before, or nil: what is the same again is not parsed again.
    public init(parsing file: Span<UInt8>, remembering known: inout Header?) throws(StoreError) {
        guard file.count >= 8 else { throw .invalidTensors("it is shorter than its header's length") }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(file[$1]) << (8 * UInt64($1)) }
        guard length <= UInt64(min(file.count - 8, 16 << 20)) else {
            throw .invalidTensors("its header is longer than the file, or than 16 MiB")
        }
        let data = 8 + Int(length)
        let text = file.extracting(8..<data)
        let header: Header
        if let known, known.isOf(text) { header = known } else { header = try Header(text) }
        known = header
        for (part, name) in header.parts where part.end > file.count - data {
            throw .invalidTensors("\"\(name)\" ends after the file")
        }
        guard header.end == file.count - data else {
            throw .invalidTensors("bytes are left over after the last tensor")
        }
        let entries = header.parts.map { part, name in
            let bytes = file.extracting(data + part.begin..<data + part.end)
            return Entry(name, Tensor(dtype: part.dtype, shape: part.shape, bytes: Self.array(bytes)))
        }
        self.init(entries, metadata: header.metadata)
    }

    /// What a file says of its tensors, ahead of them.
    public struct Header: Sendable {
        private let text: [UInt8]
        fileprivate let parts: [(part: Part, name: String)]
        fileprivate let metadata: [String: String]
        /// How many bytes follow.
        fileprivate let end: Int

        fileprivate init(_ text: Span<UInt8>) throws(StoreError) {
            self.text = Safetensors.array(text)
            let header: JSONDocument
            do { header = try JSONDocument(parsing: text) } catch {
                throw .invalidTensors("its header is not JSON: \(error)")
            }
            guard let members = header.root.members else { throw .invalidTensors("its header is not an object") }
            var metadata: [String: String] = [:]
            var parts: [(part: Part, name: String)] = []
            for (name, value) in members {
                if name == "__metadata__" {
                    metadata = try Safetensors.metadata(value)
                } else {
                    parts.append((try Part(value, name: name), name))
                }
            }
            parts.sort { ($0.part.begin, $0.part.end) < ($1.part.begin, $1.part.end) }
            var end = 0
            for (part, name) in parts {
                guard part.begin == end else {
                    throw .invalidTensors("there is a hole or an overlap before \"\(name)\"")
                }
                end = part.end
            }
            (self.parts, self.metadata, self.end) = (parts, metadata, end)
        }

        fileprivate func isOf(_ text: Span<UInt8>) -> Bool {
            guard text.count == self.text.count else { return false }
            return unsafe text.withUnsafeBufferPointer { unsafe $0.elementsEqual(self.text) }
        }
    }

    public init(parsing file: [UInt8]) throws(StoreError) { try self.init(parsing: file.span) }

    private static func metadata(_ value: JSONValue) throws(StoreError) -> [String: String] {
        guard let members = value.members else { throw .invalidTensors("__metadata__ is not an object") }
        var metadata: [String: String] = [:]
        for (key, text) in members {
            guard let text = text.string else { throw .invalidTensors("__metadata__ holds more than strings") }
            metadata[key] = text
        }
        return metadata
    }

    private static func array(_ span: Span<UInt8>) -> [UInt8] {
        unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// One tensor's entry in the header.
    fileprivate struct Part: Sendable {
        let dtype: DType
        let shape: [Int]
        let begin: Int
        let end: Int

        init(_ value: JSONValue, name: String) throws(StoreError) {
            guard let members = value.members,
                members.allSatisfy({ ["dtype", "shape", "data_offsets"].contains($0.key) })
            else { throw .invalidTensors("\"\(name)\" needs exactly dtype, shape and data_offsets") }
            guard let dtype = value["dtype"]?.string.flatMap(DType.init(code:)) else {
                throw .invalidTensors("\"\(name)\" has no dtype of F32, F64, I8 … I64, U8 … U64, BOOL")
            }
            guard let sizes = value["shape"]?.elements, let offsets = value["data_offsets"]?.elements,
                offsets.count == 2,
                let begin = offsets[0].int, let end = offsets[1].int, 0 <= begin, begin <= end
            else { throw .invalidTensors("\"\(name)\" has no shape or no data_offsets") }
            var bytes = dtype.size
            var shape: [Int] = []
            for size in sizes {
                guard let size = size.int, size >= 0 else { throw .invalidTensors("\"\(name)\" has a bad shape") }
                let product = bytes.multipliedReportingOverflow(by: size)
                guard !product.overflow else { throw .invalidTensors("\"\(name)\" is too large") }
                bytes = product.partialValue
                shape.append(size)
            }
            guard bytes == end - begin else { throw .invalidTensors("\"\(name)\" is not as long as its shape says") }
            self.dtype = dtype
            self.shape = shape
            self.begin = begin
            self.end = end
        }
    }
}

extension DType {
    /// The format's word for the type.
    var code: String {
        switch self {
        case .bool: "BOOL"
        case .int8: "I8"
        case .int16: "I16"
        case .int32: "I32"
        case .int64: "I64"
        case .uint8: "U8"
        case .uint16: "U16"
        case .uint32: "U32"
        case .uint64: "U64"
        case .float32: "F32"
        case .float64: "F64"
        }
    }

    init?(code: String) {
        guard let dtype = DType.allCases.first(where: { $0.code == code }) else { return nil }
        self = dtype
    }
}
