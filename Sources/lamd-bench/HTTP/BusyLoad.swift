import CReference
import Glibc

/// Load that never sleeps: it looks for replies until one is there, and asks again at once. A server that answers somebody who
/// sleeps has to wake another processor, which on a virtual machine takes as long as the request itself, and the more often
/// the slower the server is: so what a request costs the server is measured with a client whom nobody has to wake.
final class BusyLoad {
    private let requests: [[UInt8]]
    private var sockets: [pollfd] = []
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    /// Connects; connection i posts `body` to path i, over and over.
    init(port: UInt16, paths: [String], body: String, connections: Int) throws {
        requests = (0..<connections).map {
            KeptConnection.request(
                "POST", paths[$0 % paths.count], Array(body.utf8), fields: ["Content-Type: application/json"])
        }
        for _ in 0..<connections {
            sockets.append(pollfd(fd: try LoopbackClient.connect(port: port), events: Int16(POLLIN), revents: 0))
        }
    }

    deinit {
        for socket in sockets { close(socket.fd) }
    }

    /// Asks from that core alone, and says how many requests were answered, one reply to each.
    func run(core: Int, for time: Duration) throws -> Int {
        let everywhere = thread_cores()
        guard set_thread_cores(1 << UInt64(core)) == 0 else {
            throw LoopbackClient.Failure(description: "there is no core \(core) to send requests from")
        }
        defer { _ = set_thread_cores(everywhere) }
        let end = ContinuousClock.now + time
        for index in sockets.indices { try send(index) }
        var (answered, waiting, isOver) = (0, sockets.count, false)
        while waiting > 0 {
            guard poll(&sockets, nfds_t(sockets.count), 0) > 0 else { continue }
            isOver = isOver || ContinuousClock.now >= end
            for index in sockets.indices where sockets[index].revents != 0 {
                try receive(index)
                answered += 1
                if isOver { waiting -= 1 } else { try send(index) }
            }
        }
        return answered
    }

    private func send(_ index: Int) throws {
        let request = requests[index]
        guard Glibc.send(sockets[index].fd, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw LoopbackClient.Failure(description: "the server hung up")
        }
    }

    private func receive(_ index: Int) throws {
        let count = recv(sockets[index].fd, &buffer, buffer.count, 0)
        guard count > 12, buffer[..<12].elementsEqual("HTTP/1.1 200".utf8) else {
            throw LoopbackClient.Failure(description: "a request was not answered 200")
        }
    }
}
