import Glibc
import HTTP
import Testing

/// Clients that hold on to a connection without using it.
struct SlowClientTests {
    static func impatient(_ configuration: inout HTTPConfiguration) {
        configuration.idleTimeout = .seconds(1)
        configuration.headDeadline = .milliseconds(600)
        configuration.transferDeadline = .milliseconds(800)
        configuration.minimumRate = 100_000
    }

    /// Sends a byte now and then until the server closes; returns after how many seconds it did.
    static func drip(_ client: RawClient, _ byte: UInt8, every milliseconds: UInt32) -> Double {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(8) {
            if !client.send([byte]) { break }
            usleep(milliseconds * 1000)
        }
        let gone = ContinuousClock.now - start
        return Double(gone.components.seconds) + Double(gone.components.attoseconds) / 1e18
    }

    @Test func `cuts a head that drips`() throws {
        let server = try TestServer(commonRoutes, Self.impatient)
        let client = server.client()
        client.send("GET /hello HTTP/1.1\r\nHost: a\r\nX: ")
        #expect(Self.drip(client, UInt8(ascii: "x"), every: 100) < 2)
        #expect(eventually { server.server.openConnections == 0 })
    }

    @Test func `cuts a body that drips`() throws {
        let server = try TestServer(commonRoutes, Self.impatient)
        let client = server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        #expect(Self.drip(client, UInt8(ascii: "x"), every: 100) < 2.5)
        #expect(eventually { server.server.openConnections == 0 && server.server.openRequests == 0 })
    }

    @Test func `cuts the second request's drip too`() throws {
        let server = try TestServer(commonRoutes, Self.impatient)
        let client = server.client()
        client.request("GET", "/hello")
        #expect(client.response()?.status == 200)
        client.send("GET /hello HTTP/1.1\r\nX: ")
        #expect(Self.drip(client, UInt8(ascii: "x"), every: 100) < 4)
    }

    @Test func `cuts a reader that does not read`() throws {
        let large = [UInt8](repeating: 1, count: 20 << 20)
        let server = try TestServer([Route(.get, "/large", name: "large") { $0.respond(body: large) }]) {
            Self.impatient(&$0)
            $0.minimumRate = 100 << 20
        }
        let client = server.client()
        client.request("GET", "/large")
        #expect(eventually { server.server.openConnections == 1 })
        var byte: UInt8 = 0
        var received = 0
        for _ in 0..<40 where server.server.openConnections > 0 {
            received += max(recv(client.descriptor, &byte, 1, Int32(MSG_DONTWAIT)), 0)
            usleep(100_000)
        }
        #expect(server.server.openConnections == 0)
        #expect(received > 0)
        #expect(eventually { server.served.count == 1 })
        #expect(server.served.first?.served.isComplete == false)
    }

    @Test func `lets a slow but steady body pass`() throws {
        let server = try TestServer(commonRoutes) {
            Self.impatient(&$0)
            $0.idleTimeout = .seconds(5)
            $0.minimumRate = 1000
        }
        let client = server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n")
        for _ in 0..<15 {
            client.send([UInt8](repeating: 65, count: 200))
            usleep(120_000)
        }
        #expect(client.response()?.body.count == 3000)
    }

    @Test func `loses no descriptor to clients that leave in the middle`() throws {
        let server = try TestServer(commonRoutes, Self.impatient)
        for round in 0..<60 {
            let client = server.client()
            switch round % 4 {
            case 0: client.send("GET /hel")
            case 1: client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            case 2:
                client.request("GET", "/hello")
                client.finishSending()
            default: break
            }
            client.close()
        }
        #expect(eventually { server.server.openConnections == 0 && server.server.openRequests == 0 })
    }
}
