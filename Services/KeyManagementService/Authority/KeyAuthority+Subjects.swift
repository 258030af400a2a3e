import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealSecureMemory

/// A subject's key for one process, sealed to it.
struct SubjectGrant: Sendable {
    var id: ObjectID
    var sealedKey: [UInt8]
}

extension KeyAuthority {
    typealias SubjectRequest = (field: FieldName, name: SubjectName)
    typealias SubjectResult = Result<SubjectGrant, KeyServiceError>

    /// Keys of subjects. One that is asked for by the subject's name is made where there is none; of callers that race, one
    /// makes it and all get it. Those that a call lacks are made in one transaction.
    ///
    /// - Returns: one result a request, in order.
    func subjectKeys(
        _ requests: [SubjectRequest], to recipient: GrantRecipient, context: CallContext
    ) async throws -> [SubjectResult] {
        let stored = try await read { reader in
            var work = SubjectWork(authority: self, reader: reader)
            var results: [SubjectResult?] = []
            for request in requests { results.append(try await work.grant(request, to: recipient)) }
            return results
        }
        guard stored.contains(where: { $0 == nil }) else { return stored.compactMap(\.self) }
        return try await change { writer in
            var work = SubjectWork(authority: self, reader: writer.reader)
            var results: [SubjectResult] = []
            for (request, result) in zip(requests, stored) {
                if let result {
                    results.append(result)
                } else {
                    results.append(try await work.make(request, to: recipient, writer: writer, context: context))
                }
            }
            work.noteMade(writer, context)
            return results
        }.value
    }

    /// What there is to erase; nil where the table keeps no key of the subject.
    func subject(_ subject: [UInt8], in table: CatalogTable) async throws -> SubjectKeyRecord? {
        try await read { reader in
            var work = SubjectWork(authority: self, reader: reader)
            return try await work.record(of: subject, in: table)
        }
    }

    /// Deletes a subject's key for good; a tombstone stays. One that is erased already stays as it is.
    ///
    /// - Returns: the tombstone, and the store's revision after it.
    func erase(
        _ key: ObjectID, in table: CatalogTable, context: CallContext
    ) async throws -> (value: SubjectKeyRecord, revision: UInt64) {
        try await change { writer in
            try await self.erase(key, in: table, writer: writer, context: context)
        }
    }

    func erase(
        _ key: ObjectID, in table: CatalogTable, writer: StoreWriter, context: CallContext
    ) async throws -> SubjectKeyRecord {
        guard let record = try await writer.reader.subjectKey(key), record.table == table.id, record.lookup != nil
        else {
            throw KeyServiceError.unknownSubject
        }
        guard !record.isErased else { return record }
        let tombstone = try await writer.update(record.erased(atUnixUs: writer.nowUnixUs))
        writer.noteErased(subjectKey: key)
        var event = context.event(
            .eraseSubject, of: SubjectObject.name(of: key, in: table.name), version: nil)
        event.table = table.name
        event.storeRevision = writer.revision
        writer.events.append(event)
        return tombstone
    }

    /// Wraps the keys of a table's subjects anew, from one version of its subject-wrapping key to another. Since an old
    /// version may be known to somebody, so may the keys: their values are to be sealed under a new version of the field's
    /// key too.
    func rewrapSubjects(
        from old: KeyRecord, to new: borrowing OpenKey, writer: StoreWriter
    ) async throws {
        var work = SubjectWork(authority: self, reader: writer.reader)
        let opened = try await work.wrappingKey(old)
        for record in try await writer.reader.subjectKeys(wrappedUnder: old.version) {
            let key = try record.open(under: opened.bytes)
            var rewrapped = record
            rewrapped.wrapping = new.record.version
            rewrapped.encryptedKey = try KeyWrapping(under: new.key).wrap(key, as: rewrapped.identity)
            _ = try await writer.update(rewrapped)
        }
    }
}

extension SubjectKeyRecord {
    func open(under wrapping: borrowing SecretBytes) throws -> SecretBytes {
        do {
            return try KeyWrapping(under: wrapping).unwrap(encryptedKey, as: identity)
        } catch {
            guard error.isRejection else { throw error }
            throw KeyServiceError.damaged("the wrap of subject key \(id) does not open")
        }
    }
}
