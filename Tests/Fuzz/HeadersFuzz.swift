@testable import HTTP

/// The values of headers and the parts of a query, as C has them.
enum HeadersFuzz {
    private static let hosts = AllowedHosts(["lamd.example"])
    private static let type = "application/json"

    static func read(_ bytes: [UInt8]) {
        let bytes = Array(bytes.prefix { $0 != 0 })
        (bytes + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { text in
                guard let start = text.baseAddress else { return }
                read(start)
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        checkAccept(text)
        if let trace = TraceParent(text) {
            promise(text.hasPrefix("00-\(trace.traceID)-") && text.utf8.count == 55, "a trace is not what was said")
        }
        checkOrigin(text)
        checkQuery(bytes)
    }

    private static func read(_ text: UnsafePointer<CChar>) {
        _ = MediaType(text)
        if hosts.admits(text) {
            let name = String(cString: text).lowercased()
            promise(
                ["localhost", "lamd.example", "["].contains { name.contains($0) }
                    || name.allSatisfy { $0.isASCII && ($0.isNumber || $0 == "." || $0 == ":") },
                "a stranger's name is admitted")
        }
    }

    /// As it lies between a path and a version.
    private static func checkQuery(_ text: [UInt8]) {
        let path: [UInt8] = [UInt8(ascii: "/"), 0, 0]
        (path + text).withUnsafeBufferPointer { memory in
            memory.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { return }
                let query = Query(between: UnsafeBufferPointer(rebasing: memory[..<1]), start + memory.count)
                promise(query.isEmpty == text.isEmpty, "a query is lost")
                guard let items = try? query.items else { return }
                promise(!items.contains { ($0.name + $0.value).utf8.contains(0) }, "a text has a NUL")
                let length = items.map { $0.name.utf8.count + $0.value.utf8.count }.reduce(0, +)
                promise(length <= text.count, "a text grew")
            }
        }
    }

    private static func checkAccept(_ text: String) {
        let isNamed = AcceptHeader.names(type, in: text, wildcard: false)
        let isMeant = AcceptHeader.names(type, in: text, wildcard: true)
        promise(!isNamed || isMeant, "a wildcard takes away")
        // Some characters take the comma behind them for a part of themselves.
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return }
        promise(AcceptHeader.names(type, in: text + ", \(type)", wildcard: false), "a type is not found behind others")
    }

    private static func checkOrigin(_ text: String) {
        guard let origin = WebOrigin(text) else { return }
        promise(AllowedOrigins.only([origin]).admits(text), "an origin is not itself")
        promise(!AllowedOrigins.none.admits(text), "nobody's origin is admitted")
        promise(WebOrigin(text.uppercased()) == origin, "an origin has a case")
    }
}
