import Glibc
import HTTP
import Synchronization
import Testing

/// Whether a server notices that one of its threads hangs.
struct SelfCheckTests {
    @Test(arguments: [1, 2, 5]) func `asks every thread once, and leaves nothing behind`(threads: Int) throws {
        let seen = Mutex<Set<pthread_t>>([])
        let server = try TestServer([
            Route(.get, "/alive", name: "alive") { exchange in
                seen.withLock { _ = $0.insert(pthread_self()) }
                exchange.respond(Reply(contentType: "text/plain", body: []))
            }
        ]) { $0.threads = threads }
        for _ in 0..<3 { #expect(server.server.answers(at: "/alive", within: .seconds(5))) }
        #expect(seen.withLock { $0.count } == threads)
        #expect(eventually { server.server.openConnections == 0 && server.served.count == 3 * threads })
    }

    @Test func `takes a refusal for an answer`() throws {
        let server = try TestServer()
        #expect(server.server.answers(at: "/nowhere", within: .seconds(5)))
    }

    @Test func `notices one thread of three that hangs`() throws {
        let isHeld = Atomic(true)
        let server = try TestServer([
            Route(.get, "/hang", name: "hang") { exchange in
                while isHeld.load(ordering: .relaxed) { usleep(1000) }
                exchange.respond(Reply(contentType: "text/plain", body: []))
            }
        ]) { $0.threads = 3 }
        let client = server.client()
        client.request("GET", "/hang")
        #expect(eventually { server.server.openRequests == 1 })
        #expect(!server.server.answers(at: "/nowhere", within: .milliseconds(200)))
        isHeld.store(false, ordering: .relaxed)
        #expect(client.response()?.status == 200)
        #expect(server.server.answers(at: "/nowhere", within: .seconds(5)))
    }

    @Test func `says no when it does not run`() throws {
        let server = try TestServer()
        server.server.stop(within: .zero)
        #expect(!server.server.answers(at: "/nowhere", within: .seconds(1)))
    }
}
