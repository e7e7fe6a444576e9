import CMicrohttpd
import Glibc
import Logging
import Synchronization

// What libmicrohttpd calls. Global functions, because a closure handed to C from an isolated context would be isolated too.

func onRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ path: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ bytes: UnsafePointer<CChar>?,
    _ count: UnsafeMutablePointer<Int>?, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let connection, let path, let method, let version, let count, let slot else { return .NO }
    guard let known = slot.pointee else {
        let exchange = Exchange(connection, method: method, path: path, version: version)
        slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
        return exchange.begin()
    }
    return Unmanaged<Exchange>.fromOpaque(known)._withUnsafeGuaranteedRef { exchange in
        if count.pointee == 0 { return exchange.finish() }
        let piece = UnsafeRawBufferPointer(start: bytes, count: count.pointee)
        count.pointee = 0
        return exchange.take(piece)
    }
}

func onCompleted(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ ending: MHD_RequestTerminationCode
) {
    guard let known = slot?.pointee else { return }
    slot?.pointee = nil
    var exchange = Unmanaged<Exchange>.fromOpaque(known).takeRetainedValue()
    exchange.complete(ending)
    // Somebody keeps it, to log it for example, and may go on reading what is libmicrohttpd's only until now.
    if !isKnownUniquelyReferenced(&exchange) { exchange.copyRequest() }
}

func onConnection(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ change: MHD_ConnectionNotificationCode
) {
    guard let context, let connection, let slot else { return }
    let state = Unmanaged<ServerState>.fromOpaque(context).takeUnretainedValue()
    if change == .CONNECTION_NOTIFY_STARTED {
        let session = mhd_tls_session(connection)
        let certificate = session == nil ? nil : state.certificate.withLock { $0 }
        if let session, let certificate {
            gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(certificate.credentials))
        }
        let peer = Peer(
            state, descriptor: mhd_socket(connection), address: mhd_client_address(connection),
            certificate: certificate, deadline: MonotonicClock.now + state.headDeadline)
        slot.pointee = Unmanaged.passRetained(peer).toOpaque()
        state.add(peer)
    } else if let known = slot.pointee {
        slot.pointee = nil
        state.remove(Unmanaged<Peer>.fromOpaque(known).takeRetainedValue())
        state.connections.subtract(1, ordering: .relaxed)
    }
}

/// libmicrohttpd remarks on every client that leaves in the middle: only the exhaustion of a limit concerns an operator.
func onLog(_ context: UnsafeMutableRawPointer?, _ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?) {
    guard let context, let format, let arguments else { return }
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { line in
        vsnprintf(line.baseAddress, line.count, format, arguments)
        return line.baseAddress.map { String(cString: $0) } ?? ""
    }
    let isLimit = text.contains("limit")
    let message = Logger.Message(stringLiteral: text.split(separator: "\n").joined(separator: " "))
    Unmanaged<ServerState>.fromOpaque(context).takeUnretainedValue().logger
        .log(level: isLimit ? .warning : .debug, message)
}

func reportPanic(
    _ context: UnsafeMutableRawPointer?, _ file: UnsafePointer<CChar>?, _ line: UInt32,
    _ reason: UnsafePointer<CChar>?
) {
    let text = "libmicrohttpd panics: \(reason.map { String(cString: $0) } ?? "no reason given")\n"
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    abort()
}
