import Glibc

/// A counter that threads wait on.
final class Semaphore: @unchecked Sendable {  // a C handle, made for use from any thread
    private let handle = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() {
        sem_init(handle, 0, 0)
    }

    deinit {
        sem_destroy(handle)
        handle.deallocate()
    }

    func signal() {
        sem_post(handle)
    }

    func wait() {
        while sem_wait(handle) != 0 {}
    }
}
