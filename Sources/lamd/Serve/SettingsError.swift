/// A setting that cannot be taken, with the place where it was said.
enum SettingsError: Error, CustomStringConvertible {
    case unreadableFile(path: String, reason: String)
    case malformedFile(place: String, reason: String)
    case unknownSetting(String, place: String, nearest: [String])
    case invalidValue(place: String, text: String, expected: String)
    case openToOthers(address: String)
    case halfSaid(String, missing: String)

    var description: String {
        switch self {
        case .unreadableFile(let path, let reason): "the configuration file \(path) cannot be read: \(reason)"
        case .malformedFile(let place, let reason): "\(place): \(reason)"
        case .unknownSetting(let name, let place, let nearest):
            "\(place): there is no setting '\(name)'; the nearest are \(nearest.joined(separator: ", "))"
        case .invalidValue(let place, let text, let expected): "\(place) must be \(expected), not '\(text)'"
        case .halfSaid(let name, let missing): "\(name) is of no use without \(missing): say both, or neither"
        case .openToOthers(let address):
            "\(address) can be reached by others, and nobody is asked for a token; make one ('lamd token create NAME --scope "
                + "admin --state FOLDER'), listen on loopback or a unix socket, or say --insecure"
        }
    }
}
