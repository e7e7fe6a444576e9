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
        help: "Listen on an address that is not loopback although there is no authentication.")
    var insecure: Bool?

    /// By the settings' names.
    var said: [String: [String]] {
        let single = [
            "state": state, "threads": threads, "workers": workers, "max_sessions": maxSessions,
            "max_connections": maxConnections, "body_limit": bodyLimit, "bulk_body_limit": bulkBodyLimit,
            "drain_seconds": drainSeconds, "gymnasium": gymnasium, "worker_processes": workerProcesses,
            "worker_environments": workerEnvironments, "worker_timeout": workerTimeout, "worker_memory": workerMemory,
            "worker_cpu_seconds": workerCpuSeconds, "log_level": logLevel, "log_format": logFormat,
            "insecure": insecure.map { "\($0)" },
        ]
        var said = single.compactMapValues { $0.map { [$0] } }
        if !listen.isEmpty { said["listen"] = listen }
        if !worker.isEmpty { said["worker"] = worker }
        return said
    }
}
