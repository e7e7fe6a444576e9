import Environments
import Foundation
import Gym
import Hosting
import Learning
import Logging
import Store
import Testing

/// Jobs that learn from others: from sets of demonstrations, from experts, and from clients who answer when they can.
struct LabelTests {
    private static let round = 5
    private static let lake: Value = ["is_slippery": false]
    /// The way over the ice that does not slip: down, down, right, right, down, right.
    private static let way: [Int64] = [1, 2, 1, 0, 1, 0, 1, 0, 2, 1, 1, 0, 0, 2, 2, 0]

    private func agent(_ hall: Hall, _ environment: String = "FrozenLake-v1") throws -> Agent {
        try hall.agents.create(
            Agents.Request(
                environment: environment, kwargs: environment == "FrozenLake-v1" ? Self.lake : nil, seed: 4,
                hyperparameters: [
                    "hidden_sizes": [16], "batch_size": 16, "learning_starts": 20,
                    "labels": ["round": .int(Int64(Self.round)), "pool": 2, "updates": 60],
                ]))
    }

    private func request(
        _ phases: [TrainRequest.Phase], in environment: String = "FrozenLake-v1", _ sets: [Identifier] = []
    ) -> TrainRequest {
        TrainRequest(
            environment: environment, kwargs: environment == "FrozenLake-v1" ? Self.lake : nil, numEnvs: 2,
            budget: .init(), targetReturn: nil, evaluationInterval: nil, evaluationEpisodes: 2, demonstrations: sets,
            phases: phases)
    }

    private func asking(rounds: Int) -> TrainRequest.Phase {
        TrainRequest.Phase(.dagger, expert: TrainRequest.client, budget: .init(steps: rounds * Self.round))
    }

    /// Waits until the job asks, and gives the open questions; none where it has ended instead.
    private func questions(_ hall: Hall, _ agent: Agent, _ job: Job) -> [Question] {
        while !job.status.isFinished {
            let open = hall.jobs.questions(of: agent).open
            if !open.isEmpty { return open }
            Thread.sleep(forTimeInterval: 0.001)
        }
        return []
    }

    private func label(_ question: Question) -> Label {
        label(question.id, Self.way[Int(question.observation.integer(0))])
    }

    private func label(_ state: Int, _ action: Int64) -> Label {
        Label(state: state, action: .int(action), lanes: .int64([action]))
    }

    private func lineage(_ hall: Hall, _ agent: Agent) throws -> Value {
        try Value(json: try #require(try hall.agents.versions(of: agent).first).lineage)
    }

    /// A hall in a folder of its own.
    private func withHall<R>(_ body: (Hall) throws -> R) throws -> R {
        try withFolder { folder in
            let hall = try hall(folder)
            defer { hall.stop() }
            return try body(hall)
        }
    }

    private func demonstrations(_ hall: Hall, by expert: any Expert) throws -> DemonstrationSet {
        let environment = EnvironmentRequest(try hall.catalogue.spec("FrozenLake-v1"), kwargs: Self.lake)
        let vector = try environment.make()
        return try hall.demonstrations.create(
            DemonstrationSet.About(
                name: "shown", environment: "FrozenLake-v1", kwargs: Self.lake,
                observationSpace: vector.observationSpace, actionSpace: vector.actionSpace), of: .standard,
            try Demonstration.play(environment, [1, 2], by: expert))
    }

    private struct Guide: Expert {
        func act(_ observations: Lanes, rows: Int, masks: [Bool]) -> Lanes {
            .int64((0..<rows).map { LabelTests.way[Int(observations.integer($0))] })
        }
    }

    @Test func `asks, goes on when all is answered, and says who taught it`() throws {
        try withHall { hall in
            let agent = try agent(hall)
            let job = try hall.jobs.train(agent, request([asking(rounds: 3)]))
            for round in 0..<3 {
                let open = questions(hall, agent, job)
                #expect(open.map(\.id) == Array(Self.round * round..<Self.round * (round + 1)))
                #expect(hall.jobs.questions(of: agent).job == job.id && job.status.state == .running)
                let rest = try hall.jobs.label(agent, open.dropFirst().map(label))
                #expect(rest == 1 && hall.jobs.questions(of: agent).open.map(\.id) == [open[0].id])
                // The same again changes nothing; the last is what it waits for.
                #expect(try hall.jobs.label(agent, [label(open[1])]) == 1)
                #expect(try hall.jobs.label(agent, [label(open[0])]) == 0)
            }
            hall.jobs.wait(for: job)
            #expect(job.status.state == .succeeded, "\(job.status.error ?? "")")
            #expect(job.status.result?["steps"] == 15 && job.status.result?["updates"] == 180)
            // Whoever comes late sees each round that was asked.
            #expect(job.events.events(after: 0).events.count { $0.kind == "labels" } == 3)
            let (lineage, version) = (try lineage(hall, agent), Int64(agent.served.version))
            #expect(version > 0 && lineage["experts"] == ["client"] && lineage["demonstrations"] == [])
            #expect(hall.jobs.questions(of: agent).job == nil && agent.job == nil)
            #expect(throws: HostingError.self) { try hall.jobs.label(agent, [label(0, 1)]) }
        }
    }

    @Test func `the end of the daemon loses no answer, and changes nothing that is learned`() throws {
        let unbroken = try withHall { hall in
            let agent = try agent(hall)
            let job = try hall.jobs.train(agent, request([asking(rounds: 2)]))
            for _ in 0..<2 { _ = try hall.jobs.label(agent, questions(hall, agent, job).map(label)) }
            hall.jobs.wait(for: job)
            return (agent.served.policy.checkpoint, try #require(job.status.result?["evaluation"]))
        }
        let broken = try withFolder { folder in
            /// Opens the hall anew, and closes it again.
            func opened<R>(_ body: (Hall, Agent, Job) throws -> R) throws -> R {
                let hall = try hall(folder)
                defer { hall.stop() }
                let agent = try hall.agents.all(of: .standard).first ?? agent(hall)
                let job = try hall.jobs.all(of: .standard).first ?? hall.jobs.train(agent, request([asking(rounds: 2)]))
                return try body(hall, agent, job)
            }
            for _ in 0..<2 {
                let open = try opened { hall, agent, job in questions(hall, agent, job) }
                try opened { hall, agent, job in
                    // The same questions as before.
                    #expect(questions(hall, agent, job) == open)
                    _ = try hall.jobs.label(agent, [label(open[3]), label(open[1])])
                }
                try opened { hall, agent, job in
                    // None is open that was answered; given again, an answer is known.
                    #expect(questions(hall, agent, job) == [open[0], open[2], open[4]])
                    #expect(try hall.jobs.label(agent, [label(open[3])]) == 3)
                    _ = try hall.jobs.label(agent, [label(open[4]), label(open[2]), label(open[0])])
                }
            }
            return try opened { hall, agent, job in
                hall.jobs.wait(for: job)
                #expect(job.status.state == .succeeded, "\(job.status.error ?? "")")
                return (agent.served.policy.checkpoint, try #require(job.status.result?["evaluation"]))
            }
        }
        #expect(unbroken.0 == broken.0)
        #expect(unbroken.1 == broken.1)
    }

    @Test func `is cancelled while it waits, and keeps what it learned`() throws {
        try withHall { hall in
            let agent = try agent(hall)
            let job = try hall.jobs.train(agent, request([asking(rounds: 3)]))
            _ = try hall.jobs.label(agent, questions(hall, agent, job).map(label))
            let open = questions(hall, agent, job)
            _ = try hall.jobs.label(agent, [label(open[0])])
            hall.jobs.cancel(job)
            #expect(job.status.state == .cancelled && agent.job == nil)
            #expect(job.status.result?["updates"] == 60)
            #expect(hall.jobs.questions(of: agent).open.isEmpty)
            #expect(throws: HostingError.self) { try hall.jobs.label(agent, [label(open[1])]) }
            // The agent is free again.
            hall.jobs.cancel(try hall.jobs.train(agent, request([asking(rounds: 1)])))
            #expect(agent.job == nil)
        }
    }

    @Test func `an agent is deleted while its job waits`() throws {
        try withHall { hall in
            let agent = try agent(hall)
            let job = try hall.jobs.train(agent, request([asking(rounds: 3)]))
            _ = questions(hall, agent, job)
            try hall.jobs.delete(agent)
            #expect(job.status.state == .cancelled)
            #expect(hall.agents.find(agent.id, of: .standard) == nil && hall.jobs.find(job.id, of: .standard) == nil)
        }
    }

    @Test func `what was not asked, or is not allowed, is refused by name`() throws {
        try withHall { hall in
            let agent = try agent(hall, "Taxi-v4")
            let job = try hall.jobs.train(agent, request([asking(rounds: 2)], in: "Taxi-v4"))
            let open = questions(hall, agent, job)
            func allowed(_ question: Question, _ isAllowed: Bool = true) throws -> Int64 {
                Int64(try #require(question.mask.firstIndex(of: isAllowed)))
            }
            func expect(_ field: String, _ labels: [Label]) {
                #expect {
                    try hall.jobs.label(agent, labels)
                } throws: {
                    if case .invalid(field, _)? = $0 as? HostingError { true } else { false }
                }
            }
            let forbidden = try #require(open.first { $0.mask.contains(false) })
            expect("labels/0/state_id", [label(99, 0)])
            expect("labels/0/action", [label(forbidden.id, try allowed(forbidden, false))])
            let good = try open.map { label($0.id, try allowed($0)) }
            expect("labels/2/state_id", [good[0], good[1], label(99, 0)])
            #expect(hall.jobs.questions(of: agent).open.count == Self.round, "all or nothing")
            _ = try hall.jobs.label(agent, good)
            // What is being learned from is not changed any more; the same may come again.
            _ = questions(hall, agent, job)
            _ = try hall.jobs.label(agent, [good[0]])
            expect("labels/0/state_id", [label(good[0].state, (try allowed(open[0]) + 1) % 6)])
            hall.jobs.cancel(job)
        }
    }

    @Test func `demonstrations stay while a job learns from them, and are named afterwards`() throws {
        try withHall { hall in
            let set = try demonstrations(hall, by: Guide())
            let agent = try agent(hall)
            let cloning = TrainRequest.Phase(.crossEntropy, budget: .init(updates: 200))
            let job = try hall.jobs.train(agent, request([cloning, asking(rounds: 1)], [set.id]))
            let open = questions(hall, agent, job)
            #expect {
                try hall.demonstrations.delete(set)
            } throws: { error in
                guard case .demonstrationsInUse(let id, let reason)? = error as? HostingError else { return false }
                return id == set.id.description && reason.contains(job.id.description)
            }
            _ = try hall.jobs.label(agent, open.map(label))
            hall.jobs.wait(for: job)
            #expect(job.status.state == .succeeded, "\(job.status.error ?? "")")
            let lineage = try lineage(hall, agent)
            #expect(lineage["demonstrations"] == [.string(set.id.description)] && lineage["experts"] == ["client"])
            let kinds = job.events.events(after: 0).events.map(\.kind)
            #expect(kinds.filter { $0 == "phase" }.count == 1 && kinds.last == "done")
            // Two good episodes tell all that there is to know of the way.
            #expect(job.status.result?["evaluation"]?["mean_return"] == 1.0)
            try hall.demonstrations.delete(set)
        }
    }

    @Test func `an agent teaches another, and is named by its version`() throws {
        try withHall { hall in
            let set = try demonstrations(hall, by: Guide())
            let teacher = try agent(hall)
            let first = try hall.jobs.train(
                teacher, request([TrainRequest.Phase(.crossEntropy, budget: .init(updates: 200))], [set.id]))
            hall.jobs.wait(for: first)
            #expect(first.status.state == .succeeded, "\(first.status.error ?? "")")
            let pupil = try agent(hall)
            let version = teacher.served.version
            let job = try hall.jobs.train(
                pupil,
                request([
                    TrainRequest.Phase(
                        .dagger, expert: teacher.id.description, expertVersion: version, budget: .init(steps: 300)),
                    TrainRequest.Phase(.dagger, expert: Catalogue.scripted, budget: .init(steps: 100)),
                ]))
            hall.jobs.wait(for: job)
            #expect(job.status.state == .succeeded, "\(job.status.error ?? "")")
            let lineage = try lineage(hall, pupil)
            func parent(_ agent: Agent, _ version: Int) -> Value {
                ["agent_id": .string(agent.id.description), "version": .int(Int64(version))]
            }
            let parents = lineage["parents"]?.arrayElements ?? []
            #expect(parents.contains(parent(teacher, version)))
            #expect(parents.contains { $0["agent_id"] == .string(pupil.id.description) })
            #expect(lineage["experts"] == [.string(Catalogue.scripted)] && lineage["demonstrations"] == [])
        }
    }

    @Test func `teachers who are not there are refused by name`() throws {
        try withHall { hall in
            let agent = try agent(hall)
            let nowhere = try #require(Identifier("0000dead"))
            let other = try hall.demonstrations.create(
                DemonstrationSet.About(
                    name: "other", environment: nil, kwargs: nil, observationSpace: .discrete(Discrete(16)),
                    actionSpace: .discrete(Discrete(5))), of: .standard)
            let requests: [(String, TrainRequest)] = [
                ("phases/1/expert", request([asking(rounds: 1), TrainRequest.Phase(.dagger, expert: "oracle")])),
                ("phases/0/expert", request([TrainRequest.Phase(.dagger, expert: nowhere.description)])),
                ("demonstrations/0", request([TrainRequest.Phase(.margin)], [nowhere])),
                ("demonstrations/0", request([TrainRequest.Phase(.margin)], [other.id])),
            ]
            for (field, request) in requests {
                #expect {
                    try hall.jobs.train(agent, request)
                } throws: {
                    if case .invalid(field, _)? = $0 as? HostingError { true } else { false }
                }
                #expect(agent.job == nil, "it is free for another request")
            }
        }
    }
}
