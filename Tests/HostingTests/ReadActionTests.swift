import Environments
import Gym
import Hosting
import Testing

struct ReadActionTests {
    // Outside of the macro, which cannot hold a span.
    private func read(_ text: [UInt8], _ session: Session) -> Lanes? { session.actions(readFrom: text.span) }

    private func session(_ environment: String) throws -> Session {
        try Sessions(catalogue: .worlds, limit: 1).create(Session.Request(environment: environment))
    }

    @Test func `keeps the latest short texts of integers apart`() throws {
        let session = try session("CartPole-v1")
        let texts = (0..<5).map { Array("{\"action\":\($0)}".utf8) }
        for (action, text) in texts.enumerated() {
            #expect(read(text, session) == nil)
            session.keep(.int64([Int64(action)]), readFrom: text.span)
            #expect(read(text, session) == .int64([Int64(action)]))
        }
        // The first had to go.
        #expect(read(texts[0], session) == nil)
        for action in 1..<5 { #expect(read(texts[action], session) == .int64([Int64(action)])) }
        #expect(read([], session) == nil)
    }

    @Test func `keeps neither long texts nor real numbers`() throws {
        let session = try session("Pendulum-v1")
        let long = [UInt8](repeating: 0x20, count: 32)
        session.keep(.int64([1]), readFrom: long.span)
        #expect(read(long, session) == nil)
        let short = [UInt8](repeating: 0x20, count: 31)
        session.keep(.float32([1]), readFrom: short.span)
        #expect(read(short, session) == nil)
        session.keep(.int64([1]), readFrom: short.span)
        #expect(read(short, session) == .int64([1]))
    }
}
