import Glibc
import HTTP
import Synchronization
import Testing

/// Requests that take longer than a network thread may wait.
struct DetachTests {
    @Test func `answers from a worker with everything the request said`() throws {
        let pool = WorkerPool(threads: 2, queueLimit: 8)
        defer { pool.stop() }
        let server = try TestServer([
            Route(.post, "/slow/{id}", name: "slow") { exchange in
                exchange.detach(on: pool) { exchange in
                    let texts = [
                        exchange.segment(named: "id"), exchange.query(named: "a") ?? "none",
                        exchange.header(named: "x-THING") ?? "none", "\(exchange.mediaType)", exchange.requestID,
                        "\(exchange.bodyCount)", "\(exchange.accepts("a/b") && exchange.acceptContains("a/b"))",
                        exchange.rawPath,
                    ]
                    exchange.respond(body: Array(texts.joined(separator: "|").utf8))
                }
            }
        ])
        let client = server.client()
        for _ in 0..<20 {
            client.request(
                "POST", "/slow/a%20b?a=1%2B",
                headers: ["X-Thing: t", "Content-Type: application/json", "X-Request-Id: r", "Accept: a/b"],
                body: "12345")
            #expect(client.response()?.text == "a b|1+|t|json|r|5|true|/slow/a%20b")
        }
    }

    @Test func `does not hold up others`() throws {
        let isReleased = Atomic(false)
        let pool = WorkerPool(threads: 1, queueLimit: 8)
        defer { pool.stop() }
        let server = try TestServer(
            commonRoutes + [
                Route(.get, "/slow", name: "slow") { exchange in
                    exchange.detach(on: pool) { exchange in
                        while !isReleased.load(ordering: .acquiring) { usleep(1000) }
                        exchange.respond(body: Array("slow".utf8))
                    }
                }
            ]
        ) { $0.threads = 1 }
        let slow = server.client()
        slow.request("GET", "/slow")
        #expect(eventually { server.server.openRequests == 1 })
        for _ in 0..<20 { #expect(server.answer("GET", "/hello")?.status == 200) }
        isReleased.store(true, ordering: .releasing)
        #expect(slow.response()?.text == "slow")
    }

    @Test func `answers 503 where the queue is full`() throws {
        let pool = WorkerPool(threads: 1, queueLimit: 1)
        defer { pool.stop() }
        let hasBegun = Atomic(false)
        let isReleased = Atomic(false)
        let server = try TestServer([
            Route(.get, "/slow", name: "slow") { exchange in
                exchange.detach(on: pool) { exchange in
                    hasBegun.store(true, ordering: .releasing)
                    while !isReleased.load(ordering: .acquiring) { usleep(1000) }
                    exchange.respond(body: Array("done".utf8))
                }
            }
        ])
        let clients = (0..<6).map { _ in server.client() }
        clients[0].request("GET", "/slow")
        #expect(eventually { hasBegun.load(ordering: .acquiring) })
        clients[1].request("GET", "/slow")
        #expect(eventually { pool.waiting == 1 })
        for client in clients[2...] { client.request("GET", "/slow") }
        var refused = 0
        for client in clients[2...] where client.response()?.status == 503 { refused += 1 }
        #expect(refused == 4)
        isReleased.store(true, ordering: .releasing)
        for client in clients[..<2] { #expect(client.response()?.text == "done") }
    }

    @Test func `waits without a worker for an answer from anywhere`() throws {
        let waiting = Mutex<[Exchange]>([])
        let server = try TestServer([
            Route(.get, "/wait", name: "wait") { exchange in
                exchange.detach()
                waiting.withLock { $0.append(exchange) }
            }
        ])
        let clients = (0..<10).map { _ in server.client() }
        for client in clients { client.request("GET", "/wait") }
        #expect(eventually { waiting.withLock { $0.count } == 10 })
        for (index, exchange) in waiting.takeAll().enumerated() {
            exchange.respond(status: 201, body: [UInt8(index)])
            exchange.respond(status: 500)
        }
        for client in clients { #expect(client.response()?.status == 201) }
    }

    @Test func `a worker that forgets to answer is our own mistake`() throws {
        let pool = WorkerPool(threads: 1, queueLimit: 1)
        defer { pool.stop() }
        let server = try TestServer([Route(.get, "/forget", name: "forget") { $0.detach(on: pool) { _ in } }])
        #expect(server.answer("GET", "/forget")?.status == 500)
    }

    @Test func `survives clients that leave while they wait`() throws {
        let waiting = Mutex<[Exchange]>([])
        let server = try TestServer(
            commonRoutes + [
                Route(.get, "/wait", name: "wait") { exchange in
                    exchange.detach()
                    waiting.withLock { $0.append(exchange) }
                }
            ])
        for _ in 0..<20 {
            let client = server.client()
            client.request("GET", "/wait")
            #expect(eventually { !waiting.withLock { $0.isEmpty } })
            client.close()
            for exchange in waiting.takeAll() {
                exchange.respond(body: [UInt8](repeating: 0, count: 100_000))
            }
        }
        #expect(eventually { server.server.openConnections == 0 && server.server.openRequests == 0 })
        #expect(server.answer("GET", "/hello")?.status == 200)
    }

    @Test func `detaches and answers under load`() throws {
        let pool = WorkerPool(threads: 3, queueLimit: 100)
        defer { pool.stop() }
        let server = try TestServer([
            Route(.post, "/work", name: "work") { exchange in
                exchange.detach(on: pool) { exchange in exchange.withBody { exchange.respond(copying: $0) } }
            }
        ])
        let clients = (0..<16).map { _ in server.client() }
        for round in 0..<200 {
            for (index, client) in clients.enumerated() { client.request("POST", "/work", body: "\(round) \(index)") }
            for (index, client) in clients.enumerated() { #expect(client.response()?.text == "\(round) \(index)") }
        }
        withExtendedLifetime(clients) { #expect(server.server.openConnections == 16) }
    }
}
