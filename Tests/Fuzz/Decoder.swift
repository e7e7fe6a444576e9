/// What reads bytes that others wrote.
enum Decoder: String, CaseIterable {
    case json, episodes, safetensors, tensors, path, headers, spaces, worker, snapshot, records

    /// - Precondition: what each one promises of what it reads.
    func read(_ bytes: [UInt8]) {
        switch self {
        case .json: JSONFuzz.read(bytes)
        case .episodes: EpisodesFuzz.read(bytes)
        case .safetensors: SafetensorsFuzz.read(bytes)
        case .tensors: TensorsFuzz.read(bytes)
        case .path: PathFuzz.read(bytes)
        case .headers: HeadersFuzz.read(bytes)
        case .spaces: SpacesFuzz.read(bytes)
        case .worker: WorkerFuzz.read(bytes)
        case .snapshot: SnapshotFuzz.read(bytes)
        case .records: RecordsFuzz.read(bytes)
        }
    }
}

/// Stops where a decoder breaks a promise: unlike a `precondition`, with its words in every build.
func promise(_ isKept: Bool, _ words: @autoclosure () -> String) {
    if !isKept { fatalError(words()) }
}
