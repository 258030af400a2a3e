import FieldsealMessages
import FieldsealPostgres
import FieldsealTransparencyLog

/// What key management has heard of an epoch, as the log holds it.
struct WitnessedStatement: Sendable {
    /// Of the event.
    let index: Int64
    /// When the log took the event.
    let stored: Int64
    /// Whose epoch it is.
    let producer: String
    let statement: Proto.EpochStatement

    var sequence: Int64 { Int64(clamping: statement.sequence) }

    /// Those of some events, in their order.
    static func stored(
        where condition: PostgresQuery, limit: Int, _ connection: PostgresConnection
    ) async throws -> [WitnessedStatement] {
        try await connection.query(
            """
            SELECT index, stored_unix_us, actor, event FROM audit_events JOIN audit_blocks USING (position, month)
            WHERE operation = \(Proto.Operation.witnessEpoch.rawValue) AND \(condition)
            ORDER BY index LIMIT \(Int64(limit))
            """
        ).map { row in
            let event = try Proto.Event(decoding: row.value("event", as: [UInt8].self))
            return WitnessedStatement(
                index: try row.value("index"), stored: try row.value("stored_unix_us"),
                producer: try row.value("actor"), statement: event.witnessed ?? .init())
        }
    }

    /// What is stored of its epoch.
    func standing(_ connection: PostgresConnection) async throws -> WitnessVerdict.Standing {
        let epoch: PostgresQuery = "producer = \(producer) AND epoch = \(statement.epoch)"
        let row = try await connection.query(
            """
            SELECT (SELECT hash FROM audit_blocks WHERE \(epoch) AND sequence = \(sequence)) AS hash,
                (SELECT min(sequence) FROM audit_blocks WHERE \(epoch)) AS first,
                (SELECT max(sequence) FROM audit_archived_epochs WHERE \(epoch)) AS archived
            """
        ).single()
        return WitnessVerdict.Standing(
            hash: try row.optional("hash"), first: try row.optional("first"), archived: try row.optional("archived"))
    }
}

extension Finding {
    init(_ kind: Kind, _ witnessed: WitnessedStatement) {
        self.init(
            kind: kind, producer: witnessed.producer, epoch: witnessed.statement.epoch, sequence: witnessed.sequence,
            hash: TreeHash(witnessed.statement.hash) ?? .zero)
    }
}
