import CMicrohttpd
import Glibc
import Synchronization

/// Short replies that were sent, and are sent again with other bytes, until the second is over that their `Date` tells. Of
/// libmicrohttpd a reply takes seven allocations and a look at the calendar, most of it for headers that are always the
/// same; and whoever steps or acts is answered in a few lengths, over and over.
final class ReplyStock: Sendable {
    /// A reply and its bytes, both its owner's own until it is given back.
    struct Spare: @unchecked Sendable {  // a C handle, in one place at a time
        let response: OpaquePointer
        fileprivate let bytes: UnsafeMutableBufferPointer<UInt8>
        fileprivate let second: time_t

        fileprivate init(count: Int, contentType: String, second: time_t) {
            self.second = second
            bytes = .allocate(capacity: count)
            response = ReplyBody.made(MHD_create_response_from_buffer(count, bytes.baseAddress, .RESPMEM_PERSISTENT))
            Exchange.add("Content-Type", contentType, to: response)
            Exchange.add("Date", HTTPDate.text(second), to: response)
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
        let second = time(nil)
        var spare = spares.withLock { $0[body.count].popLast() }
        if let old = spare, old.second != second {
            old.destroy()
            spare = nil
        }
        let taken = spare ?? Spare(count: body.count, contentType: contentType, second: second)
        body.withUnsafeBufferPointer { _ = taken.bytes.update(fromContentsOf: $0) }
        return taken
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
