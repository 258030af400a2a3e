import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealSecureMemory

/// A subject's key for one process, sealed to it.
struct SubjectGrant: Sendable {
    var id: ObjectID
    var sealedKey: [UInt8]
    /// Of a compromised key: the one that the subject's values are sealed with now.
    var successor: (id: ObjectID, sealedKey: [UInt8])?
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

    /// What there is to erase, the newest key first; empty where the table keeps no key of the subject.
    func subjectKeys(of subject: [UInt8], in table: CatalogTable) async throws -> [SubjectKeyRecord] {
        try await read { reader in
            var work = SubjectWork(authority: self, reader: reader)
            return try await work.records(of: subject, in: table)
        }
    }

    /// Deletes a subject's keys for good, compromised ones too; tombstones stay. What is erased already stays as it is.
    ///
    /// - Parameter key: one of them.
    /// - Returns: its tombstone, and the store's revision after it.
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
        guard var record = try await writer.reader.subjectKey(key), record.table == table.id,
            let lookup = record.lookup
        else {
            throw KeyServiceError.unknownSubject
        }
        for other in try await writer.reader.subjectKeys(of: table.id, lookup: lookup) where !other.isErased {
            let tombstone = try await writer.update(other.erased(atUnixUs: writer.nowUnixUs))
            if other.id == key { record = tombstone }
            writer.noteErased(subjectKey: other.id)
            // An event for each: a backup that is restored may hold the older ones alone.
            var event = context.event(
                .eraseSubject, of: SubjectObject.name(of: other.id, in: table.name), version: nil)
            event.table = table.name
            event.storeRevision = writer.revision
            writer.events.append(event)
        }
        return record
    }

    /// Wraps the keys of a table's subjects anew, from one version of its subject-wrapping key to another.
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
