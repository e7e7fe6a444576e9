import Foundation
import Synchronization

/// Work on a thread of its own.
public enum Background {
    /// What is to be done, until somebody takes it.
    private final class Work: Sendable {
        private let body: Mutex<(@Sendable () -> Void)?>

        init(_ body: @escaping @Sendable () -> Void) { self.body = Mutex(body) }

        func take() -> (@Sendable () -> Void)? {
            body.withLock { body in
                defer { body = nil }
                return body
            }
        }
    }

    /// Starts a thread, which lets go of `body` before it ends. A `Thread` by itself keeps it until the system clears the
    /// thread's storage, which is after Dispatch has cleared its own: where the last reference to a queue goes then, Dispatch
    /// writes into memory that it has given back.
    public static func run(named name: String, _ body: @escaping @Sendable () -> Void) {
        let work = Work(body)
        let thread = Thread { work.take()?() }
        thread.name = name
        thread.start()
    }
}
