import Foundation
import Gym
import Learning
import Store
import Testing

@testable import Hosting

/// What a job that runs for days keeps of what happened in it.
struct EventLogTests {
    private static let numerous = ["progress", "episode", "evaluation", "checkpoint", "storage"]

    /// A job of so many rounds, each of which tells something of every numerous kind.
    private func tell(_ log: EventLog, rounds: Range<Int>) {
        for round in rounds {
            if round.isMultiple(of: 10_000) { log.append("phase", "{}") }
            for kind in Self.numerous { log.append(kind, "\(round)") }
        }
    }

    private func kept(_ log: EventLog, after sequence: Int = 0) -> [EventLog.Event] {
        log.events(after: sequence).events
    }

    @Test(arguments: [400, 3_000, 20_000]) func `a few thousand events are kept of any number`(_ rounds: Int) throws {
        let log = EventLog()
        tell(log, rounds: 0..<rounds)
        log.append("done", "{}")
        let events = kept(log)
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
        #expect(events.last?.kind == "done" && log.latest == events.last?.sequence)
        #expect(log.latest == rounds * Self.numerous.count + (rounds + 9_999) / 10_000 + 1, "each has its number")
        #expect(events.count { $0.kind == "phase" } == (rounds + 9_999) / 10_000)
        for kind in Self.numerous {
            let told = try events.filter { $0.kind == kind }.map { try #require(Int($0.data)) }
            #expect(told.count <= 1_000 && told.count >= min(rounds, 600))
            #expect(told.suffix(500) == Array(rounds - min(rounds, 500)..<rounds), "the newest are all there")
            #expect(told.first == 0)
            // What is older lies as far apart everywhere, but for the last that is not thinned out yet.
            let gaps = zip(told.dropFirst(), told).map { $0 - $1 }.prefix(120)
            #expect(try #require(gaps.max()) - (try #require(gaps.min())) <= 1)
        }
    }

    @Test func `who comes back gets what is kept of the rest`() {
        let log = EventLog()
        var heard: [Int] = []
        for round in stride(from: 0, to: 20_000, by: 100) {
            tell(log, rounds: round..<round + 100)
            heard += kept(log, after: heard.last ?? 0).map(\.sequence)
        }
        #expect(heard == Array(1...log.latest), "who follows misses nothing")
        let events = kept(log)
        for sequence in [0, 1, 777, 12_345, log.latest - 1, log.latest, log.latest + 7] {
            #expect(kept(log, after: sequence) == events.filter { $0.sequence > sequence })
        }
        log.append("done", "{}")
        log.finish()
        #expect(log.place(of: log.latest + 100) == log.latest - 1)
        #expect(kept(log, after: log.place(of: log.latest)).map(\.kind) == ["done"])
    }

    @Test func `numbers go on behind what is forgotten`() {
        let log = EventLog()
        tell(log, rounds: 0..<10_000)
        let before = log.latest
        log.truncate(after: before - 100)
        #expect(log.latest == before - 100 && kept(log).last?.sequence == before - 100)
        log.append("progress", "again")
        #expect(log.latest == before - 99 && kept(log, after: before - 100).map(\.data) == ["again"])
    }

    @Test func `the catalogue has what is kept, and no more`() throws {
        try withFolder { folder in
            var id = Identifier.random { _ in true }
            var events: [EventLog.Event] = []
            do {
                let hall = try hall(folder)
                defer { hall.stop() }
                let agent = try hall.agents.create(Agents.Request(environment: "CartPole-v1", seed: 1))
                let job = Job(
                    id: id, agent: agent.id, tenant: agent.tenant,
                    request: TrainRequest(
                        environment: "CartPole-v1", kwargs: nil, numEnvs: 1, budget: .init(), targetReturn: nil,
                        evaluationInterval: nil, evaluationEpisodes: 1, demonstrations: [],
                        phases: [.init(.q, budget: .init(steps: 1))]),
                    createdAt: 1)
                for round in stride(from: 0, to: 5_000, by: 250) {
                    tell(job.events, rounds: round..<round + 250)
                    try hall.jobs.keep(job)
                }
                job.update { $0.state = .succeeded }
                try hall.jobs.keep(job, telling: job.events.next("done", "{}"))
                events = kept(job.events)
                id = job.id
                let records = try hall.jobs.store.events(of: id.description)
                #expect(records.map(\.sequence) == events.map(\.sequence))
            }
            let again = try hall(folder)
            defer { again.stop() }
            let job = try #require(again.jobs.find(id))
            #expect(kept(job.events) == events && job.events.latest == events.last?.sequence)
        }
    }
}
