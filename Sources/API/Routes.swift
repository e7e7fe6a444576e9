import HTTP

/// Every operation, one row each. The contract, protocol/openapi.yaml, has the same rows; a test compares them.
enum Routes {
    static let table: [Operation] = environments + daemon

    private typealias Life = EnvironmentOperations
    private typealias Drive = EpisodeOperations
    private typealias Old = OldOperations

    private static let environments: [Operation] = [
        Operation(.get, "/v1/environments", "listEnvironments", Life.listEnvironments),
        Operation(.get, "/v1/environments/{env_id}", "getEnvironment", Life.getEnvironment),
        Operation(.post, "/v1/envs/", "createEnv", on: .worker, Life.createEnv),
        Operation(.get, "/v1/envs/", "listEnvs", Life.listEnvs),
        Operation(.get, "/v1/envs/{instance_id}", "getEnv", Life.getEnv),
        Operation(.delete, "/v1/envs/{instance_id}", "deleteEnv", Life.deleteEnv),
        Operation(.post, "/v1/envs/{instance_id}/reset/", "reset", Drive.reset),
        Operation(.post, "/v1/envs/{instance_id}/step/", "step", body: .bulkByType, Drive.step),
        Operation(.post, "/v1/envs/{instance_id}/rollout", "rollout", on: .worker, RolloutOperation.rollout),
        Operation(.post, "/v1/envs/{instance_id}/snapshot", "snapshot", on: .worker, SnapshotOperations.snapshot),
        Operation(
            .post, "/v1/envs/{instance_id}/restore", "restore", on: .worker, body: .bulk, SnapshotOperations.restore),
        Operation(.post, "/v1/envs/{instance_id}/fork", "fork", on: .worker, SnapshotOperations.fork),
        Operation(.get, "/v1/envs/{instance_id}/render", "render", on: .worker, RenderOperation.render),
        Operation(.get, "/v1/envs/{instance_id}/action_space/", "getActionSpace", Old.getActionSpace),
        Operation(.get, "/v1/envs/{instance_id}/action_space/sample", "sampleAction", Old.sampleAction),
        Operation(.get, "/v1/envs/{instance_id}/action_space/contains/{x}", "containsAction", Old.containsAction),
        Operation(.get, "/v1/envs/{instance_id}/action_space/contains", "containsNothing", Old.containsNothing),
        Operation(.get, "/v1/envs/{instance_id}/observation_space/", "getObservationSpace", Old.getObservationSpace),
        Operation(
            .post, "/v1/envs/{instance_id}/observation_space/contains", "containsObservation", Old.containsObservation),
        Operation(.post, "/v1/envs/{instance_id}/monitor/start/", "startMonitor", Old.startMonitor),
        Operation(.post, "/v1/envs/{instance_id}/monitor/close/", "closeMonitor", Old.closeMonitor),
        Operation(.post, "/v1/envs/{instance_id}/close/", "closeEnv", Old.closeEnv),
        Operation(.post, "/v1/upload/", "upload", Old.upload),
    ]

    private static let daemon: [Operation] = [
        Operation(.post, "/v1/shutdown/", "shutdown", DaemonOperations.shutdown),
        Operation(.get, "/livez", "livez", DaemonOperations.livez),
        Operation(.get, "/readyz", "readyz", on: .worker, DaemonOperations.readyz),
        Operation(.get, "/metrics", "metrics", DaemonOperations.metrics),
        Operation(.get, "/openapi.json", "openapi", DaemonOperations.openapi),
    ]
}
