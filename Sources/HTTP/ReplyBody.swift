import CMicrohttpd
import Glibc

/// Bytes on their way to the network.
enum ReplyBody {
    /// Below this a copy is cheaper than keeping an array alive.
    private static let worthKeeping = 16 << 10

    static func response(copying bytes: Span<UInt8>) -> OpaquePointer {
        bytes.withUnsafeBytes { made(MHD_create_response_from_buffer($0.count, mutable($0), .RESPMEM_MUST_COPY)) }
    }

    static func response(keeping bytes: [UInt8]) -> OpaquePointer {
        guard bytes.count >= worthKeeping else { return response(copying: bytes.span) }
        // An array's elements stay where they are as long as nobody writes to it, and nobody can: this is the only
        // reference that is left to write through.
        let kept = Unmanaged.passRetained(Kept(bytes))
        return bytes.withUnsafeBytes { buffer in
            made(
                MHD_create_response_from_buffer_with_free_callback_cls(
                    buffer.count, mutable(buffer),
                    { context in context.map { Unmanaged<Kept>.fromOpaque($0).release() } }, kept.toOpaque()))
        }
    }

    /// The response closes the file.
    static func response(readingFrom path: String) -> (response: OpaquePointer, size: Int)? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var about = stat()
        guard fstat(descriptor, &about) == 0 else {
            close(descriptor)
            return nil
        }
        return (made(MHD_create_response_from_fd64(UInt64(about.st_size), descriptor)), Int(about.st_size))
    }

    private static func mutable(_ buffer: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(mutating: buffer.baseAddress)
    }

    static func made(_ response: OpaquePointer?) -> OpaquePointer {
        guard let response else { preconditionFailure("out of memory for a reply") }
        return response
    }

    private final class Kept {
        private let bytes: [UInt8]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }
    }
}
