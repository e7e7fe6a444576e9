import Foundation

/// What a measurement came to.
struct Report: Encodable {
    let command: String
    /// As it was when this program began.
    let machine = Machine.atStart
    let tables: [FigureTable]
    /// How learning went, where it was learning that was measured.
    var runs: [LearningOutcome]?
    var imitations: [ImitationRun]?

    init(
        command: String, tables: [FigureTable], runs: [LearningOutcome]? = nil, imitations: [ImitationRun]? = nil
    ) {
        self.command = command
        self.tables = tables
        self.runs = runs
        self.imitations = imitations
    }

    /// Prints the tables, and writes everything to a file where one is named.
    func publish(json path: String?) throws {
        print("\(machine.processor), \(machine.cores) cores, \(machine.system)")
        if machine.isBusy { print("The machine was busy (load \(machine.load)): trust ratios, not rates.") }
        for table in tables { print("\n\(table.text)") }
        guard let path else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let file = URL(filePath: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try encoder.encode(self).write(to: file)
    }
}

extension Machine {
    static let atStart = Machine()
}
