import CMicrohttpd
import Glibc

/// A socket that listens, and where.
struct ListenSocket {
    let descriptor: Int32
    /// As it turned out: with the port that was free.
    let address: ListenAddress
    /// The socket file to remove at the end.
    private let ownedPath: String?
    private let isOwned: Bool

    init(_ address: ListenAddress) throws(HTTPServerError) {
        switch address {
        case .tcp(let host, let port):
            descriptor = try Self.listenTCP(host, port)
            self.address = .tcp(host: host, port: Self.port(of: descriptor))
            ownedPath = nil
            isOwned = true
        case .unix(let path, let permissions):
            descriptor = try Self.listenUnix(path, permissions)
            self.address = address
            ownedPath = path
            isOwned = true
        case .inherited(let inherited):
            descriptor = try Self.adopt(inherited)
            self.address = address
            ownedPath = nil
            isOwned = false
        }
    }

    /// Whether it is a unix socket.
    var isUnix: Bool {
        var address = sockaddr()
        var length = socklen_t(MemoryLayout<sockaddr>.size)
        return getsockname(descriptor, &address, &length) == 0 && Int32(address.sa_family) == AF_UNIX
    }

    /// An inherited socket stays open: whoever opened it may hand it to the next process.
    func close() {
        if isOwned { Glibc.close(descriptor) }
        if let ownedPath { unlink(ownedPath) }
    }

    private static func listenTCP(_ host: String, _ port: UInt16) throws(HTTPServerError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else { throw .addressUnknown(host) }
        defer { freeaddrinfo(found) }
        let descriptor = try makeSocket(found.pointee.ai_family)
        set(descriptor, SOL_SOCKET, SO_REUSEADDR)
        if found.pointee.ai_family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
        try start(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen, "\(host):\(port)")
        return descriptor
    }

    private static func listenUnix(_ path: String, _ permissions: UInt32) throws(HTTPServerError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { throw .cannotListen(address: path, reason: "the path is too long") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = try makeSocket(AF_UNIX)
        try withUnsafePointer(to: &address) { (address) throws(HTTPServerError) in
            let raw = UnsafeRawPointer(address).assumingMemoryBound(to: sockaddr.self)
            let length = socklen_t(MemoryLayout<sockaddr_un>.size)
            if isStale(path, raw, length) { unlink(path) }
            try start(descriptor, raw, length, path)
        }
        chmod(path, permissions)
        return descriptor
    }

    /// A socket file that nobody answers at.
    private static func isStale(_ path: String, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { Glibc.close(probe) }
        return connect(probe, address, length) != 0 && errno == ECONNREFUSED
    }

    private static func adopt(_ descriptor: Int32) throws(HTTPServerError) -> Int32 {
        var listens: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens != 0 else {
            throw .notASocket(descriptor: descriptor)
        }
        // Several threads wait at it, and only one gets the connection.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    private static func makeSocket(_ family: Int32) throws(HTTPServerError) -> Int32 {
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(family, Int32(kind), 0)
        if descriptor < 0 { throw .cannotListen(address: "a socket", reason: String(cString: strerror(errno))) }
        return descriptor
    }

    private static func start(
        _ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t, _ name: String
    ) throws(HTTPServerError) {
        guard bind(descriptor, address, length) == 0, listen(descriptor, 1024) == 0 else {
            let reason = String(cString: strerror(errno))
            Glibc.close(descriptor)
            throw .cannotListen(address: name, reason: reason)
        }
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func port(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { address in
            let raw = UnsafeMutableRawPointer(address)
            getsockname(descriptor, raw.assumingMemoryBound(to: sockaddr.self), &length)
            // The port is at the same place in IPv4 and IPv6.
            return UInt16(bigEndian: raw.load(as: sockaddr_in.self).sin_port)
        }
    }
}
