import Gym
import HTTP
import Hosting
import JSON
import Learning
import Store

/// The life of an agent: made, described, listed, deleted; its versions and its policy file.
enum AgentOperations {
    static func createAgent(_ call: Call) throws(Problem) -> Reply {
        let request = try AgentReader.request(call)
        let agent: Agent
        do { agent = try call.hall.agents.create(request) } catch { throw Problem(error) }
        return .json(
            describe(agent, clock: call.hall.clock), status: 201, headers: [("Location", "/v1/agents/\(agent.id)")])
    }

    static func listAgents(_ call: Call) throws(Problem) -> Reply {
        let page = try Page(call, of: call.hall.agents.all(of: call.tenant)) { $0.id.description }
        return page.reply(page.items.map { describe($0, clock: call.hall.clock) })
    }

    static func getAgent(_ call: Call) throws(Problem) -> Reply {
        return .json(describe(try call.agent(), clock: call.hall.clock))
    }

    static func deleteAgent(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        do { try call.hall.jobs.delete(agent) } catch { throw Problem(error) }
        return .json([:])
    }

    static func describe(_ agent: Agent, clock: WallClock) -> Value {
        guard case .object(let configuration) = agent.configuration.value else { return [:] }
        let progress = agent.progress
        let described = configuration.map { member -> Value.Member in
            member.key == "action_index" ? .init(member.key, agent.indexStatus?.value ?? .null) : member
        }
        let state: [Value.Member] = [
            .init("policy_version", .int(Int64(agent.served.version))), .init("steps", .int(Int64(progress.steps))),
            .init("episodes", .int(Int64(progress.episodes))), .init("updates", .int(Int64(progress.updates))),
            .init("pending_updates", .int(Int64(progress.pendingUpdates))),
            .init("observed_return", .double(progress.observedReturn)),
            .init("job_id", .string(agent.job?.description)),
            .init("last_evaluation", progress.evaluation ?? .null),
            .init("guarded", .bool(agent.limits != nil)), .init("killed", agent.killed?.described(clock) ?? .null),
            .init("created_at", .string(clock.timestamp(agent.createdAt))),
        ]
        return .object([.init("agent_id", .string(agent.id.description))] + described + state)
    }
}

/// Versions of a policy.
enum VersionOperations {
    static func listVersions(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let versions: [VersionRecord]
        do { versions = try call.hall.agents.versions(of: agent) } catch { throw Problem(error) }
        let page = try Page(call, of: versions) { String($0.version) }
        return page.reply(page.items.map { describe($0, clock: call.hall.clock) })
    }

    static func rollback(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        let fields = try call.requiredFields(["version"])
        guard let version = try fields.int("version", in: 0...Int(Int32.max)) else {
            throw Problem(.missingParameter, "the field \"version\" is required", at: "/version")
        }
        do {
            return .json(describe(try call.hall.agents.rollBack(agent, to: version), clock: call.hall.clock))
        } catch {
            throw Problem(error)
        }
    }

    static func getPolicy(_ call: Call) throws(Problem) -> Reply {
        enum Format: String, CaseIterable { case safetensors }
        _ = try call.queryWord("format", of: Format.self)
        let agent = try call.agent()
        let version = try call.queryInt("version", in: 0...Int(Int32.max))
        let served: Agent.Served
        do { served = try call.hall.agents.policy(version, of: agent) } catch { throw Problem(error) }
        let file = served.file(of: agent)
        return Reply(
            contentType: Call.tensors, headers: [("ETag", "\"\(agent.id)-\(served.version)\"")], body: file.encoded())
    }

    static func putPolicy(_ call: Call) throws(Problem) -> Reply {
        let agent = try call.agent()
        guard try call.hasTensors() else {
            throw Problem(.unsupportedMediaType, "a policy is sent as Content-Type: \(Call.tensors)")
        }
        let file = try call.tensors()
        do {
            return .json(describe(try call.hall.agents.upload(file, to: agent), clock: call.hall.clock))
        } catch {
            throw Problem(error)
        }
    }

    private static func describe(_ record: VersionRecord, clock: WallClock) -> Value {
        let lineage = try? Value(json: record.lineage)
        return [
            "version": .int(Int64(record.version)), "created_at": .string(clock.timestamp(record.createdAt)),
            "steps": .int(Int64(record.steps)), "updates": .int(Int64(record.updates)),
            "evaluation": record.evaluation.flatMap { try? Value(json: $0) } ?? .null,
            "parents": lineage?["parents"] ?? [], "demonstrations": lineage?["demonstrations"] ?? [],
            "experts": lineage?["experts"] ?? [],
        ]
    }
}

extension Call {
    /// The agent that the path names.
    func agent() throws(Problem) -> Agent {
        guard let agent = identifier.flatMap({ hall.agents.find($0, of: tenant) }) else {
            throw Problem(.notFound, "there is no agent \(exchange.segment(0))")
        }
        return agent
    }

    /// The job that the path names.
    func job() throws(Problem) -> Job {
        guard let job = identifier.flatMap({ hall.jobs.find($0, of: tenant) }) else {
            throw Problem(.notFound, "there is no job \(exchange.segment(0))")
        }
        return job
    }
}
