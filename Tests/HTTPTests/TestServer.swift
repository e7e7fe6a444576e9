import Glibc
import HTTP
import Logging
import Synchronization

/// A live server on a free port, stopped when it goes out of scope.
final class TestServer: Sendable {
    let server: HTTPServer
    let port: UInt16
    private let configuration: HTTPConfiguration
    private let record = Record()

    final class Record: Sendable {
        let served = Mutex<[(route: String, served: Served)]>([])
    }

    init(
        _ routes: [Route] = [], listeners: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0)],
        _ configure: (inout HTTPConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = HTTPConfiguration(listeners: listeners)
        configuration.allowedHosts = AllowedHosts(["a", "test"])
        configure(&configuration)
        self.configuration = configuration
        var logger = Logger(label: "http-tests", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .critical
        let record = record
        server = HTTPServer(
            configuration, router: Router(routes), logger: logger,
            onFault: { fault, exchange in
                Reply(status: fault.status, contentType: "text/plain", body: Array(fault.detail.utf8))
            },
            afterReply: { exchange, served in
                record.served.withLock { $0.append((exchange.route?.name ?? "none", served)) }
            })
        try server.start()
        guard case .tcp(_, let port) = server.addresses.first else {
            self.port = 0
            return
        }
        self.port = port
    }

    deinit { server.stop(within: .zero) }

    /// Has the server take over what differs from what it began with.
    func adopt(_ change: (inout HTTPConfiguration) -> Void) {
        var configuration = configuration
        change(&configuration)
        server.adopt(configuration)
    }

    func client() -> RawClient { RawClient(port: port) }

    var served: [(route: String, served: Served)] { record.served.withLock { $0 } }

    /// One request on a connection of its own.
    func answer(_ method: String, _ path: String, headers: [String] = [], body: String = "") -> RawClient.Response? {
        let client = client()
        client.request(method, path, headers: headers, body: body)
        return client.response(toHead: method == "HEAD")
    }
}

/// Waits until something is so, and returns whether it came to be.
func eventually(within seconds: Double = 5, _ condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while !condition() {
        if ContinuousClock.now > end { return false }
        usleep(2000)
    }
    return true
}

extension Mutex<[Exchange]> {
    /// What is in it, which is then gone: a kept exchange keeps its server.
    borrowing func takeAll() -> [Exchange] {
        withLock { exchanges in
            defer { exchanges = [] }
            return exchanges
        }
    }
}

/// Routes that most tests can do with.
let commonRoutes = [
    Route(.get, "/hello", name: "hello") { $0.respond(contentType: "text/plain", body: Array("hello".utf8)) },
    Route(.post, "/echo/", name: "echo") { exchange in
        exchange.withBody { exchange.respond(contentType: "application/octet-stream", copying: $0) }
    },
    Route(.post, "/count", name: "count", body: .bulkByType) { exchange in
        exchange.respond(contentType: "text/plain", body: Array(String(exchange.bodyCount).utf8))
    },
    Route(.get, "/v1/envs/{id}/contains/{x}", name: "contains") { exchange in
        let text = exchange.segment(named: "id") + " " + exchange.segment(named: "x")
        exchange.respond(contentType: "text/plain", body: Array(text.utf8))
    },
]
