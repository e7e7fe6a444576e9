import Foundation

/// The program begun anew in the process that it has: with the arguments, the environment and the sockets that it was started
/// with, so that a service manager sees the same service go on.
enum Rebirth {
    /// Why it could not be.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Never returns.
    /// - Parameter sockets: those that were handed over; every other descriptor is closed.
    static func begin(keeping sockets: [InheritedSocket]) throws(Fault) {
        for socket in sockets { _ = fcntl(socket.descriptor, F_SETFD, 0) }
        fflush(nil)
        // By its name, by which the process is listed; by its file where a newer program has come in the place of that.
        for path in [name, "/proc/self/exe"] { execv(path, CommandLine.unsafeArgv) }
        throw Fault(description: "the program cannot begin anew: \(String(cString: strerror(errno)))")
    }

    private static var name: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    }
}
