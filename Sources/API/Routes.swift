import HTTP

/// Every operation, one row each. The contract, protocol/openapi.yaml, has the same rows; a test compares them.
enum Routes {
    static let table: [Operation] = environments + agents + jobs + demonstrations + daemon

    private typealias Life = EnvironmentOperations
    private typealias Drive = EpisodeOperations
    private typealias Old = OldOperations

    private static let environments: [Operation] = [
        Operation(.get, "/v1/environments", "listEnvironments", Life.listEnvironments),
        Operation(.get, "/v1/environments/{env_id}", "getEnvironment", on: .making, Life.getEnvironment),
        Operation(
            .get, "/v1/environments/{source}/{env_id}", "getHostedEnvironment", on: .making, Life.getEnvironment),
        Operation(
            .get, "/v1/environments/{source}/{namespace}/{env_id}", "getNamespacedEnvironment", on: .making,
            Life.getEnvironment),
        Operation(.get, "/v1/experts", "listExperts", ExpertOperations.listExperts),
        Operation(.post, "/v1/envs/", "createEnv", on: .making, Life.createEnv),
        Operation(.get, "/v1/envs/", "listEnvs", Life.listEnvs),
        Operation(.get, "/v1/envs/{instance_id}", "getEnv", Life.getEnv),
        Operation(.delete, "/v1/envs/{instance_id}", "deleteEnv", on: .instance, Life.deleteEnv),
        Operation(.post, "/v1/envs/{instance_id}/reset/", "reset", on: .instance, Drive.reset),
        Operation(
            .post, "/v1/envs/{instance_id}/step/", "step", on: .instance, body: .bulkByType, Drive.step),
        Operation(.post, "/v1/envs/{instance_id}/rollout", "rollout", on: .instanceAtLength, RolloutOperation.rollout),
        Operation(
            .post, "/v1/envs/{instance_id}/snapshot", "snapshot", on: .instanceAtLength, SnapshotOperations.snapshot),
        Operation(
            .post, "/v1/envs/{instance_id}/restore", "restore", on: .instanceAtLength, body: .bulk,
            SnapshotOperations.restore),
        Operation(.post, "/v1/envs/{instance_id}/fork", "fork", on: .instanceAtLength, SnapshotOperations.fork),
        Operation(.get, "/v1/envs/{instance_id}/render", "render", on: .instanceAtLength, RenderOperation.render),
        Operation(.get, "/v1/envs/{instance_id}/action_space/", "getActionSpace", Old.getActionSpace),
        Operation(
            .get, "/v1/envs/{instance_id}/action_space/sample", "sampleAction", on: .instance,
            Old.sampleAction),
        Operation(.get, "/v1/envs/{instance_id}/action_space/contains/{x}", "containsAction", Old.containsAction),
        Operation(.get, "/v1/envs/{instance_id}/action_space/contains", "containsNothing", Old.containsNothing),
        Operation(.get, "/v1/envs/{instance_id}/observation_space/", "getObservationSpace", Old.getObservationSpace),
        Operation(
            .post, "/v1/envs/{instance_id}/observation_space/contains", "containsObservation", Old.containsObservation),
        Operation(.post, "/v1/envs/{instance_id}/monitor/start/", "startMonitor", on: .making, Old.startMonitor),
        Operation(.post, "/v1/envs/{instance_id}/monitor/close/", "closeMonitor", on: .worker, Old.closeMonitor),
        Operation(.post, "/v1/envs/{instance_id}/close/", "closeEnv", on: .instance, Old.closeEnv),
        Operation(.post, "/v1/upload/", "upload", Old.upload),
    ]

    private static let agents: [Operation] = [
        Operation(
            .post, "/v1/agents/", "createAgent", on: .making, body: .bulkByType, AgentOperations.createAgent),
        Operation(.get, "/v1/agents/", "listAgents", AgentOperations.listAgents),
        Operation(.get, "/v1/agents/{agent_id}", "getAgent", AgentOperations.getAgent),
        Operation(.delete, "/v1/agents/{agent_id}", "deleteAgent", on: .worker, AgentOperations.deleteAgent),
        Operation(.post, "/v1/agents/{agent_id}/act/", "act", body: .bulkByType, ActOperation.act),
        Operation(.post, "/v1/agents/{agent_id}/train/", "train", on: .making, TrainOperation.train),
        Operation(
            .post, "/v1/agents/{agent_id}/observe/", "observe", on: .worker, body: .bulkByType,
            ObserveOperation.observe),
        Operation(.get, "/v1/agents/{agent_id}/labels", "getLabels", LabelOperations.getLabels),
        Operation(.post, "/v1/agents/{agent_id}/labels", "postLabels", on: .making, LabelOperations.postLabels),
        Operation(.post, "/v1/agents/{agent_id}/evaluate/", "evaluate", on: .making, EvaluateOperation.evaluate),
        Operation(.get, "/v1/agents/{agent_id}/policy", "getPolicy", on: .worker, VersionOperations.getPolicy),
        Operation(
            .put, "/v1/agents/{agent_id}/policy", "putPolicy", on: .worker, body: .bulk, VersionOperations.putPolicy),
        Operation(
            .get, "/v1/agents/{agent_id}/action_features", "getActionFeatures", on: .worker,
            ActionFeatureOperations.getActionFeatures),
        Operation(
            .put, "/v1/agents/{agent_id}/action_features", "putActionFeatures", on: .worker, body: .bulkByType,
            ActionFeatureOperations.putActionFeatures),
        Operation(
            .patch, "/v1/agents/{agent_id}/action_features", "patchActionFeatures", on: .worker, body: .bulkByType,
            ActionFeatureOperations.patchActionFeatures),
        Operation(
            .get, "/v1/agents/{agent_id}/action_index", "getActionIndex", ActionIndexOperations.getActionIndex),
        Operation(
            .put, "/v1/agents/{agent_id}/action_index", "putActionIndex", on: .worker,
            ActionIndexOperations.putActionIndex),
        Operation(
            .delete, "/v1/agents/{agent_id}/action_index", "deleteActionIndex", on: .worker,
            ActionIndexOperations.deleteActionIndex),
        Operation(.get, "/v1/agents/{agent_id}/versions", "listVersions", on: .worker, VersionOperations.listVersions),
        Operation(.post, "/v1/agents/{agent_id}/rollback", "rollback", on: .worker, VersionOperations.rollback),
    ]

    private static let jobs: [Operation] = [
        Operation(.get, "/v1/jobs/", "listJobs", on: .worker, JobOperations.listJobs),
        Operation(.get, "/v1/jobs/{job_id}", "getJob", JobOperations.getJob),
        Operation(.delete, "/v1/jobs/{job_id}", "cancelJob", on: .worker, JobOperations.cancelJob),
        Operation(.get, "/v1/jobs/{job_id}/events", "streamJob", JobEvents.streamJob),
        Operation(.get, "/v1/jobs/{job_id}/metrics", "getJobMetrics", on: .worker, JobOperations.getJobMetrics),
    ]

    private typealias Demonstrate = DemonstrationOperations

    private static let demonstrations: [Operation] = [
        Operation(
            .post, "/v1/demonstrations/", "createDemonstrations", on: .making, body: .bulkByType,
            Demonstrate.createDemonstrations),
        Operation(.get, "/v1/demonstrations/", "listDemonstrations", on: .worker, Demonstrate.listDemonstrations),
        Operation(
            .get, "/v1/demonstrations/{demonstration_id}", "getDemonstrations", on: .worker,
            Demonstrate.getDemonstrations),
        Operation(
            .delete, "/v1/demonstrations/{demonstration_id}", "deleteDemonstrations", on: .worker,
            Demonstrate.deleteDemonstrations),
        Operation(
            .post, "/v1/demonstrations/{demonstration_id}/episodes", "addEpisodes", on: .making, body: .bulkByType,
            EpisodeListOperations.addEpisodes),
        Operation(
            .get, "/v1/demonstrations/{demonstration_id}/episodes", "listEpisodes", on: .worker,
            EpisodeListOperations.listEpisodes),
        Operation(
            .get, "/v1/demonstrations/{demonstration_id}/file", "getDemonstrationFile", on: .worker,
            EpisodeListOperations.getFile),
        Operation(
            .get, "/v1/demonstrations/{demonstration_id}/quality", "getDemonstrationQuality", on: .worker,
            Demonstrate.getQuality),
    ]

    private static let daemon: [Operation] = [
        Operation(.post, "/v1/shutdown/", "shutdown", DaemonOperations.shutdown),
        Operation(.get, "/v1/backup", "backup", on: .worker, BackupOperation.backup),
        Operation(.get, "/livez", "livez", DaemonOperations.livez),
        Operation(.get, "/readyz", "readyz", on: .worker, DaemonOperations.readyz),
        Operation(.get, "/metrics", "metrics", DaemonOperations.metrics),
        Operation(.get, "/openapi.json", "openapi", DaemonOperations.openapi),
    ]
}
