import CMicrohttpd
import Glibc

/// Where a server's certificate lies: PEM, the certificate with the chain that leads to a known authority.
public struct CertificateFiles: Sendable, Equatable {
    public let certificate: String
    public let key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads the files as a server would.
    public func check() throws(HTTPServerError) {
        _ = try Certificate(self)
    }
}

/// A certificate and its key in memory. Connections keep the one that they began with, so that a newer one can take its
/// place at any time.
final class Certificate: @unchecked Sendable {  // a C handle that nobody changes any more
    let credentials: gnutls_certificate_credentials_t

    init(_ files: CertificateFiles) throws(HTTPServerError) {
        for path in [files.certificate, files.key] where access(path, R_OK) != 0 {
            throw .certificateUnusable("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        var made: gnutls_certificate_credentials_t?
        guard gnutls_certificate_allocate_credentials(&made) == 0, let made else {
            preconditionFailure("out of memory for a certificate")
        }
        credentials = made
        let status = gnutls_certificate_set_x509_key_file2(
            made, files.certificate, files.key, GNUTLS_X509_FMT_PEM, nil, 0)
        // Positive where it counts what it read. A failed initializer of a class runs its deinit.
        guard status < 0 else { return }
        if status == GNUTLS_E_CERTIFICATE_KEY_MISMATCH {
            throw .certificateUnusable("the key \(files.key) does not belong to the certificate \(files.certificate)")
        }
        let reason = gnutls_strerror(status).map { String(cString: $0) } ?? "error \(status)"
        throw .certificateUnusable(
            "the certificate \(files.certificate) with the key \(files.key) cannot be used: \(reason) Both must be PEM")
    }

    deinit {
        gnutls_certificate_free_credentials(credentials)
    }
}
