/// What to try first, for a person with curl.
struct Hints {
    let text: String

    /// - Parameter url: where the daemon listens, as `ListenAddress.url` writes it.
    init(url: String) {
        let isUnix = url.hasPrefix("unix:")
        let curl = isUnix ? "curl -s --unix-socket \(url.dropFirst(5))" : "curl -s"
        let base = isUnix ? "http://localhost" : url
        text = """

            lamd serves at \(url). In another terminal, an episode:

              \(curl) \(base)/v1/environments/CartPole-v1
              id=$(\(curl) --json '{"env_id": "CartPole-v1"}' \(base)/v1/envs/ | sed 's/.*"instance_id":"\\([0-9a-f]*\\)".*/\\1/')
              \(curl) --json '{"seed": 42}' \(base)/v1/envs/$id/reset/
              \(curl) --json '{"action": 1}' \(base)/v1/envs/$id/step/
              \(curl) \(base)/v1/envs/$id/render > cartpole.svg

            An agent that learns, and what it would do:

              id=$(\(curl) --json '{"env_id": "CartPole-v1"}' \(base)/v1/agents/ | sed 's/.*"agent_id":"\\([0-9a-f]*\\)".*/\\1/')
              \(curl) --json '{"target_return": 475}' "\(base)/v1/agents/$id/train/?wait=true"
              \(curl) --json '{"observation": [0.0, 0.0, 0.05, 0.0]}' \(base)/v1/agents/$id/act/

            The whole API: \(curl) \(base)/openapi.json. Ctrl-C stops.

            """
    }
}
