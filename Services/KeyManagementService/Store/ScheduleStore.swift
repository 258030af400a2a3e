import FieldsealCrypto
import FieldsealPostgres

extension StoreReader {
    func notes(where condition: PostgresQuery) async throws -> [ScheduleNote] {
        try await connection.query("SELECT * FROM key_schedule WHERE \(condition)").map { row in
            let note = try ScheduleNote(row)
            try verify(row, note.canonical(revision: try row.revision()), "schedule of key \(note.id)")
            return note
        }
    }

    func note(of record: KeyRecord) async throws -> ScheduleNote? {
        try await notes(where: "id = \(record.identity.row.uuid)").first
    }

    func censuses(where condition: PostgresQuery) async throws -> [Census] {
        try await connection.query("SELECT * FROM key_census WHERE \(condition)").map { row in
            let census = try Census(row)
            let id = try row.objectID("id")
            guard try id == Census.id(field: census.field, location: census.location) else {
                throw KeyServiceError.damaged("a census stands in another's row")
            }
            try verify(row, census.canonical(id: id, revision: try row.revision()), "census \(id)")
            return census
        }
    }

    func censuses(of field: ObjectID) async throws -> [Census] {
        try await censuses(where: "field_id = \(field.uuid) ORDER BY location")
    }

    func pauses(where condition: PostgresQuery = "true") async throws -> [RotationPause] {
        try await connection.query("SELECT * FROM rotation_pauses WHERE \(condition)").map { row in
            let pause = try RotationPause(row)
            guard try row.objectID("id") == pause.id else {
                throw KeyServiceError.damaged("a pause stands in another's row")
            }
            try verify(row, pause.canonical(revision: try row.revision()), "pause \(pause.id)")
            return pause
        }
    }
}

extension StoreWriter {
    func write(_ note: ScheduleNote) async throws {
        let mac = try reader.mac.authenticate(note.canonical(revision: revision))
        try await reader.connection.query(
            """
            INSERT INTO key_schedule VALUES (
                \(note.id.uuid), \(note.failures), \(KeyRecord.timestamp(note.nextAttemptUnixUs)), \(note.cause),
                \(note.isOverdueTold), \(note.order?.isWanted), \(note.order?.identity),
                \(KeyRecord.timestamp(note.order?.unixUs)), \(note.proposal?.identity),
                \(KeyRecord.timestamp(note.proposal?.unixUs)), \(Int64(revision)), \(mac))
            ON CONFLICT (id) DO UPDATE SET failures = excluded.failures, next_attempt_at = excluded.next_attempt_at,
                cause = excluded.cause, overdue_told = excluded.overdue_told, order_wanted = excluded.order_wanted,
                order_identity = excluded.order_identity, order_at = excluded.order_at,
                proposal_identity = excluded.proposal_identity, proposal_at = excluded.proposal_at,
                revision = excluded.revision, row_mac = excluded.row_mac
            """)
        wrote(.scheduleNotes, id: note.id, mac: mac)
    }

    func write(_ census: Census) async throws {
        let id = try Census.id(field: census.field, location: census.location)
        let mac = try reader.mac.authenticate(census.canonical(id: id, revision: revision))
        try await reader.connection.query(
            """
            INSERT INTO key_census VALUES (
                \(id.uuid), \(census.field.uuid), \(census.location),
                \(PostgresTimestamp(unixMicroseconds: census.begunUnixUs)),
                \(PostgresTimestamp(unixMicroseconds: census.reportedUnixUs)), \(census.reporter), \(census.isPrimary),
                \(census.encodedEntries), \(Int64(revision)), \(mac))
            ON CONFLICT (id) DO UPDATE SET begun_at = excluded.begun_at, reported_at = excluded.reported_at,
                reporter = excluded.reporter, is_primary = excluded.is_primary, entries = excluded.entries,
                revision = excluded.revision, row_mac = excluded.row_mac
            """)
        wrote(.censuses, id: id, mac: mac)
    }

    func write(_ pause: RotationPause) async throws {
        let mac = try reader.mac.authenticate(pause.canonical(revision: revision))
        try await reader.connection.query(
            """
            INSERT INTO rotation_pauses VALUES (
                \(pause.id.uuid), \(pause.object?.kind.name), \(pause.object?.id.uuid),
                \(PostgresTimestamp(unixMicroseconds: pause.sinceUnixUs)), \(KeyRecord.timestamp(pause.untilUnixUs)),
                \(pause.identity), \(pause.isResumed), \(Int64(revision)), \(mac))
            ON CONFLICT (id) DO UPDATE SET since_at = excluded.since_at, until_at = excluded.until_at,
                identity = excluded.identity, is_resumed = excluded.is_resumed, revision = excluded.revision,
                row_mac = excluded.row_mac
            """)
        wrote(.rotationPauses, id: pause.id, mac: mac)
    }
}

extension ScheduleNote {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.objectID("id"), failures: try row.value("failures"),
            nextAttemptUnixUs: try row.optionalMicroseconds("next_attempt_at"), cause: try row.value("cause"),
            isOverdueTold: try row.value("overdue_told"))
        if let isWanted = try row.optional("order_wanted", as: Bool.self) {
            order = Order(
                isWanted: isWanted, identity: try row.value("order_identity"),
                unixUs: try row.microseconds("order_at"))
        }
        if let identity = try row.optional("proposal_identity", as: String.self) {
            proposal = Proposal(identity: identity, unixUs: try row.microseconds("proposal_at"))
        }
    }
}

extension Census {
    init(_ row: PostgresRow) throws {
        guard let entries = Census.entries(encoded: try row.value("entries")) else { throw row.unreadable("entries") }
        self.init(
            field: try row.objectID("field_id"), location: try row.value("location"),
            begunUnixUs: try row.microseconds("begun_at"), reportedUnixUs: try row.microseconds("reported_at"),
            reporter: try row.value("reporter"), isPrimary: try row.value("is_primary"), entries: entries)
    }
}

extension RotationPause {
    init(_ row: PostgresRow) throws {
        var object: KeyObject?
        if let name = try row.optional("key_type", as: String.self) {
            guard let kind = KeyKind(name: name) else { throw row.unreadable("key_type") }
            object = KeyObject(kind: kind, id: try row.objectID("key_id"))
        }
        self.init(
            object: object, sinceUnixUs: try row.microseconds("since_at"),
            untilUnixUs: try row.optionalMicroseconds("until_at"), identity: try row.value("identity"),
            isResumed: try row.value("is_resumed"))
    }
}
