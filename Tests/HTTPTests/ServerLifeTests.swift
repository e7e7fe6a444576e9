import Glibc
import HTTP
import Synchronization
import Testing

/// Where servers listen, and how they stop.
struct ServerLifeTests {
    static func temporaryPath(_ name: String) -> String { "/tmp/lamd-http-\(getpid())-\(name)" }

    @Test func `serves several addresses at once`() throws {
        let path = Self.temporaryPath("several.sock")
        let server = try TestServer(
            commonRoutes,
            listeners: [.tcp(host: "127.0.0.1", port: 0), .unix(path: path), .tcp(host: "localhost", port: 0)])
        #expect(server.answer("GET", "/hello")?.text == "hello")
        let client = RawClient(path: path)
        client.request("GET", "/hello")
        #expect(client.response()?.text == "hello")
        guard case .tcp("localhost", let port) = server.server.addresses[2] else {
            Issue.record("\(server.server.addresses)")
            return
        }
        #expect(port != 0 && port != server.port)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o660)
        server.server.stop(within: .seconds(1))
        #expect(stat(path, &status) != 0, "the socket file is gone")
    }

    @Test func `replaces a stale socket file, and no other file`() throws {
        let path = Self.temporaryPath("stale.sock")
        do {
            let old = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let isBound = withUnsafePointer(to: &address) {
                bind(old, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self), 110)
            }
            #expect(isBound == 0)
            close(old)
        }
        let server = try TestServer(commonRoutes, listeners: [.unix(path: path, permissions: 0o600)])
        #expect(throws: HTTPServerError.cannotListen(address: path, reason: "Address already in use")) {
            _ = try TestServer(commonRoutes, listeners: [.unix(path: path)])
        }
        let client = RawClient(path: path)
        client.request("GET", "/hello")
        #expect(client.response()?.text == "hello", "the living one was left alone")
        server.server.stop(within: .zero)

        let file = Self.temporaryPath("file")
        close(open(file, O_CREAT | O_WRONLY, 0o600))
        defer { unlink(file) }
        #expect(throws: HTTPServerError.self) { _ = try TestServer([], listeners: [.unix(path: file)]) }
        var status = stat()
        #expect(stat(file, &status) == 0)
    }

    @Test func `serves on a socket that was handed over`() throws {
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listening) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { address in
            let raw = UnsafeMutableRawPointer(address).assumingMemoryBound(to: sockaddr.self)
            #expect(bind(listening, raw, size) == 0 && listen(listening, 16) == 0)
            #expect(getsockname(listening, raw, &size) == 0)
        }
        for _ in 0..<2 {
            let server = try TestServer(commonRoutes, listeners: [.inherited(descriptor: listening)])
            let client = RawClient(port: UInt16(bigEndian: address.sin_port))
            client.request("GET", "/hello")
            #expect(client.response()?.text == "hello", "the socket outlives its server")
            server.server.stop(within: .zero)
        }
        #expect(throws: HTTPServerError.notASocket(descriptor: 0)) {
            _ = try TestServer([], listeners: [.inherited(descriptor: 0)])
        }
    }

    @Test func `says why it cannot listen`() throws {
        let server = try TestServer(commonRoutes)
        #expect(
            throws: HTTPServerError.cannotListen(address: "127.0.0.1:\(server.port)", reason: "Address already in use")
        ) {
            _ = try TestServer(
                [], listeners: [.tcp(host: "127.0.0.1", port: 0), .tcp(host: "127.0.0.1", port: server.port)])
        }
        #expect(throws: HTTPServerError.addressUnknown("no.such.host.invalid")) {
            _ = try TestServer([], listeners: [.tcp(host: "no.such.host.invalid", port: 1)])
        }
        let long = "/tmp/" + String(repeating: "x", count: 200)
        #expect(throws: HTTPServerError.cannotListen(address: long, reason: "the path is too long")) {
            _ = try TestServer([], listeners: [.unix(path: long)])
        }
    }

    @Test func `lets no more in than its limit until somebody leaves`() throws {
        let server = try TestServer(commonRoutes) { $0.connectionLimit = 8 }
        var inside = (0..<8).map { _ in server.client() }
        for client in inside {
            client.request("GET", "/hello")
            #expect(client.response()?.status == 200)
        }
        let waiting = server.client()
        waiting.request("GET", "/hello")
        usleep(100_000)
        #expect(server.server.openConnections == 8)
        inside.removeFirst().close()
        #expect(waiting.response()?.text == "hello")
        withExtendedLifetime(inside) {}
    }

    @Test func `lets requests finish and closes their connections`() throws {
        let pool = WorkerPool(threads: 2, queueLimit: 8)
        let server = try TestServer([
            Route(.get, "/slow", name: "slow") { exchange in
                exchange.detach(on: pool) { exchange in
                    usleep(300_000)
                    exchange.respond(body: Array("finished".utf8))
                }
            }
        ])
        let client = server.client()
        client.request("GET", "/slow")
        #expect(eventually { server.server.openRequests == 1 })
        #expect(server.server.stop(within: .seconds(5)))
        let response = client.response()
        #expect(response?.text == "finished")
        #expect(response?.header("Connection")?.lowercased() == "close")
        #expect(client.closes())
        #expect(RawClient(port: server.port).isEnded, "nobody listens any more")
        pool.stop()
    }

    @Test func `answers 503 for those that do not finish, and outlives their late answers`() throws {
        let waiting = Mutex<[Exchange]>([])
        let server = try TestServer([
            Route(.get, "/never/{id}", name: "never") { exchange in
                exchange.detach()
                waiting.withLock { $0.append(exchange) }
            }
        ])
        let client = server.client()
        client.request("GET", "/never/ab?x=1", headers: ["X-Thing: t"])
        #expect(eventually { !waiting.withLock { $0.isEmpty } })
        #expect(!server.server.stop(within: .milliseconds(50)))
        #expect(client.response()?.status == 503)
        for exchange in waiting.takeAll() {
            #expect(exchange.segment(0) == "ab" && exchange.query(named: "x") == "1")
            #expect(exchange.header(named: "x-thing") == "t", "the request can still be read")
            exchange.respond(status: 200)
        }
    }

    @Test func `ends open streams`() throws {
        let source = EventStreamTests.Broadcaster()
        let server = try TestServer(source.routes())
        let clients = (0..<5).map { _ in
            let client = EventStreamTests.open(server)
            _ = client.responseHead()
            return client
        }
        source.last?.send(event: "done", data: [])
        #expect(server.server.stop(within: .seconds(5)))
        for client in clients.dropLast() { #expect(client.chunk() == []) }
        #expect(clients.last?.chunk() == Array("event: done\ndata: \n\n".utf8))
        #expect(source.closed.load(ordering: .relaxed) == 5)
    }

    @Test func `stops under load without half an answer`() throws {
        let pool = WorkerPool(threads: 2, queueLimit: 64)
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 50_000)
        for _ in 0..<5 {
            let source = EventStreamTests.Broadcaster()
            let server = try TestServer(
                commonRoutes + source.routes() + [
                    Route(.get, "/work", name: "work") { $0.detach(on: pool) { $0.respond(body: body) } }
                ])
            let load = WorkerPool(threads: 6, queueLimit: 6)
            let halves = Atomic(0)
            let answers = Atomic(0)
            for index in 0..<6 {
                _ = load.submit {
                    let client = server.client()
                    let stream = index == 5 ? EventStreamTests.open(server) : nil
                    defer { stream?.close() }
                    while true {
                        if index % 2 == 0 {
                            client.request("GET", "/work")
                        } else {
                            client.request("POST", "/echo", body: "abc")
                        }
                        guard let head = client.responseHead() else { return }
                        let length = head.contains("Content-Length: 50000") ? 50_000 : 3
                        guard client.bytes(length) != nil else {
                            halves.add(1, ordering: .relaxed)
                            return
                        }
                        answers.add(1, ordering: .relaxed)
                        if head.lowercased().contains("connection: close") { return }
                    }
                }
            }
            #expect(eventually { answers.load(ordering: .relaxed) > 100 })
            #expect(server.server.stop(within: .seconds(5)))
            load.stop()
            #expect(halves.load(ordering: .relaxed) == 0)
        }
        pool.stop()
    }

    @Test func `stops at once when nothing is open, and twice`() throws {
        let server = try TestServer(commonRoutes)
        let start = ContinuousClock.now
        #expect(server.server.stop(within: .seconds(5)))
        #expect(server.server.stop(within: .seconds(5)))
        #expect(ContinuousClock.now - start < .seconds(1))
    }
}
