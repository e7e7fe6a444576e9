import Foundation
import Store

/// A bearer token as it is known here: everything but its secret.
public struct Token: Sendable {
    public let id: Identifier
    public let name: String
    public let tenant: Tenant
    public let scopes: Scopes
    /// Seconds since 1970, as all times here.
    public let createdAt: Double
    public let expiresAt: Double?
    public internal(set) var revokedAt: Double?
    public internal(set) var lastUsedAt: Double?
    let digest: [UInt8]

    public func isValid(now: Double) -> Bool { revokedAt == nil && (expiresAt.map { $0 > now } ?? true) }

    /// `lamd_`, the id, and 43 characters that hold 256 random bits.
    static func secret(of id: Identifier) -> String {
        let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        var random = SystemRandomNumberGenerator()
        return "lamd_\(id)_" + String((0..<43).map { _ in letters[Int.random(in: letters.indices, using: &random)] })
    }

    /// The id that a secret names; nil where it is none of ours.
    static func id(in secret: Span<UInt8>) -> Identifier? {
        guard secret.count == 57 else { return nil }
        for (place, byte) in "lamd_".utf8.enumerated() where secret[place] != byte { return nil }
        return Identifier(bytes: secret.extracting(5..<13))
    }
}

extension Token {
    init(_ record: TokenRecord) throws(HostingError) {
        guard let id = Identifier(record.id) else { throw .corrupt("token \(record.id) has no id") }
        self.init(
            id: id, name: record.name, tenant: Tenant(unchecked: record.tenant), scopes: Scopes(text: record.scopes),
            createdAt: record.createdAt, expiresAt: record.expiresAt, revokedAt: record.revokedAt,
            lastUsedAt: record.lastUsedAt, digest: [UInt8](record.digest))
    }

    var record: TokenRecord {
        TokenRecord(
            id: id.description, name: name, tenant: tenant.name, scopes: scopes.text, digest: Data(digest),
            createdAt: createdAt, expiresAt: expiresAt, revokedAt: revokedAt, lastUsedAt: lastUsedAt)
    }
}
