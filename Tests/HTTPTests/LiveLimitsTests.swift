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
        var configuration = HTTPConfiguration(listeners: [])
        configuration.bodyLimit = 9
        server.server.adopt(configuration)
        #expect(server.answer("POST", "/take", body: "123456789")?.status == 204)
        #expect(server.answer("POST", "/take", body: "1234567890")?.status == 413)
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
        var configuration = HTTPConfiguration(listeners: [])
        configuration.connectionLimit = 9
        #expect(server.server.openConnections == 8)
        server.server.adopt(configuration)
        #expect(waiting.response()?.status == 200)
        #expect(server.server.openConnections == 9)
        for client in idle {
            client.request("GET", "/hello")
            #expect(client.response()?.status == 200)
        }
    }
}
