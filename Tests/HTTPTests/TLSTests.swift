import Foundation
import HTTP
import Testing

/// TLS, as curl and openssl see it.
struct TLSTests {
    private let certificates: Certificates
    private let first: CertificateFiles

    init() throws {
        certificates = try Certificates()
        first = try certificates.make("first")
    }

    private func server(_ listeners: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0)]) throws -> TestServer {
        try TestServer(commonRoutes, listeners: listeners) { $0.certificate = first }
    }

    /// What curl gets; nil where it trusts nobody there, or nothing comes.
    private func get(_ server: TestServer, trusting authority: String, _ options: String...) throws -> String? {
        let url = "https://localhost:\(server.port)/hello"
        let arguments = ["curl", "-sS", "-m", "20", "--noproxy", "*", "--cacert", authority] + options + [url]
        let (status, output) = try Tool.run(arguments)
        return status == 0 ? output : nil
    }

    @Test func `speaks TLS 1.2 and 1.3, and nothing older or plain`() throws {
        let server = try server()
        #expect(try get(server, trusting: first.certificate) == "hello")
        #expect(try get(server, trusting: first.certificate, "--tls-max", "1.2") == "hello")
        #expect(try get(server, trusting: first.certificate, "--tlsv1.3") == "hello")
        #expect(try get(server, trusting: first.certificate, "--tlsv1.0", "--tls-max", "1.1") == nil)
        let plain = server.client()
        plain.request("GET", "/hello")
        #expect(plain.response() == nil)
        #expect(plain.isEnded)
    }

    @Test func `stays plain on a unix socket`() throws {
        let path = certificates.path("socket")
        let server = try server([.tcp(host: "127.0.0.1", port: 0), .unix(path: path)])
        let client = RawClient(path: path)
        client.request("GET", "/hello")
        #expect(client.response()?.text == "hello")
        #expect(try get(server, trusting: first.certificate) == "hello")
        #expect(server.server.answers(at: "/hello", within: .seconds(20)), "the threads of both")
        #expect(eventually { server.served.count == 2 + 2 * 2 })
    }

    @Test func `asks itself by TLS`() throws {
        let server = try server()
        for _ in 0..<3 { #expect(server.server.answers(at: "/hello", within: .seconds(20))) }
        #expect(eventually { server.server.openConnections == 0 && server.served.count == 6 })
    }

    @Test func `takes a new certificate for new connections`() throws {
        let server = try server()
        let second = try certificates.make("second")
        let old = try SecureClient(port: server.port)
        #expect(try old.get("/hello").hasSuffix("hello"))
        let authority = certificates.path("authority")
        try FileManager.default.copyItem(atPath: first.certificate, toPath: authority)
        try certificates.replace(first, by: second)
        #expect(try get(server, trusting: authority) == "hello", "not before it is told")
        try server.server.reloadCertificate()
        #expect(try get(server, trusting: second.certificate) == "hello")
        #expect(try get(server, trusting: authority) == nil)
        #expect(try old.get("/hello").hasSuffix("hello"), "and the former connection goes on")
    }

    @Test func `keeps its certificate where the new one is bad`() throws {
        let server = try server()
        let authority = certificates.path("authority")
        try FileManager.default.copyItem(atPath: first.certificate, toPath: authority)
        try Data("nonsense".utf8).write(to: URL(filePath: first.certificate))
        #expect(throws: HTTPServerError.self) { try server.server.reloadCertificate() }
        try FileManager.default.removeItem(atPath: first.certificate)
        #expect(
            throws: HTTPServerError.certificateUnusable(
                "\(first.certificate) cannot be read: No such file or directory")
        ) {
            try server.server.reloadCertificate()
        }
        #expect(try get(server, trusting: authority) == "hello")
    }

    @Test func `does not start with a key of somebody else`() throws {
        let second = try certificates.make("second")
        let mixed = CertificateFiles(certificate: first.certificate, key: second.key)
        #expect(
            throws: HTTPServerError.certificateUnusable(
                "the key \(second.key) does not belong to the certificate \(first.certificate)")
        ) {
            try TestServer(commonRoutes) { $0.certificate = mixed }
        }
        #expect(throws: HTTPServerError.self) { try mixed.check() }
        #expect(throws: Never.self) { try second.check() }
    }

    @Test func `changes certificates while clients come and go`() async throws {
        let server = try server()
        let files = [try certificates.make("second"), try certificates.make("third")]
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    try (0..<8).allSatisfy { _ in
                        try Tool.run([
                            "curl", "-sSk", "-m", "20", "--noproxy", "*", "https://localhost:\(server.port)/hello",
                        ]).output == "hello"
                    }
                }
            }
            for round in 0..<100 {
                try certificates.replace(first, by: files[round % 2])
                try server.server.reloadCertificate()
            }
            for try await isServed in group { #expect(isServed) }
        }
    }
}

/// A connection by openssl(1) that stays open.
private final class SecureClient {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(port: UInt16) throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl", "s_client", "-quiet", "-connect", "127.0.0.1:\(port)"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }

    /// The reply, whose body ends its last piece.
    func get(_ path: String) throws -> String {
        try input.fileHandleForWriting.write(contentsOf: Data("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        var text = ""
        while !text.contains("\r\n\r\n") || text.hasSuffix("\r\n\r\n") {
            let piece = output.fileHandleForReading.availableData
            if piece.isEmpty { break }
            text += String(decoding: piece, as: UTF8.self)
        }
        return text
    }
}
