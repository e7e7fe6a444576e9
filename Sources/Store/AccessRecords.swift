import Foundation
import GRDB

/// A bearer token: of the secret itself only a digest is kept.
public struct TokenRecord: Codable, Sendable, FetchableRecord, PersistableRecord {
    public static let databaseTableName = "tokens"

    public var id: String
    public var name: String
    public var tenant: String
    /// Words with spaces between.
    public var scopes: String
    /// SHA-256 of the whole token.
    public var digest: Data
    /// Seconds since 1970, as all times here.
    public var createdAt: Double
    public var expiresAt: Double?
    public var revokedAt: Double?
    public var lastUsedAt: Double?

    public init(
        id: String, name: String, tenant: String, scopes: String, digest: Data, createdAt: Double,
        expiresAt: Double?, revokedAt: Double? = nil, lastUsedAt: Double? = nil
    ) {
        self.id = id
        self.name = name
        self.tenant = tenant
        self.scopes = scopes
        self.digest = digest
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.lastUsedAt = lastUsedAt
    }
}

/// What a request with an `Idempotency-Key` was answered; without a status while it is being answered.
public struct ReplyRecord: Codable, Sendable, FetchableRecord, PersistableRecord {
    public static let databaseTableName = "replies"

    public var tenant: String
    public var key: String
    /// Tells the request from others under the same key.
    public var fingerprint: Data
    public var createdAt: Double
    public var status: Int?
    public var contentType: String?
    /// The place of what was made, where there is one.
    public var location: String?
    /// nil where it is too large to be kept, or a secret.
    public var body: Data?

    public init(
        tenant: String, key: String, fingerprint: Data, createdAt: Double, status: Int? = nil,
        contentType: String? = nil, location: String? = nil, body: Data? = nil
    ) {
        self.tenant = tenant
        self.key = key
        self.fingerprint = fingerprint
        self.createdAt = createdAt
        self.status = status
        self.contentType = contentType
        self.location = location
        self.body = body
    }
}
