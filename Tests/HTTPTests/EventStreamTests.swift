import Glibc
import HTTP
import Synchronization
import Testing

struct EventStreamTests {
    /// A server whose one route opens a stream, and the streams that it opened.
    final class Broadcaster: Sendable {
        let streams = Mutex<[EventStream]>([])
        let closed = Atomic(0)

        func routes() -> [Route] {
            [
                Route(.get, "/events", name: "events") { [self] exchange in
                    let stream = exchange.respondEvents { self.closed.add(1, ordering: .relaxed) }
                    if let stream { streams.withLock { $0.append(stream) } }
                }
            ]
        }

        var count: Int { streams.withLock { $0.count } }
        var last: EventStream? { streams.withLock { $0.last } }
    }

    static func open(_ server: TestServer) -> RawClient {
        let client = server.client()
        client.request("GET", "/events")
        return client
    }

    @Test func `sends events as the standard writes them`() throws {
        let source = Broadcaster()
        let server = try TestServer(source.routes())
        let client = Self.open(server)
        let head = try #require(client.responseHead())
        #expect(head.hasPrefix("HTTP/1.1 200"))
        #expect(head.contains("Content-Type: text/event-stream"))
        let stream = try #require(source.last)
        #expect(stream.send(event: "progress", id: "7", data: Array("{\"a\":1}".utf8)))
        #expect(
            client.chunk().map { String(decoding: $0, as: UTF8.self) } == "id: 7\nevent: progress\ndata: {\"a\":1}\n\n")
        stream.send(data: Array("two\nlines".utf8))
        #expect(client.chunk().map { String(decoding: $0, as: UTF8.self) } == "data: two\ndata: lines\n\n")
        stream.send(event: "a\nid: forged", data: [])
        #expect(client.chunk().map { String(decoding: $0, as: UTF8.self) } == "event: aid: forged\ndata: \n\n")
        #expect(stream.isOpen)
        #expect(server.server.openStreams == 1 && server.server.openRequests == 0)
        stream.finish()
        #expect(client.chunk() == [])
        #expect(!stream.isOpen)
        #expect(!stream.send(data: [1]))
        #expect(eventually { source.closed.load(ordering: .relaxed) == 1 && server.server.openStreams == 0 })
        client.request("GET", "/nothing")
        _ = client.responseHead()
    }

    @Test func `sends what was pushed before the network was ready`() throws {
        let server = try TestServer([
            Route(.get, "/events", name: "events") { exchange in
                let stream = exchange.respondEvents()
                for index in 0..<100 { stream?.send(id: "\(index)", data: [UInt8(ascii: "x")]) }
                stream?.finish()
            }
        ])
        let response = try #require(server.answer("GET", "/events"))
        #expect(response.text.split(separator: "\n\n").count == 100)
        #expect(response.text.hasPrefix("id: 0\ndata: x\n\nid: 1\n"))
        #expect(eventually { server.served.count == 1 })
        #expect(server.served.first?.served.bytes == response.body.count)
    }

    @Test func `takes events from many threads without losing one`() throws {
        let source = Broadcaster()
        let server = try TestServer(source.routes()) { $0.streamBuffer = 8 << 20 }
        let client = Self.open(server)
        _ = client.responseHead()
        let stream = try #require(source.last)
        let pool = WorkerPool(threads: 4, queueLimit: 4)
        for thread in 0..<4 {
            _ = pool.submit {
                for index in 0..<2500 { stream.send(data: Array("\(thread) \(index)".utf8)) }
            }
        }
        pool.stop()
        stream.finish()
        var text: [UInt8] = []
        while let chunk = client.chunk(), !chunk.isEmpty { text += chunk }
        let events = String(decoding: text, as: UTF8.self).split(separator: "\n\n")
        #expect(events.count == 10_000)
        for thread in 0..<4 {
            let own = events.filter { $0.hasPrefix("data: \(thread) ") }
            #expect(own.map(String.init) == (0..<2500).map { "data: \(thread) \($0)" }, "in their order")
        }
    }

    @Test func `beats where nothing happens and notices who left`() throws {
        let source = Broadcaster()
        let server = try TestServer(source.routes()) { $0.heartbeat = .milliseconds(200) }
        let client = Self.open(server)
        _ = client.responseHead()
        #expect(client.chunk() == Array(":\n\n".utf8))
        #expect(client.chunk() == Array(":\n\n".utf8))
        client.close()
        #expect(eventually { source.closed.load(ordering: .relaxed) == 1 })
        #expect(source.last?.isOpen == false)
        #expect(source.last?.send(data: [1]) == false)
        #expect(eventually { server.server.openStreams == 0 && server.server.openConnections == 0 })
    }

    @Test func `lives longer than the idle timeout`() throws {
        let source = Broadcaster()
        let server = try TestServer(source.routes()) {
            SlowClientTests.impatient(&$0)
            $0.heartbeat = .milliseconds(300)
        }
        let client = Self.open(server)
        _ = client.responseHead()
        for _ in 0..<10 { #expect(client.chunk() == Array(":\n\n".utf8)) }
        #expect(source.last?.isOpen == true)
    }

    @Test func `cuts off who does not keep up`() throws {
        let source = Broadcaster()
        let server = try TestServer(source.routes()) { $0.streamBuffer = 100_000 }
        let client = Self.open(server)
        _ = client.responseHead()
        let stream = try #require(source.last)
        var sent = 0
        while sent < 1000, stream.send(data: [UInt8](repeating: 65, count: 50_000)) { sent += 1 }
        #expect(sent < 1000, "the buffer is bounded")
        #expect(!stream.isOpen)
        var received = 0
        while let chunk = client.chunk(), !chunk.isEmpty { received += chunk.count }
        #expect(received >= sent * 50_000, "what was taken is still sent")
    }

    @Test func `answers 503 where too many streams are open`() throws {
        let source = Broadcaster()
        let server = try TestServer(source.routes()) { $0.streamLimit = 2 }
        let open = [Self.open(server), Self.open(server)]
        for client in open { _ = client.responseHead() }
        #expect(server.answer("GET", "/events")?.status == 503)
        source.last?.finish()
        #expect(eventually { server.server.openStreams == 1 })
        let next = Self.open(server)
        #expect(next.responseHead()?.hasPrefix("HTTP/1.1 200") == true)
    }

    @Test func `answers HEAD without beginning`() throws {
        let source = Broadcaster()
        let server = try TestServer(source.routes())
        #expect(server.answer("HEAD", "/events")?.header("Content-Type") == "text/event-stream")
        #expect(eventually { source.closed.load(ordering: .relaxed) == 1 })
    }

    @Test func `survives streams that are left at every moment`() throws {
        let source = Broadcaster()
        let server = try TestServer(source.routes()) { $0.heartbeat = .milliseconds(50) }
        let pool = WorkerPool(threads: 1, queueLimit: 1)
        let isOver = Atomic(false)
        _ = pool.submit {
            while !isOver.load(ordering: .relaxed) {
                for stream in source.streams.withLock({ $0 }) { stream.send(data: Array("tick".utf8)) }
                usleep(500)
            }
        }
        for round in 0..<60 {
            let client = Self.open(server)
            if round % 3 > 0 { _ = client.responseHead() }
            if round % 3 > 1 { _ = client.chunk() }
            client.close()
        }
        #expect(eventually { source.closed.load(ordering: .relaxed) == source.count && server.server.openStreams == 0 })
        isOver.store(true, ordering: .relaxed)
        pool.stop()
        #expect(eventually { server.server.openConnections == 0 })
    }
}
