import Logging

/// Reads the settings again while the daemon serves. What is wrong changes nothing at all; what cannot change now is named.
struct Reload {
    /// Settings that are taken over together, and how.
    struct Step {
        let names: [String]
        let take: (Settings) throws -> Void
    }

    private let source: SettingsSource
    private let steps: [Step]
    private let logger: Logger
    /// The texts in force, by the settings' names.
    private var inForce: [String: [String]]

    /// - Parameter steps: run in this order at every reload, whether their settings changed or not. One that fails ends it,
    ///   so those that may fail come first.
    init(_ source: SettingsSource, from settings: Settings, steps: [Step], logger: Logger) {
        self.source = source
        self.steps = steps
        self.logger = logger
        inForce = settings.texts
    }

    /// - Returns: why everything stays as it was; nil where what was read is in force.
    mutating func run() -> String? {
        do {
            let settings = try source.read()
            for step in steps { try step.take(settings) }
            adopt(settings)
            return nil
        } catch {
            logger.error("the settings stay as they were: \(error)")
            return "\(error)"
        }
    }

    private mutating func adopt(_ settings: Settings) {
        for warning in settings.warnings { logger.warning("\(warning)") }
        let changed = settings.texts.filter { inForce[$0.key] != $0.value }.keys.sorted()
        let reloadable = Set(steps.flatMap(\.names))
        for name in changed where reloadable.contains(name) { inForce[name] = settings.texts[name] }
        let taken = changed.filter(reloadable.contains)
        let left = changed.filter { !reloadable.contains($0) }
        logger.info(
            taken.isEmpty ? "settings read again, none to change" : "settings read again",
            metadata: taken.isEmpty ? nil : ["changed": "\(taken.joined(separator: ","))"])
        if !left.isEmpty {
            logger.warning("these settings change only at a restart: \(left.joined(separator: ", "))")
        }
    }
}
