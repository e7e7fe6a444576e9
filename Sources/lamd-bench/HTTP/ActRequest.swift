/// A question to an agent of a daemon that has a network of 64 and 64 units.
struct ActRequest {
    let path: String
    let body = #"{"observation":[0.027273363,0.18847767,0.03625453,-0.26141977]}"#

    /// Makes the agent.
    init(_ client: LoopbackClient) throws {
        let id = try client.make(
            "agent_id", "/v1/agents/",
            #"{"env_id":"CartPole-v1","seed":1,"hyperparameters":{"hidden_sizes":[64,64]}}"#)
        path = "/v1/agents/\(id)/act/"
    }
}
