import CMicrohttpd
import Glibc

/// The client's side of TLS over a socket, for a server that asks itself and need not ask who it is.
struct SecureProbe: ~Copyable {
    private let session: gnutls_session_t
    private let credentials: gnutls_certificate_credentials_t

    init?(_ socket: Int32) {
        var credentials: gnutls_certificate_credentials_t?
        var session: gnutls_session_t?
        guard gnutls_certificate_allocate_credentials(&credentials) == 0, let credentials else { return nil }
        guard gnutls_init(&session, UInt32(GNUTLS_CLIENT)) == 0, let session else {
            gnutls_certificate_free_credentials(credentials)
            return nil
        }
        self.session = session
        self.credentials = credentials
        gnutls_set_default_priority(session)
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials))
        gnutls_transport_set_int2(session, socket, socket)
    }

    deinit {
        gnutls_deinit(session)
        gnutls_certificate_free_credentials(credentials)
    }

    /// Shakes hands, sends the request and waits for the first byte of an answer.
    func isAnswered(_ request: [UInt8], withinMilliseconds milliseconds: UInt32) -> Bool {
        gnutls_handshake_set_timeout(session, milliseconds)
        gnutls_record_set_timeout(session, milliseconds)
        var status: Int32
        repeat { status = gnutls_handshake(session) } while status == GNUTLS_E_INTERRUPTED
        guard status == 0, gnutls_record_send(session, request, request.count) == request.count else { return false }
        var byte: UInt8 = 0
        return gnutls_record_recv(session, &byte, 1) == 1
    }
}
