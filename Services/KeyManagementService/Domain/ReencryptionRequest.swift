import FieldsealCrypto

/// A field whose values have to move to its active version before those of other fields.
struct ReencryptionRequest: Sendable, Equatable {
    enum Reason: String, Sendable {
        case compromise
    }

    var fieldID: ObjectID
    var reason: Reason
    /// Higher goes first.
    var priority: Int16
    var createdUnixUs: Int64

    static func compromise(of field: ObjectID, atUnixUs now: Int64) -> Self {
        Self(fieldID: field, reason: .compromise, priority: 100, createdUnixUs: now)
    }

    /// The versions under which values may be left; once there are none, the request is met.
    static func versions(
        toLeave versions: [KeyRecord], lifecycle: FieldLifecycle, censuses: [Census]
    ) -> [KeyRecord] {
        versions.filter {
            $0.state == .compromised && CensusRules.emptySince($0, lifecycle: lifecycle, censuses: censuses) == nil
        }
    }

    func canonical(revision: UInt64) -> CanonicalRow {
        var row = CanonicalRow(table: "reencryption_requests", revision: revision)
        row.append("field_id", fieldID)
        row.append("reason", reason.rawValue)
        row.append("priority", Int64(priority))
        row.append("created_at", createdUnixUs)
        return row
    }
}
