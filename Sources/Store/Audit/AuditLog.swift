import Foundation
import Gym
import JSON
import Synchronization

/// What was done, record by record, in files that only grow, each record bound to the one before by its chain.
///
/// A record is in the file, and so survives the end of the process, when ``append(_:at:_:)`` returns; it survives the loss of
/// power when ``sync(_:)`` has returned.
public final class AuditLog: Sendable {
    static let folder = "audit"
    private static let day = 86_400.0

    /// The segment that is written to; whoever syncs it holds it open.
    private final class Segment: Sendable {
        let about: AuditSegment
        let file: Descriptor

        init(_ about: AuditSegment, isNew: Bool) throws(SystemFault) {
            self.about = about
            file = try Descriptor(opening: about.path, O_WRONLY | O_APPEND | (isNew ? O_CREAT | O_EXCL : 0))
        }
    }

    private struct State {
        var head: AuditHead
        var segment: Segment?
        var size = 0
        /// Seconds since 1970.
        var beganAt = 0.0
        /// Whether there may be more in the file than its records.
        var isTorn = false
    }

    let store: StateFolder
    private let segmentSize: Int
    /// One record after the other, each written before the next is chained to it: a write to the file's cache, never a
    /// sync, but where a segment ends.
    private let turn = DispatchSemaphore(value: 1)
    private let state: Mutex<State>
    /// One sync after the other; those who wait for it find that theirs is done.
    private let syncTurn = DispatchSemaphore(value: 1)
    private let progress = Mutex((synced: AuditHead.start, marked: 0))
    /// What was wrong with the log when it was opened.
    public let fault: String?
    /// Bytes of a record that a crash cut, which nobody was told of.
    public let cut: Int

    /// Opens the log behind its last record.
    ///
    /// Where it is not what the catalogue knows, it goes on in a new segment from what the catalogue knows, so that the
    /// check finds the fault for ever.
    public init(_ store: StateFolder, segmentSize: Int = 16 << 20, at time: Double) throws(StoreError) {
        self.store = store
        self.segmentSize = segmentSize
        let folder = store.path(Self.folder)
        try StateFolder.filing("making \(folder)") { () throws(SystemFault) in try FileSystem.makeFolder(folder) }
        let mark = try store.auditMark()
        let found = try AuditEnd(of: folder, mark)
        (fault, cut) = (found.fault, found.torn)
        state = Mutex(State(head: found.head, beganAt: time))
        guard let last = found.segment else { return }
        try StateFolder.filing("opening \(last.path)") { () throws(SystemFault) in
            let segment = try Segment(last, isNew: false)
            try segment.file.cut(to: found.size)
            state.withLock { ($0.segment, $0.size) = (segment, found.size) }
        }
    }

    /// After the latest record.
    public var head: AuditHead { state.withLock { $0.head } }

    /// Writes a record behind the last one.
    /// - Parameter members: what it says besides its number, its time and what happened.
    /// - Returns: its number.
    public func append(_ event: String, at time: String, _ members: [Value.Member]) throws(StoreError) -> Int {
        try inTurn { (state) throws(SystemFault) in
            if state.isTorn { try repair(&state) }
            if state.segment == nil || state.size >= segmentSize { try begin(&state, at: time) }
            try write(&state, event, time, members)
            return state.head.sequence
        }
    }

    /// Has everything up to a record on disk.
    /// - Parameter isMarked: whether the catalogue is to know that the log goes so far.
    public func sync(_ sequence: Int, isMarked: Bool) throws(StoreError) {
        syncTurn.wait()
        defer { syncTurn.signal() }
        var (synced, marked) = progress.withLock { $0 }
        if sequence > synced.sequence {
            let (head, segment) = state.withLock { ($0.head, $0.segment) }
            try StateFolder.filing("writing the audit log") { () throws(SystemFault) in try segment?.file.syncData() }
            synced = head
            progress.withLock { $0.synced = head }
        }
        guard isMarked, sequence > marked else { return }
        try store.put(auditHead: synced)
        marked = synced.sequence
        progress.withLock { $0.marked = marked }
    }

    /// Has the next record begin a new segment where this one is a day old, so that time can take it away.
    public func endOldSegment(at time: Double) throws(StoreError) {
        try inTurn { (state) throws(SystemFault) in
            guard time - state.beganAt >= Self.day else { return }
            try state.segment?.file.syncData()
            (state.segment, state.beganAt) = (nil, time)
        }
    }

    private func inTurn<R>(_ body: (inout State) throws(SystemFault) -> R) throws(StoreError) -> R {
        turn.wait()
        defer { turn.signal() }
        var state = self.state.withLock { $0 }
        defer { self.state.withLock { $0 = state } }
        return try StateFolder.filing("writing the audit log") { () throws(SystemFault) in try body(&state) }
    }

    private func write(
        _ state: inout State, _ event: String, _ time: String, _ members: [Value.Member]
    ) throws(SystemFault) {
        guard let segment = state.segment else { preconditionFailure("there is a segment to write to") }
        let (line, head) = AuditLine.make(after: state.head) { writer in
            writer.key("time")
            writer.value(time)
            writer.key("event")
            writer.value(event)
            for member in members {
                writer.key(named: member.key)
                writer.value(member.value)
            }
        }
        state.isTorn = true
        do throws(SystemFault) { try segment.file.write(line.span) } catch {
            try? repair(&state)
            throw error
        }
        state.isTorn = false
        (state.head, state.size) = (head, state.size + line.count)
    }

    /// Takes away what is left of a record that could not be written.
    private func repair(_ state: inout State) throws(SystemFault) {
        try state.segment?.file.cut(to: state.size)
        state.isTorn = false
    }

    /// Begins a segment, which says what was before it.
    private func begin(_ state: inout State, at time: String) throws(SystemFault) {
        let old = state
        try old.segment?.file.syncData()
        let folder = store.path(Self.folder)
        let about = AuditSegment(first: state.head.sequence + 1, in: folder)
        let after = state.head.chain.hexadecimal
        do throws(SystemFault) {
            (state.segment, state.size) = (try Segment(about, isNew: true), 0)
            try write(&state, "segment", time, [.init("after", .string(after))])
            try state.segment?.file.syncData()
            try FileSystem.sync(folder: folder)
        } catch {
            state = old
            try? FileSystem.removeFile(about.path)
            throw error
        }
    }
}
