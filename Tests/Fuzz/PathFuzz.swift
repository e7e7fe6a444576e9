@testable import HTTP

/// Paths: the tree of routes comes to what a search through all templates comes to, and so does the latest route.
enum PathFuzz {
    private static let templates = [
        "/", "/v1/envs/", "/v1/envs/{id}", "/v1/envs/{id}/step/", "/v1/envs/{id}/action_space/contains/{x}",
        "/v1/agents/{id}/versions", "/v1/agents/latest", "/v1/agents/latest/of/{tenant}", "/v1/a/{b}/{c}/{d}/{e}",
        "/v1/a/b/{c}/d", "/v1/héllo/{name}",
    ]
    private static let router = Router(
        templates.enumerated().map { index, template in
            Route(index.isMultiple(of: 3) ? .post : .get, template, name: template) { _ in }
        })

    static func read(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let method = Method.allCases[Int(first) % Method.allCases.count]
        let path = Array(bytes.dropFirst())
        path.withUnsafeBufferPointer { path in
            let match = router.match(method, path: path)
            if case .malformed = match { return }
            promise(outcome(match, path) == slowly(method, path), "the tree leads elsewhere")
            guard case .route(let index, let captures) = match else { return }
            var latest = LatestRoute()
            latest.keep(method, path, index, captures)
            guard let found = latest.find(method, path) else { return promise(path.count > 64, "it is forgotten") }
            promise(
                outcome(.route(found.index, found.captures), path) == outcome(match, path), "another is remembered")
        }
    }

    private static func outcome(_ match: Router.Match, _ path: UnsafeBufferPointer<UInt8>) -> [String]? {
        switch match {
        case .route(let index, let captures):
            [templates[index]] + (0..<captures.count).map { captures.text($0, in: path) }
        case .options(let methods): ["options", methods.allow]
        case .methodNotAllowed(let methods): ["405", methods.allow]
        case .notFound, .malformed: nil
        }
    }

    /// Every template is tried: a literal wins over a parameter, and the earlier segment counts more.
    private static func slowly(_ method: Method, _ path: UnsafeBufferPointer<UInt8>) -> [String]? {
        if method == .options, path.elementsEqual([UInt8(ascii: "*")]) {
            return ["options", MethodSet([.get, .head, .post, .options].map(MethodSet.init)).allow]
        }
        var text = String(decoding: path, as: UTF8.self)[...]
        if let scheme = ["http://", "https://"].first(where: { text.utf8.starts(with: $0.utf8) }) {
            text = text.utf8.dropFirst(scheme.utf8.count).firstIndex(of: UInt8(ascii: "/")).map { text[$0...] } ?? "/"
        }
        var segments = text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if segments.last?.isEmpty == true { segments.removeLast() }
        let words = segments.map { decoded(String(decoding: $0, as: UTF8.self)) }
        guard words.count <= PathSegments.limit, !words.contains("") else { return nil }
        let fitting = router.routes.filter { fits($0.template, words) }
        // Of those that fit, the one with a literal where the others have a parameter.
        guard let best = fitting.min(by: { rank($0.template) < rank($1.template) }) else { return nil }
        let asked = method == .head ? Method.get : method
        if best.method == asked {
            let names = best.template.split(separator: "/")
            return [best.template] + zip(names, words).filter { $0.0.hasPrefix("{") }.map(\.1)
        }
        let methods = MethodSet(([best.method, .options] + (best.method == .get ? [.head] : [])).map(MethodSet.init))
        return [method == .options ? "options" : "405", methods.allow]
    }

    private static func rank(_ template: String) -> String {
        template.split(separator: "/").map { $0.hasPrefix("{") ? "1" : "0" }.joined()
    }

    private static func fits(_ template: String, _ words: [String]) -> Bool {
        let names = template.split(separator: "/")
        return names.count == words.count
            && zip(names, words).allSatisfy { $0.hasPrefix("{") || $0.utf8.elementsEqual($1.utf8) }
    }

    /// Percent signs resolved; the path is known to be well formed.
    private static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                bytes.append(UInt8(digits, radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
