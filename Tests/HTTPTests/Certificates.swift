import Foundation
import HTTP

/// Certificates for this machine that are their own authority, made by openssl(1) in a folder of their own.
final class Certificates: Sendable {
    let folder: URL

    init() throws {
        folder = URL.temporaryDirectory.appending(path: "lamd-certificates-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Makes `NAME.crt` and `NAME.key`.
    func make(_ name: String) throws -> CertificateFiles {
        let files = CertificateFiles(certificate: path(name + ".crt"), key: path(name + ".key"))
        _ = try Tool.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=lamd test \(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out",
            files.certificate, "-keyout", files.key,
        ])
        return files
    }

    /// Puts other files where the first ones are.
    func replace(_ old: CertificateFiles, by new: CertificateFiles) throws {
        for (from, to) in [(new.certificate, old.certificate), (new.key, old.key)] {
            try Data(contentsOf: URL(filePath: from)).write(to: URL(filePath: to), options: .atomic)
        }
    }
}

/// Another program, found on the path.
enum Tool {
    static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }
}
