import Gym
import HTTP
import Hosting
import JSON
import Store

/// The catalogue, and the life of an instance: made, described, listed, closed.
enum EnvironmentOperations {
    static func listEnvironments(_ call: Call) throws(Problem) -> Reply {
        let page = try Page(call, of: call.hall.catalogue.all.sorted { $0.id < $1.id }) { $0.id }
        var items: [Value] = []
        for spec in page.items { items.append(try describe(spec, made: !spec.isHosted, in: call.hall)) }
        return page.reply(items)
    }

    static func getEnvironment(_ call: Call) throws(Problem) -> Reply {
        let id = (0..<call.exchange.segmentCount).map { call.exchange.segment($0) }.joined(separator: "/")
        do throws(Problem) {
            let spec: EnvironmentSpec
            do { spec = try call.hall.catalogue.spec(id) } catch { throw Problem(error) }
            return .json(try describe(spec, made: true, in: call.hall))
        } catch {
            throw error.kind == .unknownEnvironment ? Problem(.notFound, "there is no environment \(id)") : error
        }
    }

    /// - Parameter made: whether to make one to see its spaces, which takes long where another process hosts it.
    private static func describe(_ spec: EnvironmentSpec, made: Bool, in hall: Hall) throws(Problem) -> Value {
        let vector: (any VectorEnvironment)?
        do { vector = made ? try spec.make() : nil } catch { throw Problem(error) }
        // More may be known of it now.
        let spec = spec.isHosted && made ? (try? hall.catalogue.spec(spec.id)) ?? spec : spec
        return [
            "env_id": .string(spec.id), "observation_space": vector?.observationSpace.description ?? .null,
            "action_space": vector?.actionSpace.description ?? .null, "max_episode_steps": .int(spec.maxEpisodeSteps),
            "reward_threshold": .double(spec.rewardThreshold),
            "render_modes": .strings((vector?.renderModes ?? spec.renderModes).map(\.rawValue)),
            "render_fps": .int(Int64(spec.renderFPS)),
            "kwargs": .object(spec.parameters.map { Value.Member($0.name, $0.defaultValue) }),
            "transition_table": .bool(vector?.transitionTable != nil),
            "aliases": .strings(hall.catalogue.aliases(of: spec.id)),
            "experts": .strings(hall.catalogue.experts(for: spec).map(\.id)),
            "description": .string(spec.summary),
        ]
    }

    static func createEnv(_ call: Call) throws(Problem) -> Reply {
        let fields = try call.oldFields(
            [
                "env_id", "num_envs", "seed", "kwargs", "max_episode_steps", "autoreset_mode", "wrappers", "ttl_s",
                "record", "durable",
            ], nullable: ["seed"])
        let id = try fields.oldRequired("env_id")
        guard let id = id.string else { throw .invalid("expected a string, not \(id.kindName)", at: "/env_id") }
        let count = try fields.int("num_envs", in: 1...VectorOptions.maximumCount) ?? 1
        let (name, isDurable) = (try fields.string("record", lengths: 1...200), try fields.bool("durable") ?? false)
        guard name == nil || !isDurable else {
            throw .invalid(
                "a recorded instance cannot be durable: what is recorded of an episode that is on would not survive",
                at: "/durable")
        }
        let request = Session.Request(
            tenant: call.tenant, environment: id, kwargs: try fields.object("kwargs"),
            options: VectorOptions(
                count: count, maxEpisodeSteps: try fields.int("max_episode_steps", in: 1...Int(Int32.max)),
                autoreset: try fields.word("autoreset_mode", of: AutoresetMode.self)),
            wrappers: try wrappers(fields), seed: try fields.seed(count: count),
            timeToLive: .seconds(
                try fields.double("ttl_s", "seconds, above 0 and up to a week") { $0 > 0 && $0 <= 604_800 } ?? 3600),
            isDurable: isDurable)
        let session: Session
        do { session = try call.hall.sessions.create(request) } catch { throw Problem(error) }
        if let name {
            do { try call.hall.record(session, into: name, field: "record") } catch {
                try? call.hall.sessions.close(session)
                throw Problem(error)
            }
        }
        return .json([
            "instance_id": .string(session.id.description), "observation_space": session.observationSpace.description,
            "action_space": session.actionSpace.description, "num_envs": .int(Int64(count)),
        ])
    }

    private static func wrappers(_ fields: Fields) throws(Problem) -> [WrapperSpec] {
        guard let json = fields["wrappers"] else { return [] }
        guard json.kind == .array, json.count <= 8 else {
            throw .invalid("expected an array of at most 8 wrappers, innermost first", at: "/wrappers")
        }
        var wrappers: [WrapperSpec] = []
        for (index, element) in json.arrayElements.enumerated() {
            do { wrappers.append(try WrapperSpec(element, at: "wrappers/\(index)")) } catch { throw Problem(error) }
        }
        return wrappers
    }

    static func listEnvs(_ call: Call) throws(Problem) -> Reply {
        let instances = Value.object(
            call.hall.sessions.all(of: call.tenant).map {
                Value.Member($0.id.description, .string($0.request.environment))
            })
        return .json(["all_envs": instances, "envs": instances])
    }

    static func getEnv(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session()
        enum Include: String, CaseIterable { case transitionTable = "transition_table" }
        let include = try call.queryWord("include", of: Include.self)
        var description = try describe(session, clock: call.hall.clock)
        if include != nil, case .object(var members) = description {
            guard let table = session.transitionTable else {
                throw .invalid("\(session.spec.id) has no transition table under these kwargs", at: "?include")
            }
            members.append(.init("transition_table", Value(table)))
            description = .object(members)
        }
        return .json(description)
    }

    static func describe(_ session: Session, clock: WallClock) throws(Problem) -> Value {
        let state: Session.State
        do { state = try session.state() } catch { throw Problem(error) }
        let spec = session.spec
        return [
            "instance_id": .string(session.id.description), "env_id": .string(session.request.environment),
            "spec": [
                "kwargs": spec.resolved(session.request.kwargs),
                "max_episode_steps": .int(session.request.options.maxEpisodeSteps ?? spec.maxEpisodeSteps),
                "reward_threshold": .double(spec.rewardThreshold),
                "render_modes": .strings(session.renderModes.map(\.rawValue)),
                "render_fps": .int(Int64(spec.renderFPS)),
            ],
            "observation_space": session.observationSpace.description, "action_space": session.actionSpace.description,
            "num_envs": .int(Int64(session.count)),
            "autoreset_mode": .string(session.request.options.autoreset.rawValue),
            "seed": .int(state.lastSeed.map { Int($0) }), "step": .int(Int64(state.step)),
            "steps": .int(Int64(state.totalSteps)), "episodes": .int(Int64(state.totalEpisodes)),
            "reset_needed": .bool(state.needsReset), "created_at": .string(clock.timestamp(session.createdAt)),
            "last_used_at": .string(clock.timestamp(session.lastUsedAt)),
            "expires_at": .string(clock.timestamp(session.expiry)),
            "ttl_s": .double(session.request.timeToLive / .seconds(1)), "record": .string(session.record),
            "durable": .bool(session.isDurable),
        ]
    }

    static func deleteEnv(_ call: Call) throws(Problem) -> Reply {
        let session = try call.session()
        do { try call.hall.sessions.close(session) } catch { throw Problem(error) }
        return .json([:])
    }
}

extension Value {
    static func int(_ value: Int?) -> Value { value.map { .int(Int64($0)) } ?? .null }
    static func double(_ value: Double?) -> Value { value.map { .double($0) } ?? .null }
    static func string(_ value: String?) -> Value { value.map { .string($0) } ?? .null }

    /// Gymnasium's `P`, and where episodes begin.
    fileprivate init(_ table: TransitionTable) {
        self = [
            "transitions": .array(
                table.outcomes.map { actions in
                    .array(
                        actions.map { outcomes in
                            .array(
                                outcomes.map {
                                    [
                                        .double($0.probability), .int(Int64($0.next)), .double($0.reward),
                                        .bool($0.terminated),
                                    ]
                                })
                        })
                }),
            "initial_state_distribution": .array(table.initial.map { .double($0) }),
        ]
    }
}
