import Foundation
import JSON

/// Follows a job to its end, also over the daemon's restarts.
final class JobFollower {
    private let client: Client
    private let path: String
    private let progress: JobProgress
    private var lastEvent: String?
    private var finished: Answer?

    /// How long the daemon may be away.
    private static let patience = Duration.seconds(60)

    init(_ client: Client, job id: String, progress: JobProgress) {
        self.client = client
        path = "/v1/jobs/\(Client.escaped(id))"
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
        var lastContact = ContinuousClock.now
        while true {
            do throws(ClientError) {
                try client.stream(path + "/events", after: lastEvent) { [self] event in
                    lastContact = .now
                    take(event)
                }
                lastContact = .now
            } catch {
                guard case .noAnswer = error, lastContact.duration(to: .now) < Self.patience else { throw error }
                progress.say("the daemon is away; the job goes on when it is back")
            }
            if let finished { return finished }
            Thread.sleep(forTimeInterval: 1)
        }
    }

    private func take(_ event: ServerSentEvent) {
        lastEvent = event.id ?? lastEvent
        guard let answer = try? Answer(event.data, from: client.address) else { return }
        switch event.name {
        case "progress": progress.show(answer.value)
        case "evaluation": progress.showEvaluation(answer.value)
        case "done":
            progress.finish(answer.value)
            finished = answer
        default: break
        }
    }
}
