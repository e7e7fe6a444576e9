import ArgumentParser

/// The settings as flags of the command line. Each is read again by `Settings`, which knows the defaults and the ranges.
struct SettingFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to listen: HOST:PORT (port 0 takes a free one) or unix:PATH; repeatable. By default \(Listeners.usual), or only the sockets that systemd hands over, which are used in any case.",
            valueName: "address"))
    var listen: [String] = []

    @Option(
        help: ArgumentHelp(
            "The state folder. By default $STATE_DIRECTORY, else $XDG_STATE_HOME/lamd, else ~/.local/state/lamd.",
            valueName: "folder"))
    var state: String?

    @Option(help: ArgumentHelp("Network threads (2).", valueName: "count"))
    var threads: String?

    @Option(help: ArgumentHelp("Threads for what takes longer than a step (4).", valueName: "count"))
    var workers: String?

    @Option(help: ArgumentHelp("Open instances of environments at most (10000).", valueName: "count"))
    var maxSessions: String?

    @Option(help: ArgumentHelp("Memory of all agents' networks and action features (4GiB).", valueName: "bytes"))
    var agentMemory: String?

    @Option(
        help: ArgumentHelp(
            "Open connections at most (4096); never more than file descriptors less 256.", valueName: "count"))
    var maxConnections: String?

    @Option(help: ArgumentHelp("How large a JSON body may be (1MiB).", valueName: "bytes"))
    var bodyLimit: String?

    @Option(help: ArgumentHelp("How large a body of tensors or a file may be (256MiB).", valueName: "bytes"))
    var bulkBodyLimit: String?

    @Option(
        help: ArgumentHelp("How long requests in flight may take to finish when it stops (10).", valueName: "seconds"))
    var drainSeconds: String?

    @Option(
        help: ArgumentHelp(
            "Open instances of one tenant at most; 0, as many as it likes, is the default.", valueName: "count"))
    var tenantSessions: String?

    @Option(
        help: ArgumentHelp(
            "Steps of environments that one tenant may take in a second; 0, as many as it likes, is the default.",
            valueName: "count"))
    var tenantStepsPerSecond: String?

    @Option(
        help: ArgumentHelp(
            "Jobs of one tenant that have not ended at most; 0, as many as it likes, is the default.",
            valueName: "count"))
    var tenantJobs: String?

    @Option(
        help: ArgumentHelp(
            "How much one tenant may store; 0, as much as it likes, is the default.", valueName: "bytes"))
    var tenantBytes: String?

    @Option(
        help: ArgumentHelp(
            "A name that clients may reach it by, besides addresses, localhost and the names in listen; repeatable, * for all.",
            valueName: "name"))
    var allowedHosts: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where the page of a browser may come from that uses it, such as https://example.com; repeatable, * for everywhere.",
            valueName: "origin"))
    var corsOrigin: [String] = []

    @Option(
        help: ArgumentHelp(
            "A certificate, PEM, with the chain that belongs to it: all addresses but unix sockets then speak TLS.",
            valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("The certificate's key, PEM.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "How much room on the disk to keep back: with less, nothing new is kept (64MiB; 0 for none).",
            valueName: "bytes"))
    var diskReserve: String?

    @Option(
        help: ArgumentHelp(
            "What the audit log has: changes (the default), and the actions of agents that ask for it, or actions: those of every agent too.",
            valueName: "extent"))
    var audit: String?

    @Option(help: ArgumentHelp("How many days audit records are kept (184; 0 for ever).", valueName: "days"))
    var auditDays: String?

    @Option(
        help: ArgumentHelp(
            "How large the audit log becomes before its oldest records go (4GiB; 0 for as large as it becomes).",
            valueName: "bytes"))
    var auditBytes: String?

    @Option(
        help: ArgumentHelp(
            "A Python interpreter, or its virtual environment, that finds gymnasium: every id that gymnasium.make knows there is gymnasium/ID here.",
            valueName: "python"))
    var gymnasium: String?

    @Option(
        help: ArgumentHelp(
            "A program that hosts environments, ID there NAME/ID here (protocol/workers/README.md says how they speak); repeatable.",
            valueName: "name=command"))
    var worker: [String] = []

    @Option(help: ArgumentHelp("Processes of each kind of worker (2).", valueName: "count"))
    var workerProcesses: String?

    @Option(help: ArgumentHelp("Environments of each kind of worker at most (4096).", valueName: "count"))
    var workerEnvironments: String?

    @Option(
        help: ArgumentHelp("How long a worker may take for one request before it is killed (30).", valueName: "seconds")
    )
    var workerTimeout: String?

    @Option(help: ArgumentHelp("How much memory one worker process may take (4GiB).", valueName: "bytes"))
    var workerMemory: String?

    @Option(
        help: ArgumentHelp(
            "How much processor time one worker process may take; 0, as much as it likes, is the default.",
            valueName: "seconds"))
    var workerCpuSeconds: String?

    @Option(
        help: ArgumentHelp(
            "What to log: trace, debug (with every request), info (the default), notice, warning, error or critical.",
            valueName: "level"))
    var logLevel: String?

    @Option(
        help: ArgumentHelp(
            "What a line of the log is: plain, json (an object), or auto (the default): plain, and without time and level in the journal, which has them.",
            valueName: "format"))
    var logFormat: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Listen on an address that is not loopback although nobody is asked for a token.")
    var insecure: Bool?

    /// By the settings' names.
    var said: [String: [String]] {
        let single = [
            "state": state, "threads": threads, "workers": workers, "max_sessions": maxSessions,
            "agent_memory": agentMemory,
            "max_connections": maxConnections, "body_limit": bodyLimit, "bulk_body_limit": bulkBodyLimit,
            "drain_seconds": drainSeconds, "disk_reserve": diskReserve, "tenant_sessions": tenantSessions,
            "tenant_steps_per_second": tenantStepsPerSecond, "tenant_jobs": tenantJobs, "tenant_bytes": tenantBytes,
            "audit": audit, "audit_days": auditDays, "audit_bytes": auditBytes,
            "tls_cert": tlsCert, "tls_key": tlsKey, "gymnasium": gymnasium,
            "worker_processes": workerProcesses,
            "worker_environments": workerEnvironments, "worker_timeout": workerTimeout, "worker_memory": workerMemory,
            "worker_cpu_seconds": workerCpuSeconds, "log_level": logLevel, "log_format": logFormat,
            "insecure": insecure.map { "\($0)" },
        ]
        var said = single.compactMapValues { $0.map { [$0] } }
        if !listen.isEmpty { said["listen"] = listen }
        if !allowedHosts.isEmpty { said["allowed_hosts"] = allowedHosts }
        if !corsOrigin.isEmpty { said["cors_origin"] = corsOrigin }
        if !worker.isEmpty { said["worker"] = worker }
        return said
    }
}
