import HTTP
import Testing

/// Requests that a proxy may read differently than libmicrohttpd does, and bodies that are too large.
struct RequestGateTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let head: [String]
        let status: Int
        var testDescription: String { name }
    }

    static let attacks = [
        Attack(name: "two lengths", head: ["Host: a", "Content-Length: 4", "Content-Length: 30"], status: 400),
        Attack(name: "two equal lengths", head: ["Host: a", "Content-Length: 4", "Content-Length: 4"], status: 400),
        Attack(
            name: "length and chunked", head: ["Host: a", "Content-Length: 4", "Transfer-Encoding: chunked"],
            status: 400),
        Attack(
            name: "chunked and length", head: ["Host: a", "transfer-encoding: chunked", "content-length: 4"],
            status: 400),
        Attack(name: "gzip, chunked", head: ["Host: a", "Transfer-Encoding: gzip, chunked"], status: 501),
        Attack(name: "xchunked", head: ["Host: a", "Transfer-Encoding: xchunked"], status: 501),
        Attack(name: "identity", head: ["Host: a", "Transfer-Encoding: identity"], status: 501),
        Attack(
            name: "chunked twice", head: ["Host: a", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
            status: 501),
        Attack(name: "two hosts", head: ["Host: a", "Host: b"], status: 400),
        Attack(name: "no host", head: ["Accept: */*"], status: 400),
        Attack(name: "unknown expectation", head: ["Host: a", "Expect: 200-ok", "Content-Length: 4"], status: 417),
        Attack(name: "space in a name", head: ["Host: a", "Content Length: 4"], status: 400),
        Attack(name: "space before the colon", head: ["Host: a", "Content-Length : 4"], status: 400),
        Attack(name: "a name made by folding", head: ["Host: a", "Content-Lengt: 4", " h"], status: 400),
        Attack(name: "a folded value", head: ["Host: a", "X-A: b", "\tc"], status: 400),
        Attack(name: "control character in a name", head: ["Host: a", "X\u{1}: 4"], status: 400),
    ]

    @Test(arguments: attacks) func `refuses and closes`(_ attack: Attack) throws {
        let server = try TestServer(commonRoutes)
        let client = server.client()
        let smuggled = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
        client.send("POST /echo HTTP/1.1\r\n" + attack.head.joined(separator: "\r\n") + "\r\n\r\n" + smuggled)
        let response = try #require(client.response())
        #expect(response.status == attack.status)
        #expect(response.header("Connection")?.lowercased() == "close")
        #expect(client.closes(), "and the smuggled request has no answer")
        #expect(eventually { server.served.count == 1 })
        #expect(server.served.first?.route == "none")
    }

    @Test func `refuses versions that are not 1.0 or 1.1`() throws {
        let server = try TestServer(commonRoutes)
        let client = server.client()
        client.send("GET /hello HTTP/1.9\r\nHost: a\r\n\r\n")
        #expect(client.response()?.status == 505)
        let old = server.client()
        old.send("GET /hello HTTP/1.0\r\n\r\n")
        #expect(old.response()?.text == "hello", "HTTP/1.0 needs no Host")
        #expect(old.closes())
    }

    @Test func `refuses a body too large by its length and lets the sender read it`() throws {
        let server = try TestServer(commonRoutes) { $0.bodyLimit = 1000 }
        let client = server.client()
        client.request("POST", "/echo", body: String(repeating: "x", count: 1000))
        #expect(client.response()?.status == 200)
        client.request("POST", "/echo", body: String(repeating: "x", count: 1001))
        let response = client.response()
        #expect(response?.status == 413)
        #expect(response?.text == "the body is larger than 1000 bytes")
        let large = String(repeating: "x", count: 5_000_000)
        client.request("POST", "/echo", body: large)
        #expect(client.response()?.status == 413, "it was read and thrown away")
        client.request("GET", "/hello")
        #expect(client.response()?.status == 200, "and the connection goes on")
    }

    @Test func `refuses a chunked body too large`() throws {
        let server = try TestServer(commonRoutes) { $0.bodyLimit = 1000 }
        let client = server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<20 { client.send("64\r\n" + String(repeating: "x", count: 100) + "\r\n") }
        client.send("0\r\n\r\n")
        #expect(client.response()?.status == 413)
        client.request("GET", "/hello")
        #expect(client.response()?.status == 200)
    }

    @Test func `does not drain without end`() throws {
        let server = try TestServer(commonRoutes) {
            $0.bodyLimit = 1000
            $0.drainLimit = 100_000
        }
        let client = server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n")
        #expect(client.response()?.status == 413, "at once")
        #expect(client.closes())
        let endless = server.client()
        endless.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "2710\r\n" + String(repeating: "x", count: 10_000) + "\r\n"
        var isTaken = true
        for _ in 0..<2000 where isTaken { isTaken = endless.send(chunk) }
        #expect(!isTaken)
    }

    @Test func `says no before a waiting sender begins`() throws {
        let server = try TestServer(commonRoutes) { $0.bodyLimit = 1000 }
        let client = server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n")
        #expect(client.response()?.status == 413)
        #expect(client.closes())
        let lost = server.client()
        lost.send("POST /nothing HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n")
        #expect(lost.response()?.status == 404)
    }

    @Test func `says go on to a sender who waits`() throws {
        let server = try TestServer(commonRoutes)
        let client = server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
        #expect(client.response()?.status == 100)
        client.send("ok")
        #expect(client.response()?.text == "ok")
    }

    @Test func `gives bulk routes the large limit by type`() throws {
        let server = try TestServer(commonRoutes) {
            $0.bodyLimit = 1000
            $0.bulkBodyLimit = 300_000
        }
        let body = String(repeating: "x", count: 300_000)
        for type in ["application/x-ndjson", "application/vnd.safetensors"] {
            #expect(server.answer("POST", "/count", headers: ["Content-Type: \(type)"], body: body)?.text == "300000")
            #expect(
                server.answer("POST", "/count", headers: ["Content-Type: \(type)"], body: body + "x")?.status == 413)
        }
        #expect(server.answer("POST", "/count", headers: ["Content-Type: application/json"], body: body)?.status == 413)
        #expect(server.answer("POST", "/count", body: body)?.status == 413)
    }

    @Test func `bounds what all bodies hold together`() throws {
        let server = try TestServer(commonRoutes) { $0.bufferedLimit = 1_000_000 }
        let type = "Content-Type: application/x-ndjson"
        let first = server.client()
        first.send("POST /count HTTP/1.1\r\nHost: a\r\n\(type)\r\nContent-Length: 800001\r\n\r\n")
        first.send([UInt8](repeating: 1, count: 800_000))
        try #require(eventually { server.server.bufferedBytes >= 800_000 })
        let body = String(repeating: "x", count: 500_000)
        #expect(server.answer("POST", "/count", headers: [type], body: body)?.status == 503)
        #expect(server.answer("POST", "/count", headers: [type], body: "small")?.text == "5")
        first.send([1])
        #expect(first.response()?.text == "800001")
        #expect(
            eventually { server.answer("POST", "/count", headers: [type], body: body)?.text == "500000" },
            "the room is free again")
    }

    @Test func `answers 503 where too many requests are open`() throws {
        let server = try TestServer(commonRoutes) { $0.requestLimit = 2 }
        let waiting = [server.client(), server.client()]
        for client in waiting { client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n") }
        #expect(eventually { server.server.openRequests == 2 })
        let response = try #require(server.answer("GET", "/hello"))
        #expect(response.status == 503)
        #expect(response.header("Retry-After") == "1")
        for client in waiting {
            client.send("abc")
            #expect(client.response()?.text == "abc")
        }
        #expect(server.answer("GET", "/hello")?.status == 200)
    }
}
