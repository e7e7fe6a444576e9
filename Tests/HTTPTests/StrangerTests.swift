import Glibc
import HTTP
import Testing

/// Requests meant for somebody else, and requests that a page of a browser sends.
struct StrangerTests {
    struct Origin: Sendable, CustomTestStringConvertible {
        let text: String
        let isTaken: Bool
        var testDescription: String { text }

        init(_ text: String, _ isTaken: Bool) {
            self.text = text
            self.isTaken = isTaken
        }
    }

    static func ask(
        _ server: TestServer, host: String, method: String = "GET", path: String = "/hello", headers: [String] = []
    ) -> RawClient.Response? {
        let client = server.client()
        let lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)"] + headers
        client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        return client.response()
    }

    @Test(arguments: [
        "127.0.0.1", "127.0.0.1:1", "192.0.2.7:8808", "[::1]", "[::1]:8808", "[fe80::1]", "localhost", "LocalHost:8808",
        "lamd.localhost", "lamd.example", "LAMD.example:443", "localhost:",
    ])
    func `answers to its names`(host: String) throws {
        let server = try TestServer(commonRoutes) { $0.allowedHosts = AllowedHosts(["Lamd.Example"]) }
        #expect(Self.ask(server, host: host)?.status == 200)
    }

    @Test(arguments: [
        "evil.example", "evil.example:8808", "localhost.evil.example", "notlocalhost", "127.0.0.1.evil.example",
        "127.0.0", "1.2.3.4.5", "[::1", "[evil]", "[::1]x", "", ":80", "localhost:8x", "a@localhost",
        "lamd.example.evil",
        "127.0.0.1/..", "0x7f.1", "::1",
    ])
    func `answers to no other`(host: String) throws {
        let server = try TestServer(commonRoutes) { $0.allowedHosts = AllowedHosts(["lamd.example"]) }
        let response = try #require(Self.ask(server, host: host))
        #expect(response.status == 421)
        #expect(response.text.contains("allowed_hosts"))
    }

    @Test func `asks again when the name changes on a connection`() throws {
        let server = try TestServer(commonRoutes) { $0.allowedHosts = AllowedHosts() }
        let client = server.client()
        for (host, status) in [
            ("localhost", 200), ("localhost", 200), ("evil.example", 421), ("evil.example", 421), ("localhost", 200),
            ("localhost.evil", 421), ("local", 421), (String(repeating: "a", count: 80) + ".localhost", 200),
        ] {
            client.send("GET /hello HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(client.response()?.status == status, "\(host)")
        }
    }

    @Test func `takes every name by a star, and by a unix socket`() throws {
        let open = try TestServer(commonRoutes) { $0.allowedHosts = AllowedHosts(["*"]) }
        #expect(Self.ask(open, host: "evil.example")?.status == 200)
        let path = "/tmp/lamd-strangers-\(getpid()).sock"
        let server = try TestServer(commonRoutes, listeners: [.unix(path: path)]) { $0.allowedHosts = AllowedHosts() }
        let client = RawClient(path: path)
        client.send("GET /hello HTTP/1.1\r\nHost: whatever\r\n\r\n")
        #expect(client.response()?.status == 200)
        _ = server
    }

    @Test func `knows the names that it listens at`() throws {
        // inet_aton(3)'s short form, which is no address to a URL.
        let server = try TestServer(commonRoutes, listeners: [.tcp(host: "127.1", port: 0)]) {
            $0.allowedHosts = AllowedHosts()
        }
        #expect(Self.ask(server, host: "127.1")?.status == 200)
        #expect(Self.ask(server, host: "127.2")?.status == 421)
    }

    @Test func `lets an old client say no name`() throws {
        let server = try TestServer(commonRoutes) { $0.allowedHosts = AllowedHosts() }
        let client = server.client()
        client.send("GET /hello HTTP/1.0\r\n\r\n")
        #expect(client.response()?.status == 200)
    }

    @Test(arguments: ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
    func `refuses pages from elsewhere, whatever they ask`(method: String) throws {
        let server = try TestServer(commonRoutes)
        for origin in ["http://evil.example", "null", "http://test:81", "https://test.evil", "ftp://test", ""] {
            for path in ["/hello", "/echo", "/nothing"] {
                let response = try #require(
                    server.answer(method, path, headers: ["Origin: \(origin)"], body: method == "POST" ? "abc" : ""))
                #expect(response.status == 403, "\(origin) \(path)")
                #expect(response.header("Access-Control-Allow-Origin") == nil)
            }
        }
        #expect(eventually { server.served.count == 18 })
        #expect(server.served.allSatisfy { $0.route == "none" }, "no handler ran")
    }

    @Test func `takes pages that it could have delivered`() throws {
        let server = try TestServer(commonRoutes)
        for (host, origin) in [
            ("test", "http://test"), ("test", "https://test"), ("test:80", "http://test"),
            ("TEST:8080", "http://test:8080"),
        ] {
            let response = try #require(Self.ask(server, host: host, headers: ["Origin: \(origin)"]))
            #expect(response.status == 200, "\(host) \(origin)")
            #expect(response.header("Access-Control-Allow-Origin") == nil)
        }
        let both = ["Origin: http://test", "Origin: http://test"]
        #expect(Self.ask(server, host: "test", headers: both)?.status == 403)
    }

    @Test(arguments: [
        Origin("https://app.example", true), Origin("HTTPS://APP.example", true),
        Origin("https://app.example:443", true),
        Origin("http://app.example", false), Origin("https://app.example:8443", false), Origin("null", false),
        Origin("http://localhost:5173", true), Origin("http://localhost:5174", false),
        Origin("https://app.example/", false),
        Origin("https://app.example.evil", false),
    ])
    func `takes pages that the settings list`(origin: Origin) throws {
        let listed = ["https://app.example", "http://localhost:5173"].compactMap { WebOrigin($0) }
        let server = try TestServer(commonRoutes) { $0.allowedOrigins = .only(listed) }
        for (path, status) in [("/hello", 200), ("/nothing", 404), ("/echo", 405)] {
            let response = try #require(server.answer("GET", path, headers: ["Origin: \(origin.text)"]))
            #expect(response.status == (origin.isTaken ? status : 403))
            #expect(response.header("Access-Control-Allow-Origin") == (origin.isTaken ? origin.text : nil))
            #expect(response.header("Vary") == (origin.isTaken ? "Origin" : nil))
            #expect(
                response.header("Access-Control-Expose-Headers")?.contains("Retry-After")
                    == (origin.isTaken ? true : nil))
        }
    }

    @Test func `asks again when a page or its server has another name`() throws {
        let server = try TestServer(commonRoutes) {
            $0.allowedHosts = AllowedHosts(["lamd.example"])
            $0.allowedOrigins = .only(["https://app.example"].compactMap { WebOrigin($0) })
        }
        let client = server.client()
        let (app, evil, own) = ("https://app.example", "http://evil.example", "http://lamd.example")
        let steps: [(host: String, origins: [String], status: Int)] = [
            ("localhost", [app], 200), ("localhost", [app], 200), ("localhost", [], 200), ("localhost", [app], 200),
            ("localhost", [evil], 403), ("localhost", [app], 200), ("localhost", [app, app], 403),
            ("localhost", ["null"], 403), ("localhost", [""], 403), ("localhost", [app + "."], 403),
            // One of us by one name, a stranger by another.
            ("lamd.example", [own], 200), ("lamd.example", [own], 200), ("localhost", [own], 403),
            ("lamd.example", [own], 200), ("localhost", [], 200), ("localhost", [own], 403),
            // It bears its own name, and is not remembered for it.
            ("evil.example", [evil], 421), ("localhost", [evil], 403), ("evil.example", [evil], 421),
            ("evil.example", [app], 421), ("localhost", [app], 200), ("lamd.example", [app], 200),
        ]
        for (host, origins, status) in steps {
            let fields = origins.map { "Origin: \($0)\r\n" }.joined()
            client.send("GET /hello HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n")
            let response = try #require(client.response())
            #expect(response.status == status, "\(host) \(origins)")
            let isMarked = response.header("Access-Control-Allow-Origin") == app
            #expect(isMarked == (origins == [app] && status != 403), "\(host) \(origins)")
        }
    }

    @Test func `takes every page by a star`() throws {
        let server = try TestServer(commonRoutes) { $0.allowedOrigins = .every }
        for origin in ["null", "https://any.example"] {
            let response = try #require(server.answer("GET", "/hello", headers: ["Origin: \(origin)"]))
            #expect(response.header("Access-Control-Allow-Origin") == origin)
        }
        for origin in ["https://a\tb", "no origin", "https://a/b"] {
            #expect(server.answer("GET", "/hello", headers: ["Origin: \(origin)"])?.status == 403)
        }
        #expect(server.answer("GET", "/hello")?.header("Access-Control-Allow-Origin") == nil)
    }

    @Test func `answers a browser that asks first`() throws {
        let server = try TestServer(commonRoutes) { $0.allowedOrigins = .every }
        let asking = ["Origin: https://any.example", "Access-Control-Request-Method: POST"]
        let response = try #require(server.answer("OPTIONS", "/echo", headers: asking))
        #expect(response.status == 204)
        #expect(response.header("Access-Control-Allow-Methods")?.contains("POST") == true)
        #expect(response.header("Access-Control-Allow-Headers")?.contains("Authorization") == true)
        #expect(response.header("Access-Control-Max-Age") == "600")
        #expect(response.header("Allow")?.contains("POST") == true)
        let plain = try #require(server.answer("OPTIONS", "/echo"))
        #expect(plain.header("Access-Control-Allow-Methods") == nil)
    }

    @Test func `marks short replies and event streams for their page too`() throws {
        let server = try TestServer([
            Route(.get, "/json", name: "json") { $0.respond(contentType: "application/json", body: Array("{}".utf8)) },
            Route(.get, "/events", name: "events") { $0.respondEvents()?.finish() },
        ]) { $0.allowedOrigins = .every }
        let client = server.client()
        for (path, origin) in [
            ("/json", "https://a"), ("/json", nil), ("/json", "https://b"), ("/events", "https://c"),
        ] {
            client.request("GET", path, headers: origin.map { ["Origin: \($0)"] } ?? [])
            #expect(client.response()?.header("Access-Control-Allow-Origin") == origin)
        }
    }
}
