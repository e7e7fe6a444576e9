import Foundation
import Hosting
import Store
import Testing

/// Tokens, what is left of a tenant's steps, and replies kept for a retry.
struct AccessTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func caller(_ tokens: Tokens, _ secret: String) -> Caller? {
        tokens.caller(with: Self.bytes(secret).span)
    }

    @Test func `only the whole secret finds the caller`() throws {
        try withFolder { folder in
            let tokens = try Tokens(store: StateFolder(folder), clock: WallClock())
            let (token, secret) = try tokens.create(Tokens.Request(name: "me", scopes: .all))
            #expect(caller(tokens, secret)?.token == token.id)
            // Every other byte in every place.
            for place in secret.utf8.indices {
                var text = Array(secret.utf8)
                let offset = secret.utf8.distance(from: secret.utf8.startIndex, to: place)
                text[offset] ^= 1
                #expect(tokens.caller(with: text.span) == nil, "\(offset)")
            }
            for wrong in ["", String(secret.dropLast()), secret + "0", "lamd_"] {
                #expect(caller(tokens, wrong) == nil)
            }
        }
    }

    @Test func `scopes allow what they say, and an administrator's all`() {
        for scope in Scope.allCases {
            #expect(Scopes([.admin]).allow(scope))
            #expect(!Scopes([]).allow(scope))
            for other in Scope.allCases where other != .admin {
                #expect(Scopes([other]).allow(scope) == (other == scope))
            }
        }
        #expect(Scopes([.train, .read]).words == [.read, .train])
    }

    @Test func `tenants have names that fit into paths and logs`() {
        for name in ["a", "default", "team-7", String(repeating: "x", count: 40)] {
            #expect(Tenant(name)?.name == name)
        }
        for name in ["", "A", "a b", "a/b", "ä", "a\0", String(repeating: "x", count: 41)] {
            #expect(Tenant(name) == nil)
        }
    }

    @Test func `a change forgets who was known`() throws {
        try withFolder { folder in
            let tokens = try Tokens(store: StateFolder(folder), clock: WallClock())
            #expect(!tokens.areRequired)
            let (token, secret) = try tokens.create(Tokens.Request(name: "me", scopes: .all))
            #expect(tokens.areRequired)
            let before = tokens.generation
            _ = try tokens.revoke(token.id)
            #expect(tokens.generation > before)
            #expect(caller(tokens, secret) == nil)
            #expect(tokens.areRequired)
        }
    }

    @Test func `a digest is SHA-256`() {
        // FIPS 180-4, the examples of its appendix.
        #expect(
            SHA256.digest(of: "abc").hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SHA256.digest(of: "").hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
