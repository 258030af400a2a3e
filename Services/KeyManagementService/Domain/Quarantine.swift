import FieldsealCrypto

/// A store that serves nothing: it was restored, and what happened after the backup has not been replayed.
struct Quarantine: Sendable, Equatable {
    enum Reason: String, Sendable {
        case restored
    }

    var storeID: ObjectID
    var sinceUnixUs: Int64
    /// The store's revision when the backup was taken.
    var backupRevision: UInt64
    var reason: Reason

    func canonical(revision: UInt64) -> CanonicalRow {
        var row = CanonicalRow(table: "store_quarantine", revision: revision)
        row.append("store_id", storeID)
        row.append("since", sinceUnixUs)
        row.append("backup_revision", Int64(bitPattern: backupRevision))
        row.append("reason", reason.rawValue)
        return row
    }
}

/// What a store says of itself as a whole.
struct StoreStanding: Sendable {
    var state: StoreRevision
    var quarantine: Quarantine?

    /// Why the store must not be served, given the newest revision that is known of it.
    func objection(newestKnown: UInt64) -> Objection? {
        if state.revision < newestKnown { return .rolledBack(to: state.revision, from: newestKnown) }
        return quarantine.map { .restored(backupRevision: $0.backupRevision) }
    }

    enum Objection: Sendable, Equatable {
        /// A newer revision was seen, in the audit log or by this process.
        case rolledBack(to: UInt64, from: UInt64)
        case restored(backupRevision: UInt64)
    }
}
