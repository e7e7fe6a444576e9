import Gym
import Testing

/// Descriptions come from clients: what they may ask for has bounds.
struct SpaceDescriptionTests {
    @Test func `a bound is a number`() {
        let error = #expect(throws: SpaceMismatch.self) {
            try Space(description: ["type": "Box", "low": .double(.nan), "high": 1, "shape": [2]] as Value)
        }
        #expect(error?.pointer == "/low")
    }

    @Test func `the parts of a space have no more lanes together than one may have`() throws {
        let box: Value = ["type": "Box", "low": 0, "high": 1, "shape": [400_000]]
        let bits: Value = ["type": "MultiBinary", "n": 400_000]
        #expect(throws: Never.self) { try Space(description: ["type": "Tuple", "subspaces": [box, bits]] as Value) }
        for third in [box, bits, ["type": "Sequence", "feature_space": box]] {
            let error = #expect(throws: SpaceMismatch.self) {
                try Space(description: ["type": "Tuple", "subspaces": [box, bits, third]] as Value)
            }
            #expect(error?.pointer.hasPrefix("/subspaces/2/") == true)
        }
        let graph: Value = ["type": "Graph", "node_space": box, "edge_space": bits]
        let pair: Value = ["type": "Dict", "subspaces": ["a": graph, "b": box]]
        #expect(throws: SpaceMismatch.self) { try Space(description: pair) }
    }

    @Test func `sizes whose product is beyond 64 bits are refused`() {
        // Of arrays in arrays only the first elements are there: 2^64 + 581,089 elements, said in two thousand.
        let nvec = [5, 7, 7, 7, 23, 179, 179, 197, 223, 457, 727].reversed().reduce(Value.int(2)) { inner, count in
            .array([inner] + Array(repeating: 2, count: count - 1))
        }
        #expect(throws: SpaceMismatch.self) {
            try Space(description: ["type": "MultiDiscrete", "nvec": nvec] as Value)
        }
    }

    @Test func `a mark on a letter hides no letter from a pointer`() {
        let key = "~\u{301}/\u{301}"
        let error = #expect(throws: SpaceMismatch.self) {
            try Space.dict(Dict([.init(key, .discrete(Discrete(2)))])).check([key: 5] as Value)
        }
        #expect(error?.pointer == "/~0\u{301}~1\u{301}")
    }
}
