import CCurl

/// One request and its reply, by libcurl.
final class Transfer {
    struct Failure: Error {
        let reason: String
    }

    private let handle: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let onBytes: ((UnsafeRawBufferPointer) -> Void)?
    /// What came back, unless somebody else took it.
    private(set) var body: [UInt8] = []

    /// - Parameter onBytes: takes the body of a reply 200 as it comes.
    init(_ method: String, _ url: String, onBytes: ((UnsafeRawBufferPointer) -> Void)? = nil) {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        guard let handle = curl_easy_init() else { preconditionFailure("libcurl has no memory") }
        self.handle = handle
        self.onBytes = onBytes
        curl_set_text(handle, CURLOPT_URL, url)
        curl_set_text(handle, CURLOPT_CUSTOMREQUEST, method)
        curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        curl_set_long(handle, CURLOPT_CONNECTTIMEOUT, 10)
    }

    deinit {
        curl_slist_free_all(headers)
        curl_easy_cleanup(handle)
    }

    var status: Int { curl_status(handle) }

    /// A daemon on this machine is never behind a proxy.
    func connectDirectly(toSocket path: String? = nil) {
        curl_set_text(handle, CURLOPT_NOPROXY, "*")
        if let path { curl_set_text(handle, CURLOPT_UNIX_SOCKET_PATH, path) }
    }

    func add(header: String) { headers = curl_slist_append(headers, header) }

    func add(json: [UInt8]) {
        add(header: "Content-Type: application/json")
        curl_set_long(handle, CURLOPT_POSTFIELDSIZE, json.count)
        json.withUnsafeBytes {
            _ = curl_set_text(handle, CURLOPT_COPYPOSTFIELDS, $0.bindMemory(to: CChar.self).baseAddress)
        }
    }

    /// Gives up when nothing comes for that long.
    func expectBytes(everySeconds seconds: Int) {
        curl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
        curl_set_long(handle, CURLOPT_LOW_SPEED_TIME, seconds)
    }

    /// Blocks until the reply has come.
    func perform() throws(Failure) {
        curl_set_headers(handle, headers)
        curl_set_sink(handle, Self.sink, Unmanaged.passUnretained(self).toOpaque())
        let (code, text) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CURL_ERROR_SIZE)) { errors in
            errors.initialize(repeating: 0)
            curl_set_errors(handle, errors.baseAddress)
            defer { curl_set_errors(handle, nil) }
            let code = curl_easy_perform(handle)
            return (code, errors.baseAddress.map { String(cString: $0) } ?? "")
        }
        guard code != CURLE_OK else { return }
        throw Failure(reason: text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
    }

    private static let sink:
        @convention(c) (
            UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?
        ) -> Int = { bytes, size, count, context in
            guard let context else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        if let onBytes, status == 200 { onBytes(bytes) } else { body.append(contentsOf: bytes) }
    }
}
