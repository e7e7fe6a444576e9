import Gym
import HTTP
import Hosting

/// The wire's meaning: what HTTP calls for each request.
public struct API: Sendable {
    private let hall: Hall
    private let workers: WorkerPool
    /// Threads that may wait for other processes or the disk: each request there waits for one alone, so there is room for
    /// many. Those that make environments, ours among them, do not wait behind those that step hosted ones.
    private let patient = WorkerPool(threads: 256, queueLimit: 1024)
    private let making = WorkerPool(threads: 64, queueLimit: 1024)
    private let meter: Meter
    private let gate: Gate
    private let once: OnceOnly

    /// - Parameters:
    ///   - workers: run what takes longer than a step.
    ///   - version: of the program, for its metrics.
    public init(hall: Hall, workers: WorkerPool, version: String) {
        self.hall = hall
        self.workers = workers
        meter = Meter(operations: Routes.table.map(\.name), version: version)  // in the router's order
        gate = Gate(tokens: hall.tokens)
        once = OnceOnly(replies: hall.replies)
        ProcessGauges.begin()
    }

    /// Every operation there is, as the contract has it, with the scope that its token needs and what its query may have.
    public static var operations: [(method: Method, template: String, name: String, scope: String?, query: [String]?)] {
        Routes.table.map { ($0.method, $0.template, $0.name, $0.access.scope?.rawValue, $0.query) }
    }

    public var router: Router {
        Router(
            Routes.table.map { operation in
                Route(operation.method, operation.template, name: operation.name, body: operation.body) { exchange in
                    handle(operation, exchange)
                }
            })
    }

    /// Whether a request is admitted to its operation; given to the server, which asks before it reads the body.
    public func admit(_ exchange: Exchange) -> HTTPFault? {
        exchange.routePlace.flatMap { gate.admit(exchange, to: Routes.table[$0].access) }
    }

    private func handle(_ operation: Operation, _ exchange: Exchange) {
        if let pool = pool(for: operation, exchange) ?? (isOnceOnly(operation, exchange) ? workers : nil) {
            submit(operation, exchange, to: pool)
        } else {
            answer(operation, exchange)
        }
    }

    /// Whose thread answers; nil for the network's.
    private func pool(for operation: Operation, _ exchange: Exchange) -> WorkerPool? {
        switch operation.place {
        case .network: return nil
        case .worker: return workers
        case .urgent: return patient
        case .making: return hall.bridges.isEmpty ? workers : making
        case .instance, .instanceAtLength:
            // Looked up only where it may matter: steps come this way.
            let mayMatter = !hall.bridges.isEmpty || hall.demonstrations.isRecording || hall.sessions.hasDurable
            let session =
                mayMatter ? exchange.withSegment(0) { hall.session($0, of: caller(of: exchange).tenant) } : nil
            if let session, session.spec.isHosted || session.isDurable { return patient }
            return operation.place == .instanceAtLength || session?.isRecorded == true ? workers : nil
        }
    }

    /// Lets the threads that may wait for other processes end; no request comes in any more.
    public func stop() {
        patient.stop()
        making.stop()
    }

    private func submit(_ operation: Operation, _ exchange: Exchange, to pool: WorkerPool) {
        exchange.detach()
        guard pool.submit({ answer(operation, exchange) }) else {
            let problem = Problem(.unavailable, "too much waits to be done; try again in a moment", retryAfter: 1)
            return exchange.respond(Reply(problem))
        }
    }

    private func answer(_ operation: Operation, _ exchange: Exchange) {
        guard isOnceOnly(operation, exchange) else { return perform(operation, exchange) }
        do {
            try once.answer(exchange, caller(of: exchange), isDurable: isDurable(operation, exchange)) { keep in
                perform(operation, exchange, keep)
            }
        } catch {
            exchange.respond(Reply(error))
        }
    }

    @inline(__always)
    private func perform(
        _ operation: Operation, _ exchange: Exchange, _ keep: (@Sendable (Reply) -> Reply)? = nil
    ) {
        guard operation.isAudited else { return run(operation, exchange, keep) }
        let audited = AuditedRequest(operation, exchange, caller(of: exchange), hall.audit)
        guard operation.place != .urgent else {
            return run(operation, exchange) { reply in
                audited.note(reply)
                return keep?(reply) ?? reply
            }
        }
        do {
            let sequence = try audited.begin()
            run(operation, exchange) { reply in
                audited.end(sequence, reply)
                return keep?(reply) ?? reply
            }
        } catch {
            let reply = Reply(Problem(error))
            exchange.respond(keep?(reply) ?? reply)
        }
    }

    /// In line, so that a request without a key pays nothing for those that have one.
    @inline(__always)
    private func run(
        _ operation: Operation, _ exchange: Exchange, _ keep: (@Sendable (Reply) -> Reply)? = nil
    ) {
        let call = Call(exchange: exchange, hall: hall, meter: meter, caller: caller(of: exchange), keep: keep)
        let reply: Reply?
        do {
            try call.checkQuery(operation.query)
            if operation.adds { try call.checkRoom() }
            reply = try operation.run(call)
        } catch {
            reply = Reply(error)
        }
        if let reply { call.respond(reply) }
    }

    /// Whether a request has a key, by which it takes effect once however often it is sent. What is urgent waits for no
    /// catalogue, and is the same done twice.
    private func isOnceOnly(_ operation: Operation, _ exchange: Exchange) -> Bool {
        exchange.hasIdempotencyKey && operation.isMutating && operation.place != .urgent
    }

    /// Whether what a request does survives a restart of the daemon.
    private func isDurable(_ operation: Operation, _ exchange: Exchange) -> Bool {
        guard !operation.isDurable, hall.sessions.hasDurable, exchange.segmentCount > 0 else {
            return operation.isDurable
        }
        return exchange.withSegment(0) { hall.session($0, of: caller(of: exchange).tenant)?.isDurable ?? false }
    }

    /// Whoever the gate admitted.
    private func caller(of exchange: Exchange) -> Caller { exchange.caller as? Caller ?? .nobody }

    /// Counts what was served; given to the server as its after-reply hook.
    public func record(_ exchange: Exchange, _ served: Served) {
        meter.record(exchange.routePlace, status: served.status, nanoseconds: served.nanoseconds)
    }

    /// What HTTP itself finds wrong, as a problem.
    public static func render(_ fault: HTTPFault, _ exchange: Exchange) -> Reply {
        let kind: Problem.Kind =
            switch fault {
            case .malformedRequest, .malformedPath, .malformedQuery, .versionNotSupported, .transferCodingUnknown:
                .badRequest
            case .unauthorized: .unauthorized
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .misdirected: .misdirectedRequest
            case .originNotAllowed: .forbidden
            case .methodNotAllowed: .methodNotAllowed
            case .bodyTooLarge: .payloadTooLarge
            case .expectationFailed: .expectationFailed
            case .overloaded, .stopping: .unavailable
            case .unanswered: .internalError
            }
        return Reply(Problem(kind, fault.detail, status: fault.status))
    }
}

extension Hall {
    fileprivate func session(_ id: Span<UInt8>, of tenant: Tenant) -> Session? {
        Identifier(bytes: id).flatMap { sessions.find($0, of: tenant) }
    }
}
