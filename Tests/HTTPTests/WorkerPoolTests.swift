import Glibc
import HTTP
import Synchronization
import Testing

struct WorkerPoolTests {
    @Test func `runs every job it took, in their order with one thread`() {
        let pool = WorkerPool(threads: 1, queueLimit: 5000)
        let seen = Mutex<[Int]>([])
        for index in 0..<5000 { #expect(pool.submit { seen.withLock { $0.append(index) } }) }
        pool.stop()
        #expect(seen.withLock { $0 } == Array(0..<5000))
    }

    @Test func `takes no more than its limit`() {
        let pool = WorkerPool(threads: 1, queueLimit: 3)
        let gate = Atomic(false)
        let hasBegun = Atomic(false)
        #expect(
            pool.submit {
                hasBegun.store(true, ordering: .releasing)
                while !gate.load(ordering: .acquiring) { usleep(500) }
            })
        #expect(eventually { hasBegun.load(ordering: .acquiring) })
        let taken = (0..<5).map { _ in pool.submit {} }
        #expect(taken == [true, true, true, false, false])
        gate.store(true, ordering: .releasing)
        pool.stop()
        #expect(!pool.submit {})
        pool.stop()
    }

    @Test func `starts a thread for a job that would wait, and no other`() {
        let pool = WorkerPool(threads: 3, queueLimit: 10)
        let threads = Mutex<Set<pthread_t>>([])
        let open = Atomic(0)
        for _ in 0..<20 {
            #expect(pool.submit { _ = threads.withLock { $0.insert(pthread_self()) } })
            #expect(eventually { pool.waiting == 0 })
            usleep(1000)
        }
        #expect(threads.withLock { $0.count } <= 2, "one does, but for a job that comes as it is not back yet")
        for _ in 0..<3 {
            _ = pool.submit {
                open.add(1, ordering: .relaxed)
                _ = eventually { open.load(ordering: .relaxed) == 3 }
            }
        }
        #expect(eventually { open.load(ordering: .relaxed) == 3 })
        pool.stop()
    }

    @Test func `runs jobs on several threads at once`() {
        let pool = WorkerPool(threads: 4, queueLimit: 4)
        let inside = Atomic(0)
        for _ in 0..<4 {
            _ = pool.submit {
                inside.add(1, ordering: .relaxed)
                _ = eventually { inside.load(ordering: .relaxed) == 4 }
            }
        }
        #expect(eventually { inside.load(ordering: .relaxed) == 4 })
        pool.stop()
    }
}
