import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres
import Testing

@testable import KeyManagementService

/// Keys of subjects in the store.
@Suite(.enabled(if: TestStore.isConfigured)) struct SubjectKeyTests {
    static let ann = SubjectName.subject(Array("ann@example.org".utf8))
    static let ben = SubjectName.subject(Array("ben@example.org".utf8))

    /// `users.email` and `users.note` have subject keys, `logs.line` too.
    static func declaration() -> CatalogDeclaration {
        func field(_ name: String, subjects: Bool = true) -> CatalogDeclaration.Field {
            .init(
                id: nil, name: name, sensitivity: .high, suite: .aes256GCM, rowBound: false, recordKeys: false,
                subjectKeys: subjects, indexes: [])
        }
        return CatalogDeclaration(tables: [
            .init(
                id: nil, name: "users", keyColumns: ["id"],
                fields: [field("email"), field("note"), field("plain", subjects: false)]),
            .init(id: nil, name: "logs", keyColumns: ["id"], fields: [field("line")]),
        ])
    }

    private func with(_ body: (TestStore, KeyAuthority) async throws -> Void) async throws {
        try await TestStore.with { store in
            let replica = try await store.replica()
            _ = try await replica.applyCatalog(Self.declaration(), context: .test)
            try await body(store, replica)
        }
    }

    @Test func aKeyIsMadeOnceAndFoundByNameAndId() async throws {
        try await with { store, replica in
            let recipient = try Recipient()
            let made = try await replica.subject(Self.ann, to: recipient).get()
            let other = try await store.replica()
            for name in [Self.ann, .key(made.id)] {
                for field in [FieldName.email, .note] {
                    let found = try await other.subject(name, of: field, to: recipient).get()
                    #expect(found.id == made.id)
                    #expect(try recipient.open(found) == recipient.open(made))
                }
            }
            let ben = try await replica.subject(Self.ben, to: recipient).get()
            #expect(ben.id != made.id)
            #expect(try recipient.open(ben) != recipient.open(made))
            // The same person in another table has another key there.
            let line = FieldName(table: "logs", field: "line")
            let elsewhere = try await replica.subject(Self.ann, of: line, to: recipient).get()
            #expect(elsewhere.id != made.id)
            #expect(await replica.subjectFailure(.key(made.id), of: line, to: recipient) == .unknownSubject)
        }
    }

    @Test func theSubjectsNameIsNowhereInTheStore() async throws {
        try await with { _, replica in
            _ = try await replica.subject(Self.ann, to: try Recipient()).get()
            for table in ["subject_keys", "encryption_keys", "store_revisions", "audit_outbox"] {
                let dump = try await replica.pool.query(
                    "SELECT string_agg(t::text, ' ') AS text FROM \(identifier: table) t"
                ).single()
                let text = try dump.optional("text", as: String.self) ?? ""
                #expect(!text.contains("ann@example.org"))
                // bytea is printed in hexadecimal.
                #expect(!text.contains(Array("ann@example.org".utf8).map { String($0, radix: 16) }.joined()))
            }
        }
    }

    @Test func racingReplicasMakeOneKeyASubject() async throws {
        try await with { store, replica in
            let replicas = [replica, try await store.replica()]
            let recipient = try Recipient()
            let ids = try await withThrowingTaskGroup(of: [ObjectID].self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let requests: [KeyAuthority.SubjectRequest] = [
                            (number % 2 == 0 ? .email : .note, Self.ann), (.email, Self.ben),
                        ]
                        return try await replicas[number / 2 % 2].subjectKeys(
                            requests, to: recipient.grantRecipient, context: .test
                        ).map { try $0.get().id }
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            let rows = try await replica.pool.query("SELECT FROM subject_keys WHERE lookup IS NOT NULL")
            #expect(rows.count == 2)
            let wrapping = try await replica.pool.query(
                "SELECT FROM encryption_keys WHERE key_type = 'subject-wrapping'")
            #expect(wrapping.count == 1)
        }
    }

    @Test func oneCallMakesAllItsKeysAtOnce() async throws {
        try await with { _, replica in
            let before = try await replica.counts().revision
            let requests: [KeyAuthority.SubjectRequest] = (0..<20).map {
                (.email, .subject(Array("subject \($0 % 15)".utf8)))
            }
            let grants = try await replica.subjectKeys(requests, to: try Recipient().grantRecipient, context: .test)
                .map { try $0.get() }
            #expect(Set(grants.map(\.id)).count == 15)
            #expect((0..<5).allSatisfy { grants[$0].id == grants[$0 + 15].id })
            #expect(try await replica.counts().revision == before + 1)
        }
    }

    @Test func anErasedKeyIsGoneForGood() async throws {
        try await with { store, replica in
            let recipient = try Recipient()
            let made = try await replica.subject(Self.ann, to: recipient).get()
            let table = try #require(try await replica.catalog().catalog.table(named: "users"))
            let (tombstone, revision) = try await replica.erase(made.id, in: table, context: .test)
            #expect(tombstone.isErased && tombstone.encryptedKey.isEmpty && tombstone.revision == revision)
            #expect(
                try await notices(replica, at: revision) == [
                    Proto.KeyChange(kind: .subjectErased, subjectKeyID: made.id.bytes)
                ])
            for name in [Self.ann, .key(made.id)] {
                let error = await replica.subjectFailure(name, to: recipient)
                #expect(error == .subjectErased)
                #expect(error?.code == .failedPrecondition && error?.message == "the subject was erased")
            }
            let row = try await replica.pool.query("SELECT encrypted_key FROM subject_keys WHERE id = \(made.id.uuid)")
                .single()
            #expect(try row.value("encrypted_key", as: [UInt8].self).isEmpty)
            // Again: nothing is written.
            let again = try await store.replica().erase(made.id, in: table, context: .test)
            #expect(again.value == tombstone && again.revision == revision)
            _ = try await replica.subject(Self.ben, to: recipient).get()
            #expect(
                await failure { _ = try await replica.erase(.random(), in: table, context: .test) } == .unknownSubject)
        }
    }

    /// What a revision tells encryption services.
    private func notices(_ replica: KeyAuthority, at revision: UInt64) async throws -> [Proto.KeyChange] {
        let row = try await replica.pool.query("SELECT changes FROM key_changes WHERE revision = \(Int64(revision))")
            .single()
        return try Proto.KeyChanges(decoding: row.value("changes", as: [UInt8].self)).changes
    }

    /// The key of the table's hashes is no subject's.
    @Test func theKeyOfTheHashesIsNotGivenOutNorErased() async throws {
        try await with { _, replica in
            let recipient = try Recipient()
            _ = try await replica.subject(Self.ann, to: recipient).get()
            let row = try await replica.pool.query("SELECT id FROM subject_keys WHERE lookup IS NULL").single()
            let id = try row.objectID("id")
            #expect(await replica.subjectFailure(.key(id), to: recipient) == .unknownSubject)
            let table = try #require(try await replica.catalog().catalog.table(named: "users"))
            #expect(await failure { _ = try await replica.erase(id, in: table, context: .test) } == .unknownSubject)
        }
    }

    @Test(arguments: ["users", "master"])
    func aRotationAboveLeavesSubjectKeysAsTheyAre(name: String) async throws {
        try await with { store, replica in
            let recipient = try Recipient()
            let made = try await replica.subject(Self.ann, to: recipient).get()
            let object = try #require(try await replica.keyObject(named: name))
            for _ in 0..<2 { _ = try await replica.rotate(object, called: name, context: .test) }
            let after = try await store.replica().subject(Self.ann, to: recipient).get()
            #expect(after.id == made.id)
            #expect(try recipient.open(after) == recipient.open(made))
            let wrapping = try #require(try await replica.keyObject(named: "users/subjects"))
            #expect(wrapping.kind == .subjectWrapping)
            let key = try await replica.key(named: "users/subjects", version: nil)
            #expect(key.versions.count == 1)
            #expect(
                await failure { _ = try await replica.rotate(wrapping, called: "users/subjects", context: .test) }
                    == .notRotatable)
        }
    }

    @Test func subjectKeysAreWrappedAnewUnderANewWrappingKey() async throws {
        try await with { store, replica in
            let recipient = try Recipient()
            let made = try await replica.subject(Self.ann, to: recipient).get()
            let object = try #require(try await replica.keyObject(named: "users/subjects"))
            let old = try #require(try await replica.read { try await $0.activeKey(object) })
            _ = try await replica.change { writer in
                let table = try #require(try await writer.reader.catalog().table(named: "users"))
                let dek = try await replica.activeDEK(of: table, writer: writer, context: .test)
                let new = try KeyMaking.makeChild(of: dek, for: object, rotationCount: 1, atUnixUs: writer.nowUnixUs)
                try await writer.supersede(old)
                _ = try await writer.insert(new.record)
                try await replica.rewrapSubjects(from: old, to: new, writer: writer)
            }
            let under = try await replica.pool.query(
                "SELECT FROM subject_keys WHERE wrapping_version = \(old.version.column)")
            #expect(under.isEmpty)
            let after = try await store.replica().subject(Self.ann, to: recipient).get()
            #expect(after.id == made.id)
            #expect(try recipient.open(after) == recipient.open(made))
            #expect(try await replica.subject(Self.ben, to: recipient).get().id != made.id)
        }
    }

    @Test func whatIsWrongWithOneRequestIsItsOwn() async throws {
        try await with { _, replica in
            let requests: [KeyAuthority.SubjectRequest] = [
                (.email, Self.ann), (FieldName(table: "users", field: "plain"), Self.ann),
                (FieldName(table: "users", field: "nothing"), Self.ann), (.email, .subject([])),
                (.email, .subject([UInt8](repeating: 1, count: 257))), (.email, .key(.random())),
                (.email, Self.ben),
            ]
            let results = try await replica.subjectKeys(requests, to: try Recipient().grantRecipient, context: .test)
            let errors = results.map { result -> KeyServiceError? in
                if case .failure(let error) = result { error } else { nil }
            }
            #expect(
                errors == [nil, .noSubjects, .unknownField, .malformed, .malformed, .unknownSubject, nil])
        }
    }

    static let edits = [
        "UPDATE subject_keys SET encrypted_key = set_byte(encrypted_key, 40, get_byte(encrypted_key, 40) # 1)",
        "UPDATE subject_keys SET lookup = set_byte(lookup, 0, get_byte(lookup, 0) # 1) WHERE lookup IS NOT NULL",
        "UPDATE subject_keys SET created_at = created_at - interval '1 day'",
        "UPDATE subject_keys SET revision = revision + 1",
        "UPDATE subject_keys SET row_mac = '' WHERE lookup IS NOT NULL",
        "UPDATE subject_keys SET id = gen_random_uuid() WHERE lookup IS NULL",
        "UPDATE subject_keys SET table_id = (SELECT id FROM catalog_tables WHERE name = 'logs') WHERE lookup IS NULL",
        "UPDATE subject_keys SET wrapping_version = wrapping_version # 1",
        "UPDATE subject_keys SET compromised_at = now() WHERE lookup IS NOT NULL",
        "UPDATE subject_keys SET encrypted_key = '', erased_at = now() WHERE lookup IS NOT NULL",
        // Two genuine rows exchange their keys.
        """
        UPDATE subject_keys a SET encrypted_key = b.encrypted_key FROM subject_keys b
        WHERE a.id <> b.id AND a.lookup IS NOT NULL AND b.lookup IS NOT NULL
        """,
        "UPDATE encryption_keys SET metadata = '{\"x\":1}' WHERE key_type = 'subject-wrapping'",
    ]

    @Test(arguments: edits) func anAlteredRowIsRefused(edit: String) async throws {
        try await with { _, replica in
            let recipient = try Recipient()
            let made = try await replica.subject(Self.ann, to: recipient).get()
            _ = try await replica.subject(Self.ben, to: recipient).get()
            try await replica.pool.withConnection { try await $0.script(edit) }
            // By its id a row is found whatever was done to its lookup.
            var errors: [KeyServiceError?] = []
            for name in [Self.ann, .key(made.id)] { errors.append(await replica.subjectFailure(name, to: recipient)) }
            #expect(errors.contains { $0?.code == .dataLoss })
        }
    }

    /// A row that a backup of the database brings back is noticed at the next start: the chain of changes knows that the
    /// key was erased.
    @Test func anErasedRowThatWasPutBackIsNoticed() async throws {
        try await with { store, replica in
            let made = try await replica.subject(Self.ann, to: try Recipient()).get()
            let table = try #require(try await replica.catalog().catalog.table(named: "users"))
            try await replica.pool.withConnection { try await $0.script("CREATE TABLE kept AS TABLE subject_keys") }
            _ = try await replica.erase(made.id, in: table, context: .test)
            try await replica.pool.withConnection {
                try await $0.script(
                    """
                    DELETE FROM subject_keys;
                    INSERT INTO subject_keys TABLE kept;
                    """)
            }
            let next = try store.sealedReplica()
            let error = await failure { try await next.unseal() }
            var isRefused = error?.code == .dataLoss
            if error == nil { isRefused = try await next.counts().isQuarantined }
            #expect(isRefused)
        }
    }
}

extension KeyAuthority {
    func subject(
        _ name: SubjectName, of field: FieldName = .email, to recipient: Recipient
    ) async throws -> SubjectResult {
        try #require(
            try await subjectKeys([(field, name)], to: recipient.grantRecipient, context: .test).first)
    }

    func subjectFailure(
        _ name: SubjectName, of field: FieldName = .email, to recipient: Recipient
    ) async -> KeyServiceError? {
        await failure { _ = try await self.subject(name, of: field, to: recipient).get() }
    }
}

extension Recipient {
    func open(_ grant: SubjectGrant) throws -> [UInt8] {
        let key = try pair.open(
            grant.sealedKey, identity: Self.identity, context: KeyAgreement.subjectContext(grant.id))
        return key.withUnsafeBytes { Array($0) }
    }
}
