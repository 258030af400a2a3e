import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages

extension KeysService {
    /// How long the audit service may take to store the intent.
    private static let intentTimeout = Duration.seconds(10)
    /// How long the answer waits for the encryption services to have dropped the key.
    private static let acknowledgementTimeout = Duration.seconds(2)

    /// Deletes the keys of a subject: intent in the audit log first, then the keys, then the push. The subject's name stands
    /// in no event.
    func eraseSubject(
        _ request: Proto.EraseSubjectRequest, _ call: KeysCall
    ) async throws -> Proto.EraseSubjectResponse {
        _ = try authority.unsealed()
        guard (1...SubjectLookup.maximumCount).contains(request.subjectID.count) else {
            throw KeyServiceError.malformed
        }
        let (table, columns) = try await erasable(request.table, call)
        let records = try await authority.subjectKeys(of: request.subjectID, in: table)
        guard let record = records.first else {
            call.succeeded(object: SubjectObject.name(of: table.name))
            return Proto.EraseSubjectResponse(found: false, indexColumns: columns)
        }
        if request.dryRun {
            call.succeeded(object: SubjectObject.name(of: record.id, in: table.name))
            return response(record, columns, at: record.erasedUnixUs ?? authority.clock())
        }
        for record in records where !record.isErased { try await announce(record, in: table, call) }
        // The store's outbox tells of the success.
        let (tombstone, revision) = try await authority.erase(record.id, in: table, context: call.context)
        if record.isErased { call.succeeded(object: SubjectObject.name(of: record.id, in: table.name)) }
        var answer = response(tombstone, columns, at: tombstone.erasedUnixUs ?? 0)
        answer.revision = record.isErased ? tombstone.revision : revision
        answer.watchers =
            try await authority.propagation(of: answer.revision, waiting: Self.acknowledgementTimeout).messages
        return answer
    }

    /// - Parameter erased: when the key was, or would be, erased: the last backup of the store that holds it is of then.
    private func response(_ record: SubjectKeyRecord, _ columns: [String], at erased: Int64)
        -> Proto.EraseSubjectResponse
    {
        Proto.EraseSubjectResponse(
            found: true, subjectKeyID: record.id.bytes, erasedUnixMs: (record.erasedUnixUs ?? 0) / 1_000,
            completeUnixMs: authority.backupRetention.lastBackupExpiry(ofUnixUs: erased) / 1_000,
            indexColumns: columns)
    }

    /// The table, if the caller has the right on all its fields with subject keys, and the columns that the application
    /// sets to null.
    private func erasable(_ name: String, _ call: KeysCall) async throws -> (table: CatalogTable, columns: [String]) {
        let (catalog, _) = try await authority.catalog()
        guard let table = catalog.table(named: name) else {
            // Whether a table is known is told only to those who have the right on it.
            throw call.grant.allows(.eraseSubject, table: name) ? KeyServiceError.unknownTable : .denied
        }
        let fields = catalog.fields(of: table.id).filter(\.protection.subjectKeys)
        let isAllowed =
            call.grant.allows(.eraseSubject, table: name)
            || (!fields.isEmpty && fields.allSatisfy { call.grant.allows(.eraseSubject, field: "\(name).\($0.name)") })
        guard isAllowed else { throw KeyServiceError.denied }
        let columns = fields.flatMap { field in
            catalog.indexes(of: field.id).map { "\(name).\(field.name)/\($0.name)" }
        }
        return (table, columns.sorted())
    }

    private func announce(_ record: SubjectKeyRecord, in table: CatalogTable, _ call: KeysCall) async throws {
        var event = call.context.event(
            .eraseSubject, of: SubjectObject.name(of: record.id, in: table.name), version: nil)
        event.table = table.name
        event.cause = "intent"
        try await trail.publish(event, timeout: Self.intentTimeout)
    }
}
