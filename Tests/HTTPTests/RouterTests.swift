import HTTP
import Testing

struct RouterTests {
    static let router = Router(
        [
            (.get, "/"), (.get, "/v1/envs/"), (.post, "/v1/envs/"), (.get, "/v1/envs/{id}"), (.delete, "/v1/envs/{id}"),
            (.post, "/v1/envs/{id}/step/"), (.get, "/v1/envs/{id}/action_space/contains/{x}"),
            (.get, "/v1/agents/{id}/versions"), (.get, "/v1/agents/latest"), (.options, "/v1/special"),
            (.put, "/v1/a/{b}/{c}/{d}/{e}"), (.get, "/v1/héllo/{name}"),
        ].map { (method: Method, template: String) in
            Route(method, template, name: "\(method.name) \(template)") { $0.respond() }
        })

    /// What a request comes to, as text.
    static func outcome(_ method: Method, _ path: String) -> String {
        let bytes = Array(path.utf8)
        switch router.match(method, path: bytes.span) {
        case .route(let index, let captures):
            let texts = (0..<captures.count).map { captures.text($0, in: bytes.span) }
            return ([router.routes[index].name] + texts).joined(separator: " | ")
        case .options(let methods): return "options " + methods.allow
        case .methodNotAllowed(let methods): return "405 " + methods.allow
        case .notFound: return "404"
        case .malformed(let fault): return "400 \(fault)"
        }
    }

    @Test(arguments: [
        (Method.get, "/", "GET /"),
        (.get, "/v1/envs", "GET /v1/envs/"),
        (.get, "/v1/envs/", "GET /v1/envs/"),
        (.post, "/v1/envs", "POST /v1/envs/"),
        (.get, "/v1/envs/ab12", "GET /v1/envs/{id} | ab12"),
        (.get, "/v1/envs/ab12/", "GET /v1/envs/{id} | ab12"),
        (.delete, "/v1/envs/ab12", "DELETE /v1/envs/{id} | ab12"),
        (.post, "/v1/envs/ab12/step", "POST /v1/envs/{id}/step/ | ab12"),
        (.head, "/v1/envs/ab12", "GET /v1/envs/{id} | ab12"),
        (.get, "/v1/envs/a/action_space/contains/3", "GET /v1/envs/{id}/action_space/contains/{x} | a | 3"),
        (.get, "/v1/envs/a%20b", "GET /v1/envs/{id} | a b"),
        (.get, "/v1/envs/%E2%82%AC", "GET /v1/envs/{id} | €"),
        (.get, "/v1/envs/€", "GET /v1/envs/{id} | €"),
        (.get, "/v1/envs/a%2541", "GET /v1/envs/{id} | a%41"),
        (.get, "/v1/envs/a+b", "GET /v1/envs/{id} | a+b"),
        (.get, "/v1/envs/...", "GET /v1/envs/{id} | ..."),
        (.get, "/v1/envs/.a", "GET /v1/envs/{id} | .a"),
        (.get, "/%76%31/envs", "GET /v1/envs/"),
        (.get, "/v1/h%C3%A9llo/x", "GET /v1/héllo/{name} | x"),
        (.get, "/v1/agents/latest", "GET /v1/agents/latest"),
        (.get, "/v1/agents/latest/versions", "GET /v1/agents/{id}/versions | latest"),
        (.put, "/v1/a/1/2/3/4", "PUT /v1/a/{b}/{c}/{d}/{e} | 1 | 2 | 3 | 4"),
        (.get, "http://localhost:8808/v1/envs", "GET /v1/envs/"),
        (.get, "https://localhost", "GET /"),
        (.options, "/v1/special", "OPTIONS /v1/special"),
    ])
    func `finds the route and its parameters`(_ method: Method, _ path: String, _ outcome: String) {
        #expect(Self.outcome(method, path) == outcome)
    }

    @Test(arguments: [
        "/v1", "/v1/", "/v2/envs", "/V1/envs", "/v1/envs/a/b", "/v1/envs/a/step/x", "/v1//envs", "//v1/envs",
        "/v1/envs//",
        "/v1/a/1/2/3", "/v1/envsx", "/v1/env", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", "/v1/agents/x",
    ])
    func `knows what is not there`(_ path: String) {
        #expect(Self.outcome(.get, path) == "404")
    }

    @Test(arguments: [
        (Method.put, "/v1/envs", "405 GET, HEAD, POST, OPTIONS"),
        (.get, "/v1/envs/a/step", "405 POST, OPTIONS"),
        (.head, "/v1/envs/a/step", "405 POST, OPTIONS"),
        (.other, "/v1/envs/a", "405 GET, HEAD, DELETE, OPTIONS"),
        (.options, "/v1/envs/a", "options GET, HEAD, DELETE, OPTIONS"),
        (.options, "*", "options GET, HEAD, POST, PUT, DELETE, OPTIONS"),
        (.options, "/nowhere", "404"),
        (.other, "/nowhere", "404"),
    ])
    func `tells what a path allows`(_ method: Method, _ path: String, _ outcome: String) {
        #expect(Self.outcome(method, path) == outcome)
    }

    @Test(arguments: [
        ("/v1/envs/%", PathFault.badPercent), ("/v1/envs/%4", .badPercent), ("/v1/envs/%zz", .badPercent),
        ("/v1/envs/%4g/step", .badPercent), ("/v1/envs/a%00b", .nul), ("/v1/envs/%00", .nul),
        ("/v1/envs/a%2Fb", .encodedSlash), ("/v1/envs/a%2fb", .encodedSlash), ("/v1/envs/%FF", .notUTF8),
        ("/v1/envs/%C0%AF", .notUTF8), ("/v1/envs/%ED%A0%80", .notUTF8), ("/v1/envs/.", .dotSegment),
        ("/v1/envs/..", .dotSegment), ("/v1/../v1/envs", .dotSegment), ("/v1/envs/%2e%2E", .dotSegment),
        ("/v1/envs/%2e", .dotSegment), ("/./", .dotSegment), ("v1/envs", .notAbsolute), ("", .notAbsolute),
        ("*", .notAbsolute), ("ftp://host/v1/envs", .notAbsolute),
    ])
    func `refuses malformed paths`(_ path: String, _ fault: PathFault) {
        #expect(Self.outcome(.get, path) == "400 \(fault)")
    }

    @Test func `refuses bytes that are not UTF-8`() {
        let bytes = Array("/v1/envs/".utf8) + [0xFF]
        guard case .malformed(.notUTF8) = Self.router.match(.get, path: bytes.span) else {
            Issue.record("it was taken")
            return
        }
    }

    @Test func `every path of random bytes has an outcome`() {
        var state: UInt64 = 9
        let alphabet = Array("/v1envs.%2e0aF{}\u{E9}*".utf8)
        for _ in 0..<20_000 {
            var path: [UInt8] = [UInt8(ascii: "/")]
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1
                path.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            guard case .route(_, let captures) = Self.router.match(.get, path: path.span) else { continue }
            for index in 0..<captures.count {
                let text = captures.text(index, in: path.span)
                #expect(!text.isEmpty && !text.utf8.contains(0) && !text.contains("/") && text != "..")
            }
        }
    }

    @Test func `an empty table finds nothing`() {
        let path = Array("/v1".utf8)
        guard case .notFound = Router([]).match(.get, path: path.span) else {
            Issue.record("it found something")
            return
        }
    }
}
