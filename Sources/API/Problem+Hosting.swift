import Gym
import Hosting
import JSON
import Learning
import Store

/// The one place where what a module throws becomes a problem.
extension Problem {
    init(_ error: HostingError) {
        switch error {
        case .unknownSession(let id): self.init(.unknownInstance, "Instance_id \(id) unknown", status: 404)
        case .unknownAgent(let id): self.init(.notFound, "there is no agent \(id)")
        case .unknownJob(let id): self.init(.notFound, "there is no job \(id)")
        case .unknownVersion(let version, let agent):
            self.init(.notFound, "agent \(agent) has no version \(version)")
        case .unknownDemonstrations(let id): self.init(.notFound, "there are no demonstrations \(id)")
        case .tooManySessions(let limit):
            self.init(
                .tooMany, "there are \(limit) instances, as many as are allowed; close some, or raise --max-sessions",
                retryAfter: 60)
        case .tooManyEnvironments(let limit):
            self.init(
                .tooMany, "the instances may have \(limit) environments in all; close some", at: "/num_envs",
                retryAfter: 60)
        case .tooManyAgents(let limit):
            self.init(.tooMany, "there are \(limit) agents, as many as are allowed; delete some", retryAfter: 60)
        case .agentsTooLarge(let bytes, let limit):
            self.init(
                .tooMany,
                "all agents together would take \(bytes) bytes of memory, and may take \(limit); delete some, or raise "
                    + "--agent-memory", retryAfter: 60)
        case .tooManyDemonstrations(let limit):
            self.init(
                .tooMany, "there are \(limit) sets of demonstrations, as many as are allowed; delete some",
                retryAfter: 60)
        case .nameTaken(let name, let id):
            self.init(
                .nameTaken,
                "demonstrations \(id) have the name \"\(name)\"; add to them with POST /v1/demonstrations/\(id)/episodes, "
                    + "or choose another name", at: "/name")
        case .demonstrationsFull(let reason): self.init(.tooMany, "\(reason); begin another")
        case .demonstrationsInUse(let id, let user):
            self.init(.inUse, "demonstrations \(id) are in use: \(user)", retryAfter: 5)
        case .agentInUse(let id, let user):
            self.init(.inUse, "agent \(id) is in use: \(user)", retryAfter: 5)
        case .sessionBusy(let id):
            self.init(
                .sessionBusy, "a rollout or another process holds instance \(id); try again when it is done",
                retryAfter: 1)
        case .agentBusy(let agent, let job):
            self.init(.agentBusy, "job \(job) trains agent \(agent); cancel it or wait for it", retryAfter: 5)
        case .agentKilled(let agent, let killed):
            self.init(
                .agentKilled,
                "\(killed.by) turned agent \(agent) off\(killed.reason.map { ": \($0)" } ?? ""); an administrator has it act "
                    + "again: POST /v1/agents/\(agent)/revive")
        case .refused(let row, let rules):
            self.init(
                .guardRefused,
                "row \(row): \(rules.words.joined(separator: ", ")) refuses what the policy would do, and the guard has no "
                    + "fallback")
        case .noGuard(let agent):
            self.init(.notFound, "agent \(agent) has no guard; PUT /v1/agents/\(agent)/guard gives it one")
        case .noActionFeatures(let agent):
            self.init(
                .notFound,
                "agent \(agent) has no action features; PUT /v1/agents/\(agent)/action_features gives it some")
        case .hasLearned(let agent):
            self.init(
                .hasLearned,
                "agent \(agent) has learned without action features; make another one with them: POST /v1/agents/ takes "
                    + "action_features")
        case .notEmbedded(let agent):
            self.init(
                .invalidValue,
                "agent \(agent) scores each action by itself; an index is for actions with action_features, or for more than "
                    + "4,096", at: "")
        case .noActionIndex(let agent):
            self.init(
                .notFound, "agent \(agent) has no action index; PUT /v1/agents/\(agent)/action_index asks for one")
        case .stepConflict(let sent, let expected):
            self.init(.stepMismatch, "step \(sent) was sent, \(expected) comes next", at: "/step", step: expected)
        case .quotaExceeded(let quota):
            self.init(.tooMany, quota.sentence, retryAfter: quota.seconds)
            self.quota = quota
        case .invalid(let field, let reason): self.init(.invalidValue, reason, at: field.isEmpty ? "" : "/" + field)
        case .environment(let error): self.init(error)
        case .learning(let error): self.init(error)
        case .store(let error): self.init(error)
        case .corrupt(let reason): self.init(.internalError, reason)
        case .draining: self.init(.unavailable, "the daemon is shutting down", retryAfter: 5)
        }
    }

    init(_ error: EnvironmentError) {
        switch error {
        case .unknownEnvironment(let id, _):
            self.init(.unknownEnvironment, "Attempted to look up malformed environment ID '\(id)'", at: "/env_id")
        case .unknownExpert(let id, let environment, let known):
            let rest = known.isEmpty ? "it has none" : "it has " + known.joined(separator: ", ")
            self.init(.invalidValue, "\(environment) has no scripted expert \"\(id)\"; \(rest)", at: "/expert")
        case .invalidKwarg(let name, let reason):
            self.init(.invalidValue, reason, at: Self.pointer("kwargs", name))
        case .invalidOption(let name, let reason):
            self.init(.invalidValue, reason, at: Self.pointer("options", name))
        case .invalidArgument(let name, let reason): self.init(.invalidValue, reason, at: "/\(name)")
        case .resetNeeded(let index):
            self.init(
                .resetNeeded, "the episode of environment \(index) is over or has not begun; reset the instance first")
        case .unsupportedRenderMode(let mode, let supported):
            self.init(
                .invalidValue, "there is no mode \(mode) here; there are \(supported.joined(separator: ", "))",
                at: "?mode")
        case .unknownHosted(let reason): self.init(.unknownEnvironment, reason, at: "/env_id")
        case .unsavable(let id):
            self.init(
                .invalidValue,
                "\(id) lives in another process, which cannot save it: it can be neither snapshotted nor forked", at: ""
            )
        case .workerFailed(let reason): self.init(.workerFailed, reason)
        case .tooManyHosted(let limit):
            self.init(
                .tooMany,
                "other processes host as many environments as they may, \(limit); close some, or raise "
                    + "--worker-environments", at: "/num_envs", retryAfter: 60)
        case .invalidSnapshot(let reason):
            self.init(.invalidValue, "not a snapshot to restore: \(reason)", at: "/snapshot")
        }
    }

    /// - Parameter name: as a client wrote it; empty where the whole object is at fault.
    private static func pointer(_ object: String, _ name: String) -> String {
        let whole = JSONPointer.root.appending(object)
        return (name.isEmpty ? whole : whole.appending(name)).description
    }

    init(_ error: LearningError) {
        switch error {
        case .unsupportedSpace(let role, let reason): self.init(.invalidValue, reason, at: "/\(role.rawValue)_space")
        case .invalidHyperparameter(let name, let reason, let phase):
            var pointer = JSONPointer.root
            if let phase { pointer = pointer.appending("phases").appending(phase) }
            pointer.append("hyperparameters")
            for part in name.split(separator: ".") { pointer.append(String(part)) }
            self.init(.invalidValue, reason, at: pointer.description)
        case .invalidRequest(let name, let reason): self.init(.invalidValue, reason, at: "/\(name)")
        case .invalidMask(let row, let reason): self.init(.invalidValue, "row \(row): \(reason)", at: "/action_mask")
        case .invalidCheckpoint(let reason): self.init(.invalidValue, reason, at: "")
        case .diverged: self.init(.internalError, error.divergence ?? "")
        case .environment(let error): self.init(error)
        case .interrupted: self.init(.unavailable, "it was told to stop before its end", retryAfter: 5)
        }
    }

    init(_ error: StoreError) {
        switch error {
        case .invalidTensors(let reason): self.init(.invalidValue, reason, at: "")
        case .full: self.init(.insufficientStorage, error.description, retryAfter: 60)
        case .damaged: self.init(.internalError, error.description)
        case .backingUp: self.init(.inUse, error.description, retryAfter: 60)
        case .invalidBackup(let reason): self.init(.invalidValue, reason, at: "")
        case .unavailable, .locked, .tooNew, .exists: self.init(.unavailable, error.description, retryAfter: 10)
        }
    }
}

extension QuotaExceeded {
    fileprivate var sentence: String {
        switch kind {
        case .sessions: "the tenant may have \(limit) instances at once; close some"
        case .steps: "the tenant may take \(limit) steps of environments in a second"
        case .jobs: "the tenant may have \(limit) jobs that have not ended"
        case .bytes: "the tenant may store \(limit) bytes; delete agents or demonstrations"
        }
    }

    /// What is left of a quota (draft-ietf-httpapi-ratelimit-headers): nothing.
    var headers: [(name: String, value: String)] {
        let window = kind == .steps ? ";w=1" : ""
        return [
            ("RateLimit-Policy", "\"\(kind.rawValue)\";q=\(limit)\(window)"),
            ("RateLimit", "\"\(kind.rawValue)\";r=0;t=\(seconds)"),
        ]
    }
}
