import HTTP
import Testing

/// What changes while a server runs.
struct LiveLimitsTests {
    @Test func `takes another limit of bodies, for requests to come`() throws {
        let server = try TestServer([Route(.post, "/take", name: "take") { $0.respond(status: 204) }]) {
            $0.bodyLimit = 8
        }
        #expect(server.answer("POST", "/take", body: "12345678")?.status == 204)
        #expect(server.answer("POST", "/take", body: "123456789")?.status == 413)
        server.adopt { $0.bodyLimit = 9 }
        #expect(server.answer("POST", "/take", body: "123456789")?.status == 204)
        #expect(server.answer("POST", "/take", body: "1234567890")?.status == 413)
    }

    @Test func `takes other names, also on connections that it knows`() throws {
        let server = try TestServer(commonRoutes) { $0.allowedHosts = AllowedHosts(["old.example"]) }
        let client = server.client()
        func ask(_ host: String) -> Int? {
            client.send("GET /hello HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            return client.response()?.status
        }
        #expect([ask("new.example"), ask("old.example"), ask("old.example")] == [421, 200, 200])
        server.adopt { $0.allowedHosts = AllowedHosts(["new.example"]) }
        #expect(
            [ask("old.example"), ask("new.example"), ask("new.example"), ask("old.example")] == [421, 200, 200, 421])
    }

    @Test func `takes other pages`() throws {
        let old = try #require(WebOrigin("https://old"))
        let new = try #require(WebOrigin("https://new"))
        let server = try TestServer(commonRoutes) { $0.allowedOrigins = .only([old]) }
        let client = server.client()
        func ask(_ origin: String) -> Int? {
            client.request("GET", "/hello", headers: ["Origin: \(origin)"])
            return client.response()?.status
        }
        #expect([ask("https://old"), ask("https://new")] == [200, 403])
        server.adopt { $0.allowedOrigins = .only([new]) }
        #expect([ask("https://old"), ask("https://new")] == [403, 200])
    }

    @Test func `takes another limit of connections, with those that are open`() throws {
        let server = try TestServer(commonRoutes) { $0.connectionLimit = 8 }
        let idle = (0..<8).map { _ in RawClient(port: server.port) }
        for client in idle {
            client.request("GET", "/hello")
            #expect(client.response()?.status == 200)
        }
        let waiting = RawClient(port: server.port)
        waiting.request("GET", "/hello")
        #expect(server.server.openConnections == 8)
        server.adopt { $0.connectionLimit = 9 }
        #expect(waiting.response()?.status == 200)
        #expect(server.server.openConnections == 9)
        for client in idle {
            client.request("GET", "/hello")
            #expect(client.response()?.status == 200)
        }
    }
}
