import Gym
import Store
import Testing

struct SafetensorsTests {
    /// What PyPI's safetensors 0.8 writes for float32 `a`, int64 `b`, bool `c`, an empty float64 `e` and metadata:
    ///
    ///     save({"a": float32([[1.5, -2], [0, 3.25]]), "b": int64([1, -2]), "c": [True, False], "e": zeros((0, 3))},
    ///          metadata={"k": "v"})
    private static let golden =
        #"{"__metadata__":{"k":"v"},"b":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"#
        + #""e":{"dtype":"F64","shape":[0,3],"data_offsets":[16,16]},"#
        + #""a":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]},"#
        + #""c":{"dtype":"BOOL","shape":[2],"data_offsets":[32,34]}}      "#
    private static let data: [UInt8] =
        [1, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
        + [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x50, 0x40] + [1, 0]

    private static func file(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
        let count = UInt64(header.utf8.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(header.utf8) + data
    }

    @Test func `reads what the reference library writes`() throws {
        let file = try Safetensors(parsing: Self.file(Self.golden, Self.data))
        #expect(file["a"]?.floats == [1.5, -2, 0, 3.25])
        #expect(file["a"]?.shape == [2, 2])
        #expect(file["b"]?.int64s == [1, -2])
        #expect(file["c"]?.bools == [true, false])
        #expect(file["e"]?.shape == [0, 3])
        #expect(file.metadata == ["k": "v"])
    }

    @Test func `reads back what it writes, byte for byte`() throws {
        let file = try Safetensors(parsing: Self.file(Self.golden, Self.data))
        let bytes = file.encoded()
        #expect(try Safetensors(parsing: bytes) == file)
        #expect(try Safetensors(parsing: bytes).encoded() == bytes)
        #expect(bytes.count.isMultiple(of: 2) && bytes[0].isMultiple(of: 8), "the tensors begin at a multiple of 8")
    }

    @Test(
        arguments: [
            ("a header longer than the file", [9, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]),
            ("a length beyond all reason", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7b, 0x7d]),
            ("nothing", []),
            ("no JSON", file("{")),
            ("no object", file("[]")),
            ("a tensor that is no object", file(#"{"a":1}"#)),
            ("a field too many", file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, [0])),
            ("an unknown dtype", file(#"{"a":{"dtype":"Q8","shape":[1],"data_offsets":[0,1]}}"#, [0])),
            ("a negative size", file(#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#, [0])),
            (
                "a size that overflows",
                file(#"{"a":{"dtype":"F64","shape":[9223372036854775807,9],"data_offsets":[0,1]}}"#, [0])
            ),
            ("a shape that does not fit", file(#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}"#, [0])),
            ("offsets in the wrong order", file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#, [0])),
            ("a hole", file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, [0, 0])),
            (
                "an overlap",
                file(
                    #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
                    [0, 0, 0])
            ),
            ("a byte too few", file(#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, [0])),
            ("a byte too many", file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, [0, 0])),
            ("metadata that is no string", file(#"{"__metadata__":{"k":1}}"#)),
            ("metadata that is no object", file(#"{"__metadata__":"k"}"#)),
            (
                "a name twice",
                file(
                    #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#
                )
            ),
        ] as [(String, [UInt8])])
    func `refuses`(_ what: String, _ bytes: [UInt8]) {
        #expect(throws: StoreError.self, "\(what)") { try Safetensors(parsing: bytes) }
    }
}
