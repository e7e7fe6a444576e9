import GRDB

/// What is asked of the catalogue about how agents serve: what keeps them back, who turned them off, whom they served.
extension StateFolder {
    /// Writes what an agent may do; nil for anything.
    public func put(guard json: String?, of agent: String) throws(StoreError) {
        try write("storing the guard of agent \(agent)") { database in
            _ = try AgentRecord.filter(key: agent).updateAll(database, Column("guard").set(to: json))
        }
    }

    /// Writes who turned an agent off; nil for nobody.
    public func put(killed json: String?, of agent: String) throws(StoreError) {
        try write("storing whether agent \(agent) acts") { database in
            _ = try AgentRecord.filter(key: agent).updateAll(database, Column("killed").set(to: json))
        }
    }

    /// Adds to what is known of who was served; what agents served that are gone is forgotten.
    public func add(_ servings: [ServingRecord]) throws(StoreError) {
        guard !servings.isEmpty else { return }
        try write("storing who was served") { database in
            for serving in servings where try AgentRecord.exists(database, key: serving.agentID) {
                try database.execute(
                    sql: """
                        INSERT INTO servings (agentID, version, caller, place, actions, firstAt, lastAt)
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT DO UPDATE SET actions = actions + excluded.actions, lastAt = excluded.lastAt
                        """,
                    arguments: [
                        serving.agentID, serving.version, serving.caller, serving.place, serving.actions,
                        serving.firstAt, serving.lastAt,
                    ])
            }
        }
    }

    /// Of a version, whoever was served first first.
    public func servings(of agent: String, version: Int) throws(StoreError) -> [ServingRecord] {
        try read("reading who was served by agent \(agent)") { database in
            try ServingRecord.filter(Column("agentID") == agent && Column("version") == version)
                .order(Column("firstAt")).fetchAll(database)
        }
    }
}
