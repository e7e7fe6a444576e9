import CCurl

/// One request and its reply, by libcurl.
final class Transfer {
    struct Failure: Error {
        let reason: String
    }

    private let handle: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let onBytes: ((UnsafeRawBufferPointer) -> Void)?
    /// How long nothing may come, and since when nothing came.
    private var patience: Duration?
    private var quietSince = ContinuousClock.now
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

    /// - Parameter path: a file of certificates, instead of the system's.
    func trust(_ path: String) { curl_set_text(handle, CURLOPT_CAINFO, path) }

    func add(header: String) { headers = curl_slist_append(headers, header) }

    func add(_ body: [UInt8], type: String) {
        add(header: "Content-Type: \(type)")
        curl_set_long(handle, CURLOPT_POSTFIELDSIZE, body.count)
        body.withUnsafeBytes {
            _ = curl_set_text(handle, CURLOPT_COPYPOSTFIELDS, $0.bindMemory(to: CChar.self).baseAddress)
        }
    }

    /// Gives up when nothing comes for that long. libcurl's own limit is a mean speed, to which the few bytes of a comment
    /// now and then do not add up.
    func expectBytes(every patience: Duration) { self.patience = patience }

    private var isTooQuiet: Bool { patience.map { quietSince.duration(to: .now) > $0 } ?? false }

    /// Blocks until the reply has come.
    func perform() throws(Failure) {
        curl_set_headers(handle, headers)
        let context = Unmanaged.passUnretained(self).toOpaque()
        curl_set_sink(handle, Self.sink, context)
        curl_set_watch(handle, Self.watch, context)
        quietSince = .now
        let (code, text) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CURL_ERROR_SIZE)) { errors in
            errors.initialize(repeating: 0)
            curl_set_errors(handle, errors.baseAddress)
            defer { curl_set_errors(handle, nil) }
            let code = curl_easy_perform(handle)
            return (code, errors.baseAddress.map { String(cString: $0) } ?? "")
        }
        guard code != CURLE_OK else { return }
        if let patience, code == CURLE_ABORTED_BY_CALLBACK { throw Failure(reason: "nothing came for \(patience)") }
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

    private static let watch: @convention(c) (UnsafeMutableRawPointer?, Int, Int, Int, Int) -> Int32 = {
        context, _, _, _, _ in
        guard let context else { return 1 }
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().isTooQuiet ? 1 : 0
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        quietSince = .now
        if let onBytes, status == 200 { onBytes(bytes) } else { body.append(contentsOf: bytes) }
    }
}
