import CMicrohttpd
import Synchronization

/// Threads for what takes longer than a step, started as they are needed, with a queue that is allowed to be full.
public final class WorkerPool: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        /// Where the oldest job is; those before it are done.
        var next = 0
        var isStopped = false
        /// Threads there are, and how many of them wait for a job.
        var started = 0
        var idle = 0
    }

    private let state = Mutex(State())
    private let work = Semaphore()
    private let threads = Mutex<[SystemThread]>([])
    private let threadLimit: Int
    private let queueLimit: Int

    /// At most `queueLimit` jobs wait for one of at most `count` threads.
    public init(threads count: Int, queueLimit: Int) {
        precondition(count > 0 && queueLimit > 0)
        threadLimit = count
        self.queueLimit = queueLimit
    }

    /// Queues a job. Returns false when the queue is full or the pool stopped; the job is then dropped.
    public func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        let (isQueued, needsThread) = state.withLock { state in
            guard !state.isStopped, state.jobs.count - state.next < queueLimit else { return (false, false) }
            state.jobs.append(job)
            guard state.idle < state.jobs.count - state.next, state.started < threadLimit else { return (true, false) }
            state.started += 1
            return (true, true)
        }
        if needsThread { threads.withLock { $0.append(SystemThread { [self] in run() }) } }
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
        // Not that of the network thread which happened to need it.
        name_thread("lamd-pool")
        while true {
            state.withLock { $0.idle += 1 }
            work.wait()
            guard let job = takeJob() else { return }
            job()
        }
    }

    /// nil when there is none left, which only happens after `stop`.
    private func takeJob() -> (@Sendable () -> Void)? {
        state.withLock { state in
            state.idle -= 1
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
