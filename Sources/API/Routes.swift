import HTTP

/// Every operation, one row each. The contract, protocol/openapi.yaml, has the same rows; a test compares them.
enum Routes {
    static let table: [Operation] = environments + agents + jobs + demonstrations + access + daemon

    /// What the query of a list may have.
    private static let page = ["limit", "cursor"]

    private typealias Life = EnvironmentOperations
    private typealias Drive = EpisodeOperations
    private typealias Old = OldOperations

    private static let environments: [Operation] = [
        Operation(.get, "/v1/environments", "listEnvironments", for: .read, query: page, Life.listEnvironments),
        Operation(.get, "/v1/environments/{env_id}", "getEnvironment", for: .read, on: .making, Life.getEnvironment),
        Operation(
            .get, "/v1/environments/{source}/{env_id}", "getHostedEnvironment", for: .read, on: .making,
            Life.getEnvironment),
        Operation(
            .get, "/v1/environments/{source}/{namespace}/{env_id}", "getNamespacedEnvironment", for: .read, on: .making,
            Life.getEnvironment),
        Operation(.get, "/v1/experts", "listExperts", for: .read, query: page, ExpertOperations.listExperts),
        Operation(.post, "/v1/envs/", "createEnv", for: .drive, on: .making, Life.createEnv),
        Operation(.get, "/v1/envs/", "listEnvs", for: .read, Life.listEnvs),
        Operation(.get, "/v1/envs/{instance_id}", "getEnv", for: .read, query: ["include"], Life.getEnv),
        Operation(.delete, "/v1/envs/{instance_id}", "deleteEnv", for: .drive, on: .instance, Life.deleteEnv),
        Operation(.post, "/v1/envs/{instance_id}/reset/", "reset", for: .drive, on: .instance, Drive.reset),
        Operation(
            .post, "/v1/envs/{instance_id}/step/", "step", for: .drive, on: .instance, body: .bulkByType,
            query: ["step"], Drive.step),
        Operation(
            .post, "/v1/envs/{instance_id}/rollout", "rollout", for: .drive, on: .instanceAtLength,
            RolloutOperation.rollout),
        Operation(
            .post, "/v1/envs/{instance_id}/snapshot", "snapshot", for: .drive, on: .instanceAtLength,
            SnapshotOperations.snapshot),
        Operation(
            .post, "/v1/envs/{instance_id}/restore", "restore", for: .drive, on: .instanceAtLength, body: .bulk,
            SnapshotOperations.restore),
        Operation(
            .post, "/v1/envs/{instance_id}/fork", "fork", for: .drive, on: .instanceAtLength, SnapshotOperations.fork),
        Operation(
            .get, "/v1/envs/{instance_id}/render", "render", for: .read, on: .instanceAtLength,
            query: ["mode", "env_index"], RenderOperation.render),
        Operation(.get, "/v1/envs/{instance_id}/action_space/", "getActionSpace", for: .read, Old.getActionSpace),
        Operation(
            .get, "/v1/envs/{instance_id}/action_space/sample", "sampleAction", for: .drive, on: .instance,
            Old.sampleAction),
        Operation(
            .get, "/v1/envs/{instance_id}/action_space/contains/{x}", "containsAction", for: .read, Old.containsAction),
        Operation(
            .get, "/v1/envs/{instance_id}/action_space/contains", "containsNothing", for: .read, Old.containsNothing),
        Operation(
            .get, "/v1/envs/{instance_id}/observation_space/", "getObservationSpace", for: .read,
            Old.getObservationSpace),
        Operation(
            .post, "/v1/envs/{instance_id}/observation_space/contains", "containsObservation", for: .read,
            Old.containsObservation),
        Operation(
            .post, "/v1/envs/{instance_id}/monitor/start/", "startMonitor", for: .drive, on: .making, Old.startMonitor),
        Operation(
            .post, "/v1/envs/{instance_id}/monitor/close/", "closeMonitor", for: .drive, on: .worker, Old.closeMonitor),
        Operation(.post, "/v1/envs/{instance_id}/close/", "closeEnv", for: .drive, on: .instance, Old.closeEnv),
        Operation(.post, "/v1/upload/", "upload", for: .drive, Old.upload),
    ]

    private static let agents: [Operation] = [
        Operation(
            .post, "/v1/agents/", "createAgent", for: .train, on: .making, body: .bulkByType, query: AgentReader.known,
            AgentOperations.createAgent),
        Operation(.get, "/v1/agents/", "listAgents", for: .read, query: page, AgentOperations.listAgents),
        Operation(.get, "/v1/agents/{agent_id}", "getAgent", for: .read, AgentOperations.getAgent),
        Operation(
            .delete, "/v1/agents/{agent_id}", "deleteAgent", for: .train, on: .worker, AgentOperations.deleteAgent),
        Operation(
            .post, "/v1/agents/{agent_id}/act/", "act", for: .drive, body: .bulkByType,
            query: ["deterministic", "exact", "version", "include"], ActOperation.act),
        Operation(
            .post, "/v1/agents/{agent_id}/train/", "train", for: .train, on: .making, query: ["wait"],
            TrainOperation.train),
        Operation(
            .post, "/v1/agents/{agent_id}/observe/", "observe", for: .train, on: .worker, body: .bulkByType,
            query: ["learn"],
            isDurable: false,
            ObserveOperation.observe),
        Operation(
            .get, "/v1/agents/{agent_id}/labels", "getLabels", for: .read, query: page, LabelOperations.getLabels),
        Operation(
            .post, "/v1/agents/{agent_id}/labels", "postLabels", for: .train, on: .making, LabelOperations.postLabels),
        Operation(
            .post, "/v1/agents/{agent_id}/evaluate/", "evaluate", for: .train, on: .making, EvaluateOperation.evaluate),
        Operation(
            .get, "/v1/agents/{agent_id}/policy", "getPolicy", for: .read, on: .worker, query: ["format", "version"],
            VersionOperations.getPolicy),
        Operation(
            .put, "/v1/agents/{agent_id}/policy", "putPolicy", for: .train, on: .worker, body: .bulk,
            VersionOperations.putPolicy),
        Operation(
            .get, "/v1/agents/{agent_id}/action_features", "getActionFeatures", for: .read, on: .worker,
            ActionFeatureOperations.getActionFeatures),
        Operation(
            .put, "/v1/agents/{agent_id}/action_features", "putActionFeatures", for: .train, on: .worker,
            body: .bulkByType,
            ActionFeatureOperations.putActionFeatures),
        Operation(
            .patch, "/v1/agents/{agent_id}/action_features", "patchActionFeatures", for: .train, on: .worker,
            body: .bulkByType,
            ActionFeatureOperations.patchActionFeatures),
        Operation(
            .get, "/v1/agents/{agent_id}/action_index", "getActionIndex", for: .read,
            ActionIndexOperations.getActionIndex),
        Operation(
            .put, "/v1/agents/{agent_id}/action_index", "putActionIndex", for: .train, on: .worker,
            ActionIndexOperations.putActionIndex),
        Operation(
            .delete, "/v1/agents/{agent_id}/action_index", "deleteActionIndex", for: .train, on: .worker,
            ActionIndexOperations.deleteActionIndex),
        Operation(.get, "/v1/agents/{agent_id}/guard", "getGuard", for: .read, GuardOperations.getGuard),
        Operation(.put, "/v1/agents/{agent_id}/guard", "putGuard", for: .admin, on: .worker, GuardOperations.putGuard),
        Operation(
            .delete, "/v1/agents/{agent_id}/guard", "deleteGuard", for: .admin, on: .worker,
            GuardOperations.deleteGuard),
        Operation(
            .post, "/v1/agents/{agent_id}/kill", "killAgent", for: .train, on: .urgent, adds: false,
            GuardOperations.killAgent),
        Operation(
            .post, "/v1/agents/{agent_id}/revive", "reviveAgent", for: .admin, on: .worker,
            GuardOperations.reviveAgent),
        Operation(
            .get, "/v1/agents/{agent_id}/versions/{version}/card", "getCard", for: .read, on: .worker,
            CardOperation.getCard),
        Operation(
            .get, "/v1/agents/{agent_id}/versions", "listVersions", for: .read, on: .worker, query: page,
            VersionOperations.listVersions),
        Operation(
            .post, "/v1/agents/{agent_id}/rollback", "rollback", for: .train, on: .worker, VersionOperations.rollback),
    ]

    private static let jobs: [Operation] = [
        Operation(.get, "/v1/jobs/", "listJobs", for: .read, on: .worker, query: page, JobOperations.listJobs),
        Operation(.get, "/v1/jobs/{job_id}", "getJob", for: .read, JobOperations.getJob),
        Operation(.delete, "/v1/jobs/{job_id}", "cancelJob", for: .train, on: .worker, JobOperations.cancelJob),
        Operation(.get, "/v1/jobs/{job_id}/events", "streamJob", for: .read, JobEvents.streamJob),
        Operation(
            .get, "/v1/jobs/{job_id}/metrics", "getJobMetrics", for: .read, on: .worker, query: ["format"],
            JobOperations.getJobMetrics),
    ]

    private typealias Demonstrate = DemonstrationOperations

    private static let demonstrations: [Operation] = [
        Operation(
            .post, "/v1/demonstrations/", "createDemonstrations", for: .train, on: .making, body: .bulkByType,
            query: AboutReader.known,
            Demonstrate.createDemonstrations),
        Operation(
            .get, "/v1/demonstrations/", "listDemonstrations", for: .read, on: .worker, query: page,
            Demonstrate.listDemonstrations),
        Operation(
            .get, "/v1/demonstrations/{demonstration_id}", "getDemonstrations", for: .read, on: .worker,
            Demonstrate.getDemonstrations),
        Operation(
            .delete, "/v1/demonstrations/{demonstration_id}", "deleteDemonstrations", for: .train, on: .worker,
            Demonstrate.deleteDemonstrations),
        Operation(
            .post, "/v1/demonstrations/{demonstration_id}/episodes", "addEpisodes", for: .train, on: .making,
            body: .bulkByType,
            EpisodeListOperations.addEpisodes),
        Operation(
            .get, "/v1/demonstrations/{demonstration_id}/episodes", "listEpisodes", for: .read, on: .worker,
            query: page + ["include"],
            EpisodeListOperations.listEpisodes),
        Operation(
            .get, "/v1/demonstrations/{demonstration_id}/file", "getDemonstrationFile", for: .read, on: .worker,
            query: ["format"],
            EpisodeListOperations.getFile),
        Operation(
            .get, "/v1/demonstrations/{demonstration_id}/quality", "getDemonstrationQuality", for: .read, on: .worker,
            Demonstrate.getQuality),
    ]

    private static let access: [Operation] = [
        Operation(.post, "/v1/tokens/", "createToken", for: .admin, on: .worker, TokenOperations.createToken),
        Operation(.get, "/v1/tokens/", "listTokens", for: .admin, query: page, TokenOperations.listTokens),
        Operation(.get, "/v1/tokens/{token_id}", "getToken", for: .admin, TokenOperations.getToken),
        Operation(
            .delete, "/v1/tokens/{token_id}", "revokeToken", for: .admin, on: .worker, TokenOperations.revokeToken),
    ]

    private static let daemon: [Operation] = [
        Operation(
            .get, "/v1/audit", "listAudit", for: .admin, on: .worker, query: page + ["event", "id", "since"],
            AuditOperations.listAudit),
        Operation(.get, "/v1/audit/head", "getAuditHead", for: .admin, on: .worker, AuditOperations.getAuditHead),
        Operation(.post, "/v1/shutdown/", "shutdown", for: .runner, on: .worker, DaemonOperations.shutdown),
        Operation(.get, "/v1/backup", "backup", for: .runner, on: .worker, BackupOperation.backup),
        Operation(
            .put, "/v1/backup", "restoreBackup", for: .runner, on: .worker, body: .bulk, BackupOperation.restore),
        Operation(.get, "/livez", "livez", for: .anyone, query: nil, DaemonOperations.livez),
        Operation(.get, "/readyz", "readyz", for: .anyone, on: .worker, query: nil, DaemonOperations.readyz),
        Operation(.get, "/metrics", "metrics", for: .read, query: nil, DaemonOperations.metrics),
        Operation(.get, "/openapi.json", "openapi", for: .anyone, query: nil, DaemonOperations.openapi),
    ]
}
