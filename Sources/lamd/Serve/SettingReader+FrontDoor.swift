import HTTP

extension SettingReader {
    /// Two files that go together, or neither.
    mutating func certificate(_ certificate: String, _ key: String) throws(SettingsError) -> CertificateFiles? {
        switch (try optionalText(certificate), try optionalText(key)) {
        case (nil, nil): return nil
        case (.some, nil): throw .halfSaid(certificate, missing: key)
        case (nil, .some): throw .halfSaid(key, missing: certificate)
        case (let certificate?, let key?): return CertificateFiles(certificate: certificate, key: key)
        }
    }

    /// A list of origins, or `*`.
    mutating func origins(_ name: String) throws(SettingsError) -> AllowedOrigins {
        let words = words(name, default: [])
        if words.contains("*") { return .every }
        var origins: [WebOrigin] = []
        for word in words {
            guard let origin = WebOrigin(word) else {
                throw .invalidValue(
                    place: readings.last?.place ?? name, text: word,
                    expected: "SCHEME://HOST or SCHEME://HOST:PORT, such as https://example.com, or *")
            }
            origins.append(origin)
        }
        return .only(origins)
    }
}
