import Synchronization

/// Threads for what takes longer than a step, with a queue that is allowed to be full.
public final class WorkerPool: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        /// Where the oldest job is; those before it are done.
        var next = 0
        var isStopped = false
    }

    private let state = Mutex(State())
    private let work = Semaphore()
    private let threads = Mutex<[SystemThread]>([])
    private let queueLimit: Int

    /// Starts the threads. At most `queueLimit` jobs wait for one of them.
    public init(threads count: Int, queueLimit: Int) {
        precondition(count > 0 && queueLimit > 0)
        self.queueLimit = queueLimit
        threads.withLock { threads in
            for _ in 0..<count { threads.append(SystemThread { [self] in run() }) }
        }
    }

    /// Queues a job. Returns false when the queue is full or the pool stopped; the job is then dropped.
    public func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isQueued = state.withLock { state in
            guard !state.isStopped, state.jobs.count - state.next < queueLimit else { return false }
            state.jobs.append(job)
            return true
        }
        if isQueued { work.signal() }
        return isQueued
    }

    /// Jobs that no thread has begun.
    public var waiting: Int { state.withLock { $0.jobs.count - $0.next } }

    /// Takes no more jobs, finishes those it has, and waits for the threads to end.
    public func stop() {
        let wasStopped = state.withLock { state in
            defer { state.isStopped = true }
            return state.isStopped
        }
        if wasStopped { return }
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for _ in running { work.signal() }
        for thread in running { thread.join() }
    }

    private func run() {
        while true {
            work.wait()
            guard let job = takeJob() else { return }
            job()
        }
    }

    /// nil when there is none left, which only happens after `stop`.
    private func takeJob() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard state.next < state.jobs.count else { return nil }
            let job = state.jobs[state.next]
            state.next += 1
            if state.next == state.jobs.count || state.next >= 1024 {
                state.jobs.removeFirst(state.next)
                state.next = 0
            }
            return job
        }
    }
}
