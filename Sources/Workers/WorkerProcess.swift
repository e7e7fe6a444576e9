import CSpawn
import Foundation
import Glibc
import Gym
import Logging
import Store
import Synchronization

/// One worker process and the socket to it. A thread of its own starts it, reads what it prints and waits for its end.
final class WorkerProcess: Sendable {
    private struct State {
        var process: pid_t?
        var words = LastWords()
        /// Why it was ended; nil where it ended by itself.
        var reason: String?
        /// How it ended; nil while it lives.
        var ending: String?
    }

    /// Who it is for people, such as `gymnasium worker 0`.
    let name: String
    let startedAt = ContinuousClock.now
    private let command: WorkerCommand
    private let limits: WorkerLimits
    private let logger: Logger
    private let state = Mutex(State())
    private let heard = Atomic(false)
    /// Held while questions are asked and their answers heard: it may be for long, but never by a network thread.
    private let turn = NSLock()
    /// Only touched by whoever has the turn.
    nonisolated(unsafe) private var socket: WorkerSocket
    /// Answers that are still to come and tell nothing: those to `close`.
    nonisolated(unsafe) private var owed = 0
    /// Handles of batches that nobody needs any more: the worker is told with the next question.
    private let dropped = Mutex<[Int]>([])

    /// Of what it prints, lines written to the log in a second; the others are only counted.
    private static let linesLogged = 20
    /// How long the end of a process that was killed is waited for.
    private static let patience = Duration.seconds(1)

    init(_ command: WorkerCommand, _ limits: WorkerLimits, name: String, logger: Logger) {
        self.name = name
        self.command = command
        self.limits = limits
        self.logger = logger
        var pair: [Int32] = [-1, -1]
        if socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) != 0 {
            state.withLock { $0.ending = "\(name) cannot start: \(Self.text(errno))" }
        }
        socket = WorkerSocket(descriptor: pair[0])
        if ending != nil { return }
        Background.run(named: name) { [self, peer = pair[1]] in live(peer) }
    }

    /// How it ended; nil while it lives.
    var ending: String? { state.withLock { $0.ending } }

    /// Whether it has ever answered.
    var hasAnswered: Bool { heard.load(ordering: .relaxed) }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}

// Questions and answers.
extension WorkerProcess {
    /// Asks one question.
    /// - Throws: ``EnvironmentError/workerFailed(_:)`` where it dies, is late or answers nonsense: it is ended then.
    func ask(_ question: Safetensors, within time: Duration) throws(EnvironmentError) -> Safetensors {
        try Self.ask([(self, [question])], within: time)[0][0]
    }

    /// Asks several processes before the first answer is heard, so that they work side by side; each is free for others as
    /// soon as it has answered.
    /// - Parameter all: each process once.
    static func ask(
        _ all: [(process: WorkerProcess, questions: [Safetensors])], within time: Duration
    ) throws(EnvironmentError) -> [[Safetensors]] {
        takeTurns(of: all.map(\.process))
        let deadline = ContinuousClock.now + time
        var answers = [[Safetensors]](repeating: [], count: all.count)
        var faults: [(WorkerProcess, WorkerSocket.Fault)] = []
        var asked: [Int] = []
        for (index, (process, questions)) in all.enumerated() {
            do {
                try process.say(questions, by: deadline)
                asked.append(index)
            } catch {
                faults.append((process, error))
                process.turn.unlock()
            }
        }
        while !asked.isEmpty {
            let isTime = WorkerSocket.wait(asked.map { all[$0].process.descriptor }, for: POLLIN, by: deadline)
            asked.removeAll { index in
                let (process, questions) = all[index]
                do throws(WorkerSocket.Fault) {
                    try process.hear(into: &answers[index], upTo: questions.count)
                    if answers[index].count < questions.count {
                        if isTime { return false }
                        throw WorkerSocket.Fault.late
                    }
                } catch {
                    faults.append((process, error))
                }
                process.turn.unlock()
                return true
            }
        }
        // All are told before the first is waited for.
        for (process, fault) in faults { process.end(after: fault) }
        if let (process, _) = faults.first { throw .workerFailed(process.awaitEnding()) }
        return answers
    }

    /// Waits for the turn at each of several processes without having any meanwhile: whoever waits for a busy one keeps
    /// nobody from the others, and no two wait for each other.
    private static func takeTurns(of all: [WorkerProcess]) {
        var busy = 0
        while true {
            all[busy].turn.lock()
            var taken = [busy]
            let next = all.indices.first { index in
                if index == busy { return false }
                guard all[index].turn.try() else { return true }
                taken.append(index)
                return false
            }
            guard let next else { return }
            for index in taken { all[index].turn.unlock() }
            busy = next
        }
    }

    /// The batch is not needed any more.
    func drop(_ handle: Int) { dropped.withLock { $0.append(handle) } }

    /// Tells the worker what is not needed any more, unless it is busy.
    func flush() {
        guard !dropped.withLock({ $0.isEmpty }), ending == nil, turn.try() else { return }
        defer { turn.unlock() }
        // Whoever has something to ask finds what is wrong.
        try? say([], by: .now)
    }

    private var descriptor: Int32 { socket.descriptor }

    private func say(_ questions: [Safetensors], by deadline: ContinuousClock.Instant) throws(WorkerSocket.Fault) {
        guard ending == nil else { throw .ended }
        let handles = dropped.withLock { handles in
            defer { handles = [] }
            return handles
        }
        for handle in handles {
            try socket.send(Safetensors(metadata: ["op": "close", "handle": String(handle)]), by: deadline)
            owed += 1
        }
        // What comes before it was asked for would be taken for the answer.
        while try socket.next() != nil {
            guard owed > 0 else { throw .nonsense("answered without being asked") }
            owed -= 1
        }
        for question in questions { try socket.send(question, by: deadline) }
    }

    /// Takes in what has been answered by now.
    private func hear(into answers: inout [Safetensors], upTo count: Int) throws(WorkerSocket.Fault) {
        while answers.count < count, let answer = try socket.next() {
            if owed > 0 { owed -= 1 } else { answers.append(answer) }
        }
        if !answers.isEmpty { heard.store(true, ordering: .relaxed) }
    }

    /// Ends a process that cannot be spoken with any more.
    private func end(after fault: WorkerSocket.Fault) {
        switch fault {
        case .late: kill("did not answer in time")
        case .nonsense(let what): kill(what)
        case .ended:
            // It is on its way out, most likely, and how is worth knowing.
            awaitEnding(for: .milliseconds(200))
            kill("closed its socket")
        }
    }

    @discardableResult
    private func awaitEnding(for time: Duration = patience) -> String {
        let deadline = ContinuousClock.now + time
        while ending == nil, ContinuousClock.now < deadline { usleep(1000) }
        return ending ?? "\(name) does not answer and does not die"
    }
}

// Life and death.
extension WorkerProcess {
    /// Has the worker end by itself: its socket ends.
    func dismiss() {
        // Once it has ended, the number of its socket may be another's.
        state.withLock { if $0.ending == nil { shutdown(socket.descriptor, Int32(SHUT_RDWR)) } }
    }

    /// Ends it at once, with all that it has started.
    /// - Parameter reason: said of it from now on; nil where it has ended by itself.
    func kill(_ reason: String?) {
        state.withLock { state in
            guard state.ending == nil else { return }
            state.reason = state.reason ?? reason
            if let process = state.process { _ = Glibc.kill(-process, SIGKILL) }
        }
    }

    private func live(_ peer: Int32) {
        let ending: String
        do { ending = follow(try start(peer)) } catch { ending = "\(name) cannot start: \(error.text)" }
        if state.withLock({ $0.reason }) != nil || !ending.hasSuffix(Self.peacefully) { logger.error("\(ending)") }
        state.withLock { state in
            state.process = nil
            state.ending = ending
        }
        shutdown(socket.descriptor, Int32(SHUT_RDWR))
        turn.lock()
        close(socket.descriptor)
        turn.unlock()
    }

    private struct StartFault: Error {
        let text: String
    }

    private func start(_ peer: Int32) throws(StartFault) -> (process: pid_t, output: Int32, watch: Int32) {
        defer { close(peer) }
        var pipe: [Int32] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else { throw StartFault(text: Self.text(errno)) }
        defer { close(pipe[1]) }
        let script = command.script.map { spawn_script($0, $0.count) } ?? -1
        defer { if script >= 0 { close(script) } }
        let process = spawn(peer, pipe[1], script)
        guard process > 0 else {
            close(pipe[0])
            throw StartFault(text: "\(command.arguments[0]): \(Self.text(-process))")
        }
        state.withLock { $0.process = process }
        logger.info("\(name) started", metadata: ["pid": "\(process)"])
        return (process, pipe[0], spawn_watch(process))
    }

    private func spawn(_ peer: Int32, _ output: Int32, _ script: Int32) -> pid_t {
        // What the daemon was told by its own service manager is not for others.
        let own = ["NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID"]
        var environment = ProcessInfo.processInfo.environment.filter { !own.contains($0.key) }
        environment["LAMD_WORKER_FD"] = "3"
        environment["PYTHONUNBUFFERED"] = "1"
        // Processes side by side, not threads.
        environment["OMP_NUM_THREADS"] = environment["OMP_NUM_THREADS"] ?? "1"
        var arguments = (command.arguments.map { strdup($0) } as [UnsafeMutablePointer<CChar>?]) + [nil]
        var variables = (environment.map { strdup("\($0.key)=\($0.value)") } as [UnsafeMutablePointer<CChar>?]) + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        return arguments.withUnsafeMutableBufferPointer { arguments in
            variables.withUnsafeMutableBufferPointer { variables in
                guard let first = arguments.baseAddress, let start = variables.baseAddress else { return -EINVAL }
                var request = spawn_request(
                    arguments: first, environment: start, socket: peer, output: output, script: script,
                    memory: limits.memory, cpu_seconds: limits.processorSeconds)
                return spawn_worker(&request)
            }
        }
    }

    /// Reads what it prints until it has ended.
    /// - Returns: how that was.
    private func follow(_ child: (process: pid_t, output: Int32, watch: Int32)) -> String {
        defer {
            close(child.output)
            if child.watch >= 0 { close(child.watch) }
        }
        _ = fcntl(child.output, F_SETFL, O_NONBLOCK)
        var log = OutputLog(logger: logger, name: name, limit: Self.linesLogged)
        while true {
            var entries = [
                pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: child.watch, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&entries, 2, -1)
            // What it printed before its end is there by now.
            let isOver = entries[1].revents != 0
            if entries[0].revents != 0, !read(child.output, &log) { entries[0].fd = -1 }
            if isOver { break }
            if entries[0].fd < 0 { return reap(child.process, waiting: true) }
        }
        return reap(child.process, waiting: false)
    }

    /// - Returns: whether more may come.
    private func read(_ output: Int32, _ log: inout OutputLog) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(output, &bytes, bytes.count)
        guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
        let lines = state.withLock { $0.words.append(bytes[..<count]) }
        log.write(lines)
        // A flood is read slowly: whoever prints without end waits here, and is late in answering.
        if count == bytes.count { usleep(20_000) }
        return true
    }

    private static let peacefully = "ended"

    private func reap(_ process: pid_t, waiting: Bool) -> String {
        var status: Int32 = 0
        if waiting {
            var info = siginfo_t()
            while waitid(P_PID, id_t(process), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        }
        // With all that it started, while its number cannot be another's yet.
        _ = Glibc.kill(-process, SIGKILL)
        return state.withLock { state in
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            state.process = nil
            let signal = status & 0x7f
            let code = (status >> 8) & 0xff
            var how = "\(name) "
            if let reason = state.reason {
                how += "\(reason) and was killed"
            } else if signal != 0 {
                how += "was killed by signal \(signal) (\(Self.text(ofSignal: signal)))"
            } else {
                how += code == 0 ? Self.peacefully : "ended with status \(code)"
            }
            let words = state.words.text
            return words.isEmpty || how.hasSuffix(Self.peacefully) ? how : "\(how); its last words: \(words)"
        }
    }

    private static func text(ofSignal signal: Int32) -> String { String(cString: strsignal(signal)) }
}

/// What a worker prints, in the daemon's log, a few lines a second.
private struct OutputLog {
    let logger: Logger
    let name: String
    let limit: Int
    private var second = ContinuousClock.now
    private var written = 0
    private var left = 0

    init(logger: Logger, name: String, limit: Int) {
        self.logger = logger
        self.name = name
        self.limit = limit
    }

    mutating func write(_ lines: [String]) {
        if second.duration(to: .now) > .seconds(1) {
            if left > 0 { logger.notice("\(name) printed \(left) lines more") }
            (second, written, left) = (.now, 0, 0)
        }
        for line in lines {
            if written < limit { logger.notice("\(name): \(line)") } else { left += 1 }
            written += 1
        }
    }
}
