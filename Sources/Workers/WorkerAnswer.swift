import Gym
import Store

/// What a worker says of an environment before one is made.
struct WorkerDescription: Sendable {
    let id: String
    let summary: String
    let maxEpisodeSteps: Int?
    let rewardThreshold: Double?
    let renderModes: [RenderMode]
    let renderFPS: Int
    let parameters: [EnvironmentSpec.Parameter]

    /// - Returns: nil where it has no id.
    init?(_ value: Value) {
        guard let id = value["id"]?.asString, !id.isEmpty, id.utf8.count <= 200 else { return nil }
        self.id = id
        summary = value["description"]?.asString ?? ""
        maxEpisodeSteps = value["max_episode_steps"]?.asInt64.flatMap { $0 > 0 ? Int($0) : nil }
        rewardThreshold = value["reward_threshold"]?.asDouble
        renderModes = Self.modes(value["render_modes"])
        renderFPS = value["render_fps"]?.asInt64.map { Int($0) } ?? 30
        guard case .object(let members) = value["kwargs"] ?? [:] else { return nil }
        parameters = members.map { EnvironmentSpec.Parameter($0.key, default: $0.value, "") }
    }

    /// Of what a worker can draw we make more.
    static func modes(_ value: Value?) -> [RenderMode] {
        let names = value?.arrayElements.compactMap(\.asString) ?? []
        return (names.contains("rgb_array") ? [.png, .rgbArray] : []) + (names.contains("ansi") ? [.ansi] : [])
    }
}

/// A worker's answer, read with the suspicion that what comes from another process deserves.
struct WorkerAnswer {
    private let file: Safetensors
    /// Of the bridge.
    private let name: String

    init(_ file: Safetensors, from name: String) {
        self.file = file
        self.name = name
    }

    /// - Throws: what the worker found wrong.
    func check() throws(EnvironmentError) {
        guard let text = file.metadata["error"] else { return }
        let field = file.metadata["name"] ?? ""
        switch file.metadata["kind"] {
        case "unknown_environment": throw .unknownHosted(text)
        case "invalid_kwarg": throw .invalidKwarg(name: field, reason: text)
        case "invalid_option": throw .invalidOption(name: field, reason: text)
        default: throw .workerFailed(text)
        }
    }

    func nonsense(_ reason: String) -> EnvironmentError {
        .workerFailed("the \(name) worker answered wrongly: \(reason)")
    }

    func metadata(_ key: String) -> String? { file.metadata[key] }

    /// A member of the metadata that is JSON.
    func value(_ key: String) throws(EnvironmentError) -> Value? {
        guard let text = file.metadata[key] else { return nil }
        do { return try Value(own: Array(text.utf8)) } catch { throw nonsense("\"\(key)\" is not JSON: \(error)") }
    }

    func descriptions(_ key: String) throws(EnvironmentError) -> [WorkerDescription] {
        guard case .array(let values) = try value(key) else { throw nonsense("\"\(key)\" is not an array") }
        return values.compactMap(WorkerDescription.init)
    }

    func space(_ key: String) throws(EnvironmentError) -> Space {
        guard let value = try value(key) else { throw nonsense("it says no \"\(key)\"") }
        do { return try Space(description: value) } catch { throw nonsense("its \(key) is none: \(error.reason)") }
    }

    func lanes(_ tensor: String, _ layout: Layout, count: Int) throws(EnvironmentError) -> Lanes {
        do { return try TensorCodec.lanes(tensor, layout, in: file, count: count, bounded: false) } catch {
            throw nonsense("\(error.name): \(error.reason)")
        }
    }

    func doubles(_ tensor: String, count: Int) throws(EnvironmentError) -> [Double] {
        guard let doubles = file[tensor]?.doubles, doubles.count == count else {
            throw nonsense("\(tensor) is not \(count) float64")
        }
        return doubles
    }

    func bools(_ tensor: String, count: Int) throws(EnvironmentError) -> [Bool] {
        guard let bools = file[tensor]?.bools, bools.count == count else {
            throw nonsense("\(tensor) is not \(count) booleans")
        }
        return bools
    }

    /// One info for each environment.
    func infos(count: Int) throws(EnvironmentError) -> [Value] {
        guard let value = try value("infos") else { return Array(repeating: .object([]), count: count) }
        guard case .array(let infos) = value, infos.count == count,
            infos.allSatisfy({ if case .object = $0 { true } else { false } })
        else { throw nonsense("\"infos\" is not an array of \(count) objects") }
        return infos
    }

    func frame(_ mode: RenderMode) throws(EnvironmentError) -> Frame {
        if mode == .ansi {
            guard let text = file.metadata["text"] else { throw nonsense("it drew no \"text\"") }
            return Frame(mode: mode, bytes: Array(text.utf8))
        }
        guard let tensor = file["frame"], tensor.dtype == .uint8, tensor.shape.count == 3, tensor.shape[2] == 3,
            tensor.count > 0
        else {
            throw nonsense("\"frame\" is not uint8 [height, width, 3]")
        }
        return Frame(mode: mode, width: tensor.shape[1], height: tensor.shape[0], bytes: tensor.bytes)
    }
}
