import Gym
import Hosting
import JSON

/// A fault as it goes over the wire: RFC 9457, with `pointer` at the input at fault, and `message` for old clients.
struct Problem: Error, Equatable {
    /// The word by which programs tell problems apart: the last part of `type`.
    enum Kind: String, CaseIterable {
        case invalidJSON = "invalid_json"
        case missingParameter = "missing_parameter"
        case unknownField = "unknown_field"
        case invalidValue = "invalid_value"
        case notAMember = "not_a_member"
        case unknownEnvironment = "unknown_environment"
        case unknownInstance = "unknown_instance"
        case badRequest = "bad_request"
        case unauthorized
        case forbidden
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case notAcceptable = "not_acceptable"
        case resetNeeded = "reset_needed"
        case stepMismatch = "step_mismatch"
        case sessionBusy = "session_busy"
        case agentBusy = "agent_busy"
        case agentKilled = "agent_killed"
        case guardRefused = "guard_refused"
        case hasLearned = "has_learned"
        case nameTaken = "name_taken"
        case inUse = "in_use"
        case stillRunning = "still_running"
        case outcomeUnknown = "outcome_unknown"
        case keyTaken = "key_taken"
        case payloadTooLarge = "payload_too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case expectationFailed = "expectation_failed"
        case misdirectedRequest = "misdirected_request"
        case tooMany = "too_many"
        case internalError = "internal_error"
        case workerFailed = "worker_failed"
        case unavailable
        case insufficientStorage = "insufficient_storage"

        var status: Int {
            switch self {
            case .invalidJSON, .missingParameter, .unknownField, .invalidValue, .notAMember, .unknownEnvironment,
                .unknownInstance, .badRequest:
                400
            case .unauthorized: 401
            case .forbidden: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .notAcceptable: 406
            case .resetNeeded, .stepMismatch, .sessionBusy, .agentBusy, .agentKilled, .guardRefused, .hasLearned,
                .nameTaken, .inUse, .stillRunning, .outcomeUnknown:
                409
            case .payloadTooLarge: 413
            case .unsupportedMediaType: 415
            case .expectationFailed: 417
            case .misdirectedRequest: 421
            case .keyTaken: 422
            case .tooMany: 429
            case .internalError: 500
            case .workerFailed: 502
            case .unavailable: 503
            case .insufficientStorage: 507
            }
        }

        var title: String {
            switch self {
            case .invalidJSON: "The body is not valid JSON."
            case .missingParameter: "A required parameter is missing."
            case .unknownField: "There is no such field."
            case .invalidValue: "The value cannot be taken."
            case .notAMember: "The value is not a member of the space."
            case .unknownEnvironment: "There is no such environment."
            case .unknownInstance: "There is no such instance."
            case .badRequest: "The request cannot be understood."
            case .unauthorized: "A valid token is needed."
            case .forbidden: "This is not allowed."
            case .notFound: "There is no such thing."
            case .methodNotAllowed: "The method does not go with this path."
            case .notAcceptable: "The reply has no form that Accept names."
            case .resetNeeded: "The episode is over."
            case .stepMismatch: "This is not the step that comes next."
            case .sessionBusy: "The instance is busy."
            case .agentBusy: "The agent is being trained."
            case .agentKilled: "The agent is turned off."
            case .guardRefused: "The agent's guard refuses the action."
            case .hasLearned: "The agent has learned already."
            case .nameTaken: "The name is taken."
            case .inUse: "It is in use."
            case .stillRunning: "The first request is still running."
            case .outcomeUnknown: "What came of the first request cannot be told."
            case .keyTaken: "The key belongs to another request."
            case .payloadTooLarge: "The body is too large."
            case .unsupportedMediaType: "The body's media type is not supported."
            case .expectationFailed: "The expectation cannot be met."
            case .misdirectedRequest: "The request was not meant for this server."
            case .tooMany: "A limit is reached."
            case .internalError: "Something went wrong inside."
            case .workerFailed: "The process that hosts the environment failed."
            case .unavailable: "The daemon does not take this now."
            case .insufficientStorage: "There is no room to keep this."
            }
        }
    }

    let kind: Kind
    /// Other than the kind's own, where the old server answered otherwise.
    var status: Int
    let detail: String
    var pointer: String?
    /// With `stepMismatch`: the step that comes next.
    var step: Int?
    /// Seconds after which a retry makes sense.
    var retryAfter: Int?
    /// With `tooMany`: what there is too much of, where it is a tenant's.
    var quota: QuotaExceeded?

    init(
        _ kind: Kind, _ detail: String, at pointer: String? = nil, status: Int? = nil, step: Int? = nil,
        retryAfter: Int? = nil
    ) {
        self.kind = kind
        self.status = status ?? kind.status
        self.detail = detail
        self.pointer = pointer
        self.step = step
        self.retryAfter = retryAfter
    }

    static func invalid(_ detail: String, at pointer: String) -> Problem { Problem(.invalidValue, detail, at: pointer) }

    init(_ mismatch: SpaceMismatch, kind: Kind = .notAMember, at pointer: String) {
        self.init(kind, mismatch.reason, at: pointer + mismatch.pointer)
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.value("urn:lamd:problem:\(kind.rawValue)")
        writer.key("title")
        writer.value(kind.title)
        writer.key("status")
        writer.value(status)
        writer.key("detail")
        writer.value(detail)
        if let pointer {
            writer.key("pointer")
            writer.value(pointer)
        }
        writer.key("message")
        writer.value(detail)
        if let step {
            writer.key("step")
            writer.value(step)
        }
        writer.endObject()
    }
}
