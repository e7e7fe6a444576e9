import Glibc
import HTTP
import Store

/// Why the daemon does not start, and what to do about it.
struct StartFault {
    /// EX_CONFIG of sysexits.h: another try would end in the same way.
    private static let configuration: Int32 = 78

    let reason: String
    let status: Int32

    init(_ error: any Error) {
        switch error {
        case let error as SettingsError:
            reason = "\(error)"
            status = Self.configuration
        case HTTPServerError.certificateUnusable(let reason):
            self.reason = reason
            status = Self.configuration
        case let error as HTTPServerError:
            reason = "\(error)\(Self.cure(for: error).map { "; \($0)" } ?? "")"
            status = EXIT_FAILURE
        case StoreError.tooNew:
            reason = "\(error)"
            status = Self.configuration
        case StoreError.full:
            reason = "\(error); free some room, or choose another folder with --state"
            status = EXIT_FAILURE
        case StoreError.unavailable:
            reason = "\(error); make the folder writable for this user, or choose another with --state"
            status = EXIT_FAILURE
        default:
            reason = "\(error)"
            status = EXIT_FAILURE
        }
    }

    private static func cure(for error: HTTPServerError) -> String? {
        switch error {
        case .cannotListen(let address, let reason):
            switch reason {
            case text(EADDRINUSE):
                "another program listens there ('ss -xltp' names it): stop it, or choose another address with --listen"
            case text(EACCES): "choose a port above 1023, or a folder that this user may write to"
            case text(EADDRNOTAVAIL): "this machine has no such address"
            case text(ENOENT): "there is no such folder: make it first"
            default: address.hasPrefix("/") ? "choose another path with --listen unix:PATH" : nil
            }
        case .addressUnknown: "say an address of this machine, such as \(Listeners.usual)"
        case .notASocket: "the service manager must hand over listening stream sockets only"
        case .cannotStart, .certificateUnusable: nil
        }
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
