/// A step of a batch of CartPole-v1, all pushed to the right, as tensors there and back.
struct TensorStep {
    let count: Int
    let request: [UInt8]

    /// Opens and resets the batch.
    init(_ client: LoopbackClient, count: Int) throws {
        let body = #"{"env_id":"CartPole-v1","num_envs":\#(count),"autoreset_mode":"next_step","seed":1}"#
        let id = try client.make("instance_id", "/v1/envs/", body)
        try client.send("POST", "/v1/envs/\(id)/reset/", "{}")
        self.count = count
        request = KeptConnection.request(
            "POST", "/v1/envs/\(id)/step/", Self.actions(count),
            fields: ["Content-Type: application/vnd.safetensors", "Accept: application/vnd.safetensors"])
    }

    private static func actions(_ count: Int) -> [UInt8] {
        let head = #"{"action":{"dtype":"I64","shape":[\#(count)],"data_offsets":[0,\#(8 * count)]}}"#
        let text = Array(head.utf8) + repeatElement(0x20, count: (8 - head.utf8.count % 8) % 8)
        func bytes(_ number: Int) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }
        return bytes(text.count) + text + repeatElement(bytes(1), count: count).joined()
    }
}
