import FieldsealCrypto
import FieldsealPostgres

@testable import KeyManagementService

/// The store beside the model.
extension Interleaving {
    func rows() async throws -> [KeyModel.Row] {
        try await observer.query(
            """
            SELECT version, key_type, key_id, state, encrypted_key = '' AS is_empty FROM encryption_keys
            ORDER BY revision, version
            """
        ).map { row in
            guard let kind = KeyKind(name: try row.value("key_type")),
                let version = KeyVersion(column: try row.value("version")),
                let state = KeyState(rawValue: try row.value("state"))
            else { throw KeyModel.Broken(description: "an unreadable row") }
            return KeyModel.Row(
                version: version, object: KeyObject(kind: kind, id: try row.objectID("key_id")), state: state,
                isEmpty: try row.value("is_empty"))
        }
    }

    func compare() async throws { try model.check(try await rows()) }

    func absorb(by author: KeyModel.Author) async throws {
        let moved = try model.absorb(
            try await rows(), by: author, waitingDays: replicas[0].rotation.waitingDays, at: clock.now)
        if author == .schedule, let paused = moved.first(where: isPaused) {
            throw KeyModel.Broken(description: "the schedule went on with a \(paused.kind) that is paused")
        }
        try await learn()
    }

    /// Keeps the keys of versions that are new.
    func learn() async throws {
        for version in model.all(where: { $0.object.kind == .fek && $0.bytes == nil }) {
            guard let known = model.versions[version], [.active, .transition].contains(known.state) else { continue }
            let grant = try await replicas[0].grant(try field(known), version: version, to: recipient)
            try model.remember(try recipient.open(grant), of: version)
        }
    }

    func field(_ version: KeyModel.Version) throws -> FieldName {
        let name = keys.first { $0.object == version.object }?.name ?? ""
        guard let field = FieldName(name) else { throw KeyModel.Broken(description: "a key of no field") }
        return field
    }

    /// A version opens with the same key as ever, or is refused as its state has it.
    func checkGrant(_ version: KeyVersion) async throws {
        guard let known = model.versions[version] else { return }
        let field = try field(known)
        for purpose in [GrantPurpose.use, .rewrap] {
            let isOpen = [.active, .transition].contains(known.state)
            let isGranted = isOpen || (known.state == .compromised && purpose == .rewrap)
            let replica = anyReplica()
            try await expect(isGranted ? [] : [.notGranted(known.state)]) {
                let grant = try await replica.grant(
                    field, version: version, for: purpose, to: recipient.grantRecipient, context: .test)
                let bytes = try recipient.open(grant)
                try KeyModel.require(bytes == known.bytes, "\(version) opens with another key")
            }
        }
    }

    /// Everything, with a replica that starts now: it verifies all rows, and the chain of all changes.
    func checkAll() async throws {
        let fresh = try await store.replica(at: clock)
        let records = try await fresh.read { try await $0.keys("true", limit: Int(Int32.max)) }
        await fresh.pool.close()
        try model.check(
            records.map {
                .init(version: $0.version, object: $0.object, state: $0.state, isEmpty: $0.encryptedKey.isEmpty)
            })
        for version in model.all(where: { $0.object.kind == .fek }) { try await checkGrant(version) }
        let left = try await observer.query(
            """
            SELECT FROM master_key_wraps AS wrap JOIN encryption_keys AS key USING (version) WHERE key.state = 'destroyed'
            """)
        try KeyModel.require(left.isEmpty, "a destroyed master key is still wrapped")
    }

    /// In a store that knows nothing of what came after, no version gets the number of one that it forgot.
    func checkNothingIsReused(afterRestoring copy: String) async throws {
        try await store.restore(copy)
        let replica = try await store.replica(at: clock)
        for key in keys + keys {
            let record = try await replica.rotate(key.object, called: key.name, context: .test)
            try KeyModel.require(model.versions[record.version] == nil, "\(record.version) was issued twice")
        }
        await replica.pool.close()
    }
}
