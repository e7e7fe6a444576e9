import CMicrohttpd
import Synchronization

/// Short replies that were sent, and are sent again with other bytes. Of libmicrohttpd a reply takes seven allocations, most
/// of them for a header that is always the same; and whoever steps or acts is answered in a few lengths, over and over.
final class ReplyStock: Sendable {
    /// A reply and its bytes, both its owner's own until it is given back.
    struct Spare: @unchecked Sendable {  // a C handle, in one place at a time
        let response: OpaquePointer
        fileprivate let bytes: UnsafeMutableBufferPointer<UInt8>

        fileprivate init(count: Int, contentType: String) {
            bytes = .allocate(capacity: count)
            response = ReplyBody.made(MHD_create_response_from_buffer(count, bytes.baseAddress, .RESPMEM_PERSISTENT))
            Exchange.add("Content-Type", contentType, to: response)
        }

        fileprivate func destroy() {
            MHD_destroy_response(response)
            bytes.deallocate()
        }
    }

    /// Bytes of a reply that is stocked.
    static let longest = 512
    /// How many of one length are kept: more are on their way only where as many connections are answered at once.
    private static let room = 64

    /// What all its replies are.
    let contentType: String
    /// By length.
    private let spares = Mutex(Array(repeating: [Spare](), count: longest + 1))

    init(contentType: String) {
        self.contentType = contentType
    }

    deinit {
        spares.withLock { spares in
            for spare in spares.joined() { spare.destroy() }
        }
    }

    func take(with body: Span<UInt8>) -> Spare {
        let spare =
            spares.withLock { $0[body.count].popLast() } ?? Spare(count: body.count, contentType: contentType)
        body.withUnsafeBufferPointer { _ = spare.bytes.update(fromContentsOf: $0) }
        return spare
    }

    /// Takes back what nobody sends any more.
    func put(_ spare: Spare) {
        let isKept = spares.withLock { spares in
            guard spares[spare.bytes.count].count < Self.room else { return false }
            spares[spare.bytes.count].append(spare)
            return true
        }
        if !isKept { spare.destroy() }
    }
}
