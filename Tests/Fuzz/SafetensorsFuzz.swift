import Gym
import Store

/// Tensor files. A header's length is guessed by nobody: what begins with a brace is a header, a line end, and tensors.
enum SafetensorsFuzz {
    static func read(_ bytes: [UInt8]) {
        let bytes = file(bytes)
        guard let file = try? Safetensors(parsing: bytes) else { return }
        let text = file.encoded()
        var header: Safetensors.Header?
        for _ in 0..<2 {
            guard let again = try? Safetensors(parsing: text.span, remembering: &header) else {
                fatalError("what was written is not read")
            }
            promise(again == file, "what was written is read as something else")
        }
        // The header of another file is no help.
        promise((try? Safetensors(parsing: bytes.span, remembering: &header)) == file, "a header was mistaken")
        for entry in file.entries { check(entry.tensor) }
    }

    private static func check(_ tensor: Tensor) {
        for index in 0..<min(tensor.count, 64) {
            guard let integer = tensor.integer(index) else { continue }
            promise(Double(integer) == tensor.double(index), "an element is two numbers")
        }
    }

    /// The file that bytes stand for.
    static func file(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.first == UInt8(ascii: "{"), let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return bytes }
        return (0..<8).map { UInt8(truncatingIfNeeded: end >> (8 * $0)) } + bytes[..<end] + bytes[(end + 1)...]
    }
}
