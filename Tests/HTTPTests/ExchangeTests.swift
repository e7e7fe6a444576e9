import Foundation
import HTTP
import Synchronization
import Testing

/// What a live server makes of well-formed requests.
struct ExchangeTests {
    @Test func `answers many requests on one connection`() throws {
        let server = try TestServer(commonRoutes)
        let client = server.client()
        for index in 0..<50 {
            client.request("POST", "/echo", body: "body \(index)")
            #expect(client.response()?.text == "body \(index)")
        }
        client.request("GET", "/hello")
        let response = try #require(client.response())
        #expect(response.status == 200)
        #expect(response.text == "hello")
        #expect(response.header("Content-Type") == "text/plain")
        #expect(response.header("Connection") == nil)
        #expect(server.server.openConnections == 1)
    }

    @Test func `answers pipelined requests in their order`() throws {
        let server = try TestServer(commonRoutes)
        let client = server.client()
        var text = ""
        for index in 0..<20 {
            let body = "n\(index)"
            text += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            text += "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
        }
        client.send(text)
        for index in 0..<20 {
            #expect(client.response()?.text == "n\(index)")
            #expect(client.response()?.text == "hello")
        }
    }

    @Test func `finds on one connection what it finds on many`() throws {
        let server = try TestServer(commonRoutes)
        let client = server.client()
        let long = String(repeating: "x", count: 80)
        let requests = [
            ("GET", "/v1/envs/a/contains/b"), ("GET", "/v1/envs/a/contains/c"), ("GET", "/v1/envs/a%20/contains/b"),
            ("POST", "/v1/envs/a/contains/b"), ("GET", "/v1/envs/a/contains/\(long)"), ("GET", "/hello"),
            ("GET", "/hello/"), ("DELETE", "/hello"), ("GET", "/hellp"), ("GET", "/hell"), ("POST", "/echo"),
        ]
        for (method, path) in requests.flatMap({ [$0, $0, ("GET", "/hello"), $0] }) {
            client.request(method, path)
            let response = try #require(client.response())
            let alone = try #require(server.answer(method, path))
            #expect(response.status == alone.status && response.text == alone.text, "\(method) \(path)")
        }
    }

    @Test func `dates a reply when it is sent, also where its likes were sent before`() throws {
        let server = try TestServer([
            Route(.get, "/json", name: "json") { $0.respond(contentType: "application/json", body: Array("{}".utf8)) }
        ])
        let client = server.client()
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        for pause in [0, 0, 1_100_000, 0] {
            usleep(UInt32(pause))
            // The seconds as `time` counts them: the kernel's coarse clock, a tick behind `Date.now`.
            let before = time(nil)
            client.request("GET", "/json")
            let response = try #require(client.response())
            let date = try #require(response.header("Date").flatMap(format.date(from:)))
            #expect((before...time(nil)).contains(Int(date.timeIntervalSince1970)))
            #expect(response.head.lowercased().components(separatedBy: "\r\ndate:").count == 2)
        }
    }

    @Test func `reads the same request at every split`() throws {
        let server = try TestServer(commonRoutes)
        let text = Array("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello".utf8)
        let client = server.client()
        for split in 1..<text.count {
            client.send(Array(text[..<split]))
            client.send(Array(text[split...]))
            #expect(client.response()?.text == "hello", "split at \(split)")
        }
    }

    @Test func `reads chunked bodies`() throws {
        let server = try TestServer(commonRoutes)
        let client = server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send("5\r\nhello\r\n1;ext=1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n")
        #expect(client.response()?.text == "hello world")
        client.request("GET", "/hello")
        #expect(client.response()?.text == "hello", "the connection goes on")
    }

    @Test func `takes bodies of every size whole`() throws {
        let server = try TestServer(commonRoutes)
        let client = server.client()
        for count in [0, 1, 1000, 32_768, 65_536, 65_537, 300_000, 1 << 20] {
            let body = String(repeating: "0123456789abcdef", count: count / 16 + 1).prefix(count)
            client.request("POST", "/echo", body: String(body))
            #expect(client.response()?.text.utf8.elementsEqual(body.utf8) == true, "\(count) bytes")
        }
    }

    @Test func `answers HEAD as GET without the body`() throws {
        let server = try TestServer(commonRoutes)
        let client = server.client()
        client.request("HEAD", "/hello")
        let response = try #require(client.response(toHead: true))
        #expect(response.status == 200)
        #expect(response.header("Content-Length") == "5")
        client.request("GET", "/hello")
        #expect(client.response()?.text == "hello", "nothing of a body came in between")
    }

    @Test func `answers OPTIONS with the methods`() throws {
        let server = try TestServer(commonRoutes)
        let response = try #require(server.answer("OPTIONS", "/hello/"))
        #expect(response.status == 204)
        #expect(response.header("Allow") == "GET, HEAD, OPTIONS")
        #expect(server.answer("OPTIONS", "*")?.header("Allow") == "GET, HEAD, POST, OPTIONS")
    }

    @Test func `tells 404 from 405`() throws {
        let server = try TestServer(commonRoutes)
        #expect(server.answer("GET", "/nothing")?.status == 404)
        let response = try #require(server.answer("DELETE", "/hello"))
        #expect(response.status == 405)
        #expect(response.header("Allow") == "GET, HEAD, OPTIONS")
        #expect(server.answer("BREW", "/hello")?.status == 405)
        let client = server.client()
        client.request("POST", "/nothing", body: "some body")
        #expect(client.response()?.status == 404)
        client.request("GET", "/hello")
        #expect(client.response()?.status == 200, "a refused body is read, and the connection goes on")
    }

    @Test func `decodes segments once`() throws {
        let server = try TestServer(commonRoutes)
        #expect(server.answer("GET", "/v1/envs/a%2525/contains/%C3%A9")?.text == "a%25 é")
        #expect(server.answer("GET", "/v1/envs/a%2Fb/contains/1")?.status == 400)
        #expect(server.answer("GET", "/v1/envs/a%00b/contains/1")?.status == 400)
        #expect(server.answer("GET", "/v1/envs/../contains/1")?.status == 400)
    }

    @Test func `decodes the query`() throws {
        let server = try TestServer([
            Route(.get, "/q", name: "q") { exchange in
                let items = exchange.queryItems.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
                let mode = exchange.query(named: "mode") ?? "none"
                exchange.respond(body: Array("\(mode) [\(items)]".utf8))
            }
        ])
        #expect(
            server.answer("GET", "/q?mode=svg&x=a%26b%3Dc+d&flag&mode=png")?.text
                == "svg [mode=svg;x=a&b=c d;flag=;mode=png]")
        #expect(server.answer("GET", "/q")?.text == "none []")
        #expect(server.answer("GET", "/q?a=%C3%A9%2B")?.text == "none [a=é+]")
        #expect(server.answer("GET", "/q?a=%zz")?.status == 400)
        #expect(server.answer("GET", "/q?a=%00")?.status == 400)
        #expect(server.answer("GET", "/q?%FF=1")?.status == 400)
        #expect(server.answer("GET", "/q?&a&&b=?c=d&")?.text == "none [a=;b=?c=d]")
        #expect(server.answer("GET", "/q?")?.text == "none []")
        #expect(server.answer("GET", "/q?a=%2B+%3D&mode=%2f")?.text == "/ [a=+ =;mode=/]")
    }

    @Test func `takes as many parameters as the head has room for`() throws {
        let server = try TestServer([
            Route(.get, "/q", name: "q") { $0.respond(body: Array("\($0.queryItems.count)".utf8)) }
        ])
        for count in [1, 20, 100, 400, 3000] {
            let query = String(repeating: "a&", count: count)
            #expect(server.answer("GET", "/q?\(query)")?.text == "\(count)")
        }
        let long = "X-A: " + String(repeating: "b", count: 5600)
        #expect(server.answer("GET", "/q?" + String(repeating: "a=1&", count: 50), headers: [long])?.text == "50")
    }

    @Test func `reads headers whatever their case`() throws {
        let server = try TestServer([
            Route(.post, "/h", name: "h") { exchange in
                let texts = [
                    exchange.header(named: "x-thing") ?? "none", "\(exchange.mediaType)", "\(exchange.hasOrigin)",
                    "\(exchange.accepts("text/html"))", "\(exchange.accepts("application/json", wildcard: true))",
                    "\(exchange.acceptContains("a/b"))", "\(exchange.isLocal)", exchange.contentType ?? "none",
                    exchange.rawPath,
                ]
                exchange.respond(body: Array(texts.joined(separator: "|").utf8))
            }
        ]) { $0.allowedOrigins = .every }
        let headers = [
            "X-THING: v1", "content-type: Application/JSON; charset=utf-8", "ORIGIN: null",
            "Accept: text/html;q=0.5, a/b",
        ]
        #expect(
            server.answer("POST", "/h/", headers: headers)?.text
                == "v1|json|true|true|false|true|true|Application/JSON; charset=utf-8|/h/")
        #expect(
            server.answer("POST", "/h", headers: ["Accept: */*"])?.text
                == "none|none|false|false|true|false|true|none|/h")
    }

    @Test(arguments: [
        ("application/json", "json"), ("application/x-www-form-urlencoded", "form"), ("application/x-ndjson", "ndjson"),
        ("application/vnd.safetensors", "safetensors"), ("application/octet-stream", "octets"), ("text/plain", "other"),
        ("application/jsonx", "other"), ("application/json;a=b", "json"), ("", "none"),
    ])
    func `recognises media types`(_ type: String, _ name: String) throws {
        let server = try TestServer([
            Route(.post, "/t", name: "t") { $0.respond(body: Array("\($0.mediaType)".utf8)) }
        ])
        #expect(server.answer("POST", "/t", headers: ["Content-Type: \(type)"])?.text == name)
    }

    @Test func `echoes a request id or makes one`() throws {
        let server = try TestServer(commonRoutes)
        let given = server.answer("GET", "/hello", headers: ["X-Request-Id: abc-1.2_Z"])
        #expect(given?.header("X-Request-Id") == "abc-1.2_Z")
        #expect(server.answer("GET", "/hello")?.header("X-Request-Id") == nil)
        var made: Set<String> = []
        for id in ["bad id", String(repeating: "x", count: 65), "", "ü"] {
            let answer = server.answer("GET", "/nothing", headers: ["X-Request-Id: \(id)"])
            let other = try #require(answer?.header("X-Request-Id"))
            #expect(other.count == 16 && other != id)
            made.insert(other)
        }
        #expect(made.count == 4)
        let longest = String(repeating: "x", count: 64)
        #expect(
            server.answer("GET", "/hello", headers: ["X-Request-Id: \(longest)"])?.header("X-Request-Id") == longest)
    }

    @Test func `sends large bodies whole, kept or copied`() throws {
        let large = [UInt8](repeating: 7, count: 3_000_001)
        let server = try TestServer([
            Route(.get, "/kept", name: "kept") { $0.respond(headers: [("X-A", "b")], body: large) },
            Route(.get, "/copied", name: "copied") { exchange in exchange.respond(copying: large.span) },
        ])
        for path in ["/kept", "/copied", "/kept"] { #expect(server.answer("GET", path)?.body == large) }
        #expect(server.answer("GET", "/kept")?.header("X-A") == "b")
    }

    @Test func `reports every request that ended`() throws {
        let server = try TestServer(commonRoutes)
        let client = server.client()
        client.request("POST", "/echo", body: "12345")
        _ = client.response()
        client.request("GET", "/nothing")
        _ = client.response()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nonly some")
        #expect(eventually { server.server.openRequests == 1 })
        client.close()
        #expect(eventually(within: 3) { server.served.count >= 2 })
        let served = server.served
        #expect(served[0].route == "echo" && served[0].served.status == 200 && served[0].served.bytes == 5)
        #expect(served[0].served.isComplete && served[0].served.nanoseconds > 0)
        #expect(served[1].route == "none" && served[1].served.status == 404)
    }

    @Test func `a kept exchange can be read when its connection is long gone`() throws {
        let kept = Mutex<[Exchange]>([])
        let server = try TestServer([
            Route(.post, "/keep/{id}", name: "keep") { exchange in
                kept.withLock { $0.append(exchange) }
                exchange.respond()
            }
        ])
        for _ in 0..<3 {
            let client = server.client()
            client.request("POST", "/keep/a%20b?q=1", headers: ["X-Thing: t", "Content-Type: text/csv"], body: "body")
            #expect(client.response()?.status == 200)
        }
        server.server.stop(within: .seconds(1))
        for exchange in kept.takeAll() {
            #expect(exchange.segment(0) == "a b" && exchange.query(named: "q") == "1" && exchange.isLocal)
            #expect(exchange.header(named: "x-thing") == "t" && exchange.contentType == "text/csv")
            #expect(exchange.rawPath == "/keep/a%20b" && exchange.requestID.count == 16)
            #expect(exchange.withBody { $0.count } == 4)
            exchange.respond(status: 500)
            #expect(exchange.respondEvents()?.isOpen == false)
        }
    }

    @Test func `a handler without an answer is our own mistake`() throws {
        let server = try TestServer([Route(.get, "/silent", name: "silent") { _ in }])
        #expect(server.answer("GET", "/silent")?.status == 500)
    }

    @Test func `the first answer counts`() throws {
        let server = try TestServer([
            Route(.get, "/twice", name: "twice") { exchange in
                exchange.respond(body: [1])
                exchange.respond(status: 500, body: [2])
            }
        ])
        #expect(server.answer("GET", "/twice")?.body == [1])
    }
}
