import Glibc

/// What a body says it is, as far as a server of tensors and JSON cares.
public enum MediaType: Sendable {
    /// No Content-Type.
    case none
    case json
    /// curl's default, `application/x-www-form-urlencoded`.
    case form
    /// `application/x-ndjson`
    case ndjson
    /// `application/vnd.safetensors`
    case safetensors
    /// `application/octet-stream`
    case octets
    case other

    init(_ header: UnsafePointer<CChar>?) {
        guard let header, header.pointee != 0 else {
            self = .none
            return
        }
        // What nearly all send, to the letter.
        if strcmp(header, "application/json") == 0 {
            self = .json
            return
        }
        let length = strcspn(header, "; \t")
        func isNamed(_ name: StaticString) -> Bool {
            length == name.utf8CodeUnitCount
                && strncasecmp(header, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), length)
                    == 0
        }
        if isNamed("application/json") {
            self = .json
        } else if isNamed("application/x-www-form-urlencoded") {
            self = .form
        } else if isNamed("application/x-ndjson") {
            self = .ndjson
        } else if isNamed("application/vnd.safetensors") {
            self = .safetensors
        } else if isNamed("application/octet-stream") {
            self = .octets
        } else {
            self = .other
        }
    }

    /// Whether routes that take bulk data by type give it the large limit.
    var isBulk: Bool { self == .ndjson || self == .safetensors }
}
