/// Why a daemon did not do what it was asked.
enum ClientError: Error, CustomStringConvertible {
    case malformedAddress(String)
    case malformedArgument(name: String, reason: String)
    /// Nothing came back, or not all of it.
    case noAnswer(address: String, reason: String)
    /// The daemon said no.
    case refused(Refusal)
    /// What came back is not what a daemon says.
    case notUnderstood(address: String, reason: String)
    /// A job ended otherwise than well.
    case jobEnded(String)

    var description: String {
        switch self {
        case .malformedAddress(let text):
            "'\(text)' is no address: say http://HOST:PORT, https://HOST:PORT or unix:PATH"
        case .malformedArgument(let name, let reason): "\(name): \(reason)"
        case .noAnswer(let address, let reason):
            "no answer from \(address): \(reason); 'lamd serve' starts a daemon, --url or $LAMD_URL names another"
        case .refused(let refusal): "\(refusal)"
        case .notUnderstood(let address, let reason): "\(address) does not answer as lamd does: \(reason)"
        case .jobEnded(let state): "the job \(state == "failed" ? "failed" : "was \(state)")"
        }
    }
}
