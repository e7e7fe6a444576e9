import GRDB

/// What is asked of the catalogue about demonstrations: each call is one transaction.
extension StateFolder {
    /// Oldest first.
    public func demonstrations() throws(StoreError) -> [DemonstrationRecord] {
        try read("reading the demonstrations") { try DemonstrationRecord.order(Column("createdAt")).fetchAll($0) }
    }

    /// In order.
    public func files(of set: String) throws(StoreError) -> [DemonstrationFileRecord] {
        try read("reading the files of demonstrations \(set)") { database in
            try DemonstrationFileRecord.filter(Column("setID") == set).order(Column("number")).fetchAll(database)
        }
    }

    /// With its first files.
    public func insert(_ set: DemonstrationRecord, _ files: [DemonstrationFileRecord]) throws(StoreError) {
        try write("storing demonstrations \(set.id)") { database in
            try set.insert(database)
            for file in files { try file.insert(database) }
        }
    }

    /// Adds files to a set, and forgets those whose episodes they took over.
    public func add(
        _ files: [DemonstrationFileRecord], replacing replaced: [DemonstrationFileRecord] = [], to set: String,
        at time: Double
    ) throws(StoreError) {
        try write("adding to demonstrations \(set)") { database in
            for file in replaced { try file.delete(database) }
            for file in files { try file.insert(database) }
            try DemonstrationRecord.filter(key: set).updateAll(database, Column("updatedAt").set(to: time))
        }
    }

    /// With its files' rows; not a trace of them is left in the catalogue.
    public func deleteDemonstrations(_ id: String) throws(StoreError) {
        try write("deleting demonstrations \(id)") { database in
            _ = try DemonstrationRecord.deleteOne(database, key: id)
            try Self.eraseReplies(about: id, in: database)
        }
        try erase()
    }
}
