import FieldsealPostgres

extension StoreReader {
    /// What opens every transaction; `standing(_:)` reads it.
    ///
    /// - Parameter locked: every other change is kept away until the transaction ends.
    static func opening(locked: Bool = false) -> [PostgresQuery] {
        let lock: PostgresQuery = locked ? "FOR UPDATE" : ""
        return [
            "SELECT \(StoreRevision.columns) FROM store_state \(lock)",
            "SELECT \(Quarantine.columns) FROM store_quarantine",
        ]
    }

    /// The store's state and whether it is quarantined.
    func standing(_ opening: [PostgresRows]) throws -> StoreStanding {
        guard opening.count == 2 else { throw KeyServiceError.damaged("no store state") }
        return StoreStanding(state: try state(opening[0]), quarantine: try quarantine(opening[1]))
    }

    func standing() async throws -> StoreStanding {
        if let known { return known }
        return try standing(try await connection.pipeline(Self.opening()))
    }

    func revision() async throws -> StoreRevision { try await standing().state }

    func state(_ rows: PostgresRows) throws -> StoreRevision {
        guard let row = rows.first, rows.count == 1 else { throw KeyServiceError.damaged("no store state") }
        let state = StoreRevision(
            storeID: try row.objectID("store_id"), revision: try row.revision(), head: try row.value("head"))
        try verify(row, state.canonical, "store state")
        return state
    }
}

extension StoreRevision {
    static let columns: PostgresQuery = "store_id, revision, head, row_mac"
}
