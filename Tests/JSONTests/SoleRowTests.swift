import JSON
import Testing

/// Texts that say one row of numbers are read without a tree: what is read must be what a document reads.
struct SoleRowTests {
    static let texts = [
        #"{"a":[1,2.5,-3e2]}"#, " { \"a\" :\n[ 1 , 2.5\t,-3e2 ] } \r\n", #"{"a":[-0,0.0,-0.0]}"#,
        #"{"a":[0.1,1e-7,123456789.125]}"#, #"{"a":[9007199254740993,1,2]}"#, #"{"a":[1e400,1,2]}"#,
        #"{"a":[1,2]}"#, #"{"a":[1,2,3,4]}"#, #"{"a":[]}"#, #"{"b":[1,2,3]}"#, #"{"a ":[1,2,3]}"#, #"{"A":[1,2,3]}"#,
        #"{"a":[1,2,3],"b":1}"#, #"{"a":[1,2,3]}}"#, #"{"a":[1,2,3]"#, #"{"a":[1,2,3"#, #"{"a":[1,2,]}"#,
        #"{"a":[,1,2]}"#,
        #"{"a":[1,2,"3"]}"#, #"{"a":[1,2,null]}"#, #"{"a":[1,2,true]}"#, #"{"a":[1,2,[3]]}"#, #"{"a":[01,2,3]}"#,
        #"{"a":[1.,2,3]}"#, #"{"a":[nan,2,3]}"#, #"{"a":1}"#, #"["a",[1,2,3]]"#, #"{a:[1,2,3]}"#, #"{"a"[1,2,3]}"#,
        #"{"a":[1 2,3]}"#, #"{"a":[1,2,3],}"#, "", "{", #"{""#, #"{"a"#, #"{"a""#, #"{"a":"#, "\u{FEFF}{\"a\":[1,2,3]}",
        #"{"a":[1,2,3\#(String(repeating: "0", count: 70))]}"#,
    ]

    @Test(arguments: texts) func `reads what a document reads, or nothing`(_ text: String) {
        guard let numbers = SoleRow.numbers(of: "a", count: 3, in: Array(text.utf8).span) else { return }
        let root = try? JSONDocument(parsing: Array(text.utf8)).root
        #expect(root?.count == 1 && root?["a"]?.count == 3)
        #expect(root?["a"]?.elements?.map { $0.double?.bitPattern } == numbers.map(\.bitPattern))
    }

    @Test(arguments: texts.prefix(4)) func `reads what clients send`(_ text: String) {
        #expect(SoleRow.numbers(of: "a", count: 3, in: Array(text.utf8).span) != nil)
    }

    @Test func `reads no text that was cut`() {
        let text = Array(#"{"a":[1,2.5,-3e2]}"#.utf8)
        for end in text.indices {
            #expect(SoleRow.numbers(of: "a", count: 3, in: Array(text[..<end]).span) == nil, "cut at \(end)")
        }
    }
}
