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
