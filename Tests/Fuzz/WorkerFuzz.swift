import Glibc
import Gym
import Store

@testable import API
@testable import Workers

/// What a worker sends: frames over a socket, and answers in them.
enum WorkerFuzz {
    static func read(_ bytes: [UInt8]) {
        guard let (pair, rest) = Pairs.choose(bytes) else { return }
        let file = SafetensorsFuzz.file(rest)
        // A frame that the bytes describe, or the bytes as they are.
        let isFrame = file.count != rest.count
        receive(isFrame ? (0..<8).map { UInt8(truncatingIfNeeded: file.count >> (8 * $0)) } + file : rest) { frame in
            check(WorkerAnswer(frame, from: "test"), pair)
        }
    }

    private static func receive(_ bytes: [UInt8], _ take: (Safetensors) -> Void) {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { fatalError("there is no socket") }
        defer { close(ends[0]) }
        var socket = WorkerSocket(descriptor: ends[0])
        // In two parts: a frame may come in pieces.
        for part in [bytes.prefix(bytes.count / 2), bytes.dropFirst(bytes.count / 2)] {
            let sent = Array(part).withUnsafeBytes { send(ends[1], $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            promise(sent == part.count, "the socket is full")
            if part.endIndex == bytes.endIndex { close(ends[1]) }
            do {
                while let frame = try socket.next() { take(frame) }
            } catch {
                if part.endIndex != bytes.endIndex { close(ends[1]) }
                return
            }
        }
    }

    private static func check(_ answer: WorkerAnswer, _ pair: Pairs.Pair) {
        _ = try? answer.check()
        for key in ["observation_space", "action_space"] { _ = try? answer.space(key) }
        _ = try? answer.descriptions("environments")
        for count in [1, 2] {
            _ = try? answer.lanes("observations", pair.reader.observationLayout, count: count)
            if let rewards = try? answer.doubles("rewards", count: count) {
                promise(rewards.count == count, "there are other rewards")
            }
            _ = try? answer.bools("terminated", count: count)
            if let infos = try? answer.infos(count: count) { promise(infos.count == count, "there are other infos") }
        }
        for mode in [RenderMode.ansi, .rgbArray] {
            guard let frame = try? answer.frame(mode), mode == .rgbArray else { continue }
            promise(frame.bytes.count == 3 * frame.width * frame.height, "a picture has other pixels")
        }
    }
}
