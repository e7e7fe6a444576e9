import Gym
import Store
import Testing

@testable import Hosting

/// Files of our own from before there were seals: whatever they say, they are read or refused.
struct DamagedFileTests {
    private let trajectory = Trajectory(
        observations: .float32([1, 2, 3]), actions: .int64([0, 1]), rewards: [1, 2], terminations: [false, true],
        truncations: [false, false], masks: Array(repeating: true, count: 6), infos: [[:], ["a": 1], [:]])

    /// The file with a tensor replaced.
    private func file(_ name: String, _ tensor: Tensor) throws -> Safetensors {
        let whole = try Safetensors(parsing: TrajectoryFile.encode([trajectory]))
        return Safetensors(whole.entries.map { $0.name == name ? .init(name, tensor) : $0 })
    }

    @Test func `episodes are read as they were kept`() throws {
        #expect(try TrajectoryFile.decode(try file("", Tensor([0.0]))) == [trajectory])
    }

    @Test(arguments: ["lengths", "mask_widths", "info_bytes"], [Int64.max, .min, -1, 3])
    func `counts that are none are refused`(_ name: String, _ count: Int64) throws {
        #expect(throws: HostingError.self) { try TrajectoryFile.decode(try file(name, Tensor([count]))) }
    }

    @Test func `infos of another length are refused`() throws {
        let text = Array("[{},{\"a\":1}    ]".utf8)
        #expect(throws: HostingError.self) { try TrajectoryFile.decode(try file("infos", Tensor(text))) }
    }

    @Test(arguments: ["\"Infinity\"", "\"NaN\"", "1e300", "-1"]) func `a session that never ends is refused`(
        _ seconds: String
    ) {
        var writer = StateWriter()
        writer.write(UInt32(1))
        writer.write(1)
        writer.write(0.0)
        writer.write(
            "{\"tenant\":\"t\",\"env_id\":\"CartPole-v1\",\"num_envs\":1,\"autoreset_mode\":\"disabled\",\"ttl_s\":\(seconds)}"
        )
        writer.write([UInt8]())
        writer.write([UInt8]())
        #expect(throws: HostingError.self) { try SessionBase(writer.bytes) }
    }
}
