import Store
import Workers

extension Hall {
    /// What is alive, in numbers.
    public var gauges: [Gauge] {
        let states = jobs.all.map(\.status.state)
        let sets = demonstrations.all.map(\.counts)
        return [
            Gauge(
                name: "lamd_sessions", value: Double(sessions.count), help: "Instances of environments that are open."),
            Gauge(name: "lamd_agents", value: Double(agents.all.count), help: "Agents that are kept."),
            Gauge(
                name: "lamd_jobs", by: "state",
                Job.State.allCases.map { state in (state.rawValue, Double(states.count { $0 == state })) },
                help: "Jobs that are kept, by state."),
            Gauge(
                name: "lamd_demonstration_sets", value: Double(sets.count),
                help: "Sets of demonstrations that are kept."),
            Gauge(
                name: "lamd_demonstration_bytes", value: sets.reduce(0) { $0 + Double($1.bytes) },
                help: "Bytes of the demonstrations' files."),
            Gauge(
                name: "lamd_action_index_bytes",
                value: agents.all.reduce(0) { $0 + Double($1.indexStatus?.byteCount ?? 0) },
                help: "Memory of the indexes over agents' actions."),
            Gauge(
                name: "lamd_quarantined_files", value: Double(store.quarantinedFiles),
                help: "Files of the state folder that were damaged and put aside."),
            Gauge(
                name: "lamd_audit_faults_total", value: Double(audit.faults),
                help: "How often the audit log was found damaged, or could not be written, since the start.",
                isCounter: true),
            Gauge(
                name: "lamd_guarded_actions_total", by: "outcome",
                agents.guardOutcomes.map { ($0.word, Double($0.count)) },
                help: "Actions of guarded agents, by what became of them; a refused request is one.", isCounter: true),
        ] + workerGauges
    }

    private var workerGauges: [Gauge] {
        guard !bridges.isEmpty else { return [] }
        let counts = bridges.map(\.counts)
        return [
            Gauge(
                name: "lamd_workers", value: Double(counts.reduce(0) { $0 + $1.processes }),
                help: "Processes that host environments."),
            Gauge(
                name: "lamd_worker_environments", value: Double(counts.reduce(0) { $0 + $1.environments }),
                help: "Environments that other processes host."),
            Gauge(
                name: "lamd_worker_restarts_total", value: Double(counts.reduce(0) { $0 + $1.restarts }),
                help: "Processes that were started anew.", isCounter: true),
        ]
    }
}
