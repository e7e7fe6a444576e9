import Foundation
import JSON

/// Follows a job to its end, also over the daemon's restarts.
final class JobFollower {
    private let client: Client
    private let path: String
    private let labels: String
    private let progress: JobProgress
    private var lastEvent: String?
    private var finished: Answer?

    /// How long the daemon may be away.
    private static let patience = Duration.seconds(60)

    /// - Parameter agent: whom the job trains.
    init(_ client: Client, job id: String, of agent: String, progress: JobProgress) {
        self.client = client
        path = "/v1/jobs/\(Client.escaped(id))"
        labels = "/v1/agents/\(Client.escaped(agent))/labels"
        self.progress = progress
        progress.say("job \(id)")
    }

    /// Returns the finished job.
    func follow() throws(ClientError) -> Answer {
        let advice = """
            the job goes on; to follow it:        \(client.curl("-N", path + "/events"))
            to cancel it and keep what it learned: \(client.curl("-X DELETE", path))
            """
        Interruption.onInterrupt { [progress] in progress.leave(saying: advice) }
        var awaySince: ContinuousClock.Instant?
        while true {
            do throws(ClientError) {
                try client.stream(path + "/events", after: lastEvent) { [self] event in
                    awaySince = nil
                    take(event)
                }
                awaySince = nil
            } catch {
                guard case .noAnswer = error else { throw error }
                if awaySince == nil { progress.say("the daemon is away; the job goes on when it is back") }
                let since = awaySince ?? .now
                awaySince = since
                guard since.duration(to: .now) < Self.patience else { throw error }
            }
            if let finished { return finished }
            Thread.sleep(forTimeInterval: 1)
        }
    }

    private func take(_ event: ServerSentEvent) {
        lastEvent = event.id ?? lastEvent
        guard let answer = try? Answer(event.data, from: client.address) else { return }
        switch event.name {
        case "phase": progress.showPhase(answer.value)
        case "progress": progress.show(answer.value)
        case "evaluation": progress.showEvaluation(answer.value)
        case "storage": progress.showStorage(answer.value)
        case "labels":
            let open = answer.value.text("open")
            progress.say("waits for someone to say what to do in \(open) states: \(client.curl("-s", labels))")
        case "done":
            progress.finish(answer.value)
            finished = answer
        default: break
        }
    }
}
