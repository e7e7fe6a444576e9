import Gym
import HTTP
import Hosting
import JSON
import Store

/// The episodes of a set: added, listed, downloaded.
enum EpisodeListOperations {
    /// About how long a page with data may become; it has one episode at least.
    private static let pageBytes = 16 << 20

    static func addEpisodes(_ call: Call) throws(Problem) -> Reply {
        let set = try call.demonstrations()
        let about = try call.about(set)
        let reader = try EpisodeReader(observation: about.observationSpace, action: about.actionSpace)
        let trajectories: [Trajectory]
        switch try call.form() {
        case .json:
            let fields = try call.requiredFields(["episodes"])
            trajectories = try reader.episodes(try fields.required("episodes"), at: fields.at("episodes"))
        case .lines: trajectories = try call.exchange.withBody { body throws(Problem) in try reader.lines(body) }
        case .tensors: trajectories = try EpisodeTensors.read(try call.tensors(), reader)
        }
        do { try call.hall.demonstrations.append(trajectories, to: set) } catch { throw Problem(error) }
        return .json(try DemonstrationOperations.describe(set, call))
    }

    static func listEpisodes(_ call: Call) throws(Problem) -> Reply {
        enum Include: String, CaseIterable { case data }
        let withData = try call.queryWord("include", of: Include.self) != nil
        let set = try call.demonstrations()
        let count = set.counts.episodes
        let limit = try call.queryInt("limit", in: 1...1000) ?? (withData ? 10 : 100)
        let start = try call.queryInt("cursor", in: 0...Int(Int32.max)).map { $0 + 1 } ?? 0
        let range = min(start, count)..<min(start + limit, count)
        let about = try call.about(set)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("items")
        writer.beginArray()
        var next = range.lowerBound
        for trajectory in range.isEmpty ? [] : try call.trajectories(of: set, in: range) {
            if next > range.lowerBound, writer.bytes.count > pageBytes { break }
            write(trajectory, next, about, withData: withData, to: &writer)
            next += 1
        }
        writer.endArray()
        writer.member("next_cursor", next < count && next > range.lowerBound ? .string(String(next - 1)) : .null)
        writer.endObject()
        return Reply(contentType: Call.json, body: writer.take())
    }

    private static func write(
        _ trajectory: Trajectory, _ index: Int, _ about: DemonstrationSet.About, withData: Bool,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("index", .int(Int64(index)))
        writer.member("length", .int(Int64(trajectory.length)))
        writer.member("return", .double(trajectory.episodeReturn))
        writer.member("terminated", .bool(trajectory.terminations.last ?? false))
        writer.member("truncated", .bool(trajectory.truncations.last ?? false))
        if withData {
            writer.members(of: trajectory, about.observationSpace, about.actionSpace)
        } else {
            writer.key("seed")
            if let seed = trajectory.seed { writer.value(seed) } else { writer.null() }
        }
        writer.endObject()
    }

    static func getFile(_ call: Call) throws(Problem) -> Reply {
        enum Format: String, CaseIterable { case safetensors, ndjson }
        let format = try call.queryWord("format", of: Format.self) ?? .safetensors
        let set = try call.demonstrations()
        let about = try call.about(set)
        let reader = try EpisodeReader(observation: about.observationSpace, action: about.actionSpace)
        let trajectories = try call.trajectories(of: set)
        switch format {
        case .safetensors:
            return .tensors(
                EpisodeTensors.file(
                    trajectories, observation: reader.observationLayout, action: reader.actionLayout,
                    maskWidth: reader.maskWidth, metadata: metadata(about)))
        case .ndjson:
            var writer = JSONWriter()
            writer.lines(of: trajectories, about.observationSpace, about.actionSpace)
            return Reply(contentType: "application/x-ndjson", body: writer.take())
        }
    }

    /// So that a downloaded file can be sent back as it is.
    private static func metadata(_ about: DemonstrationSet.About) -> [String: String] {
        guard case .object(let members) = about.value else { return [:] }
        var metadata: [String: String] = [:]
        for member in members where !member.value.isNull {
            metadata[member.key] = member.value.asString ?? member.value.json
        }
        return metadata
    }
}
