import FieldsealPostgres
import FieldsealTransparencyLog

extension SecurityWatch {
    /// How the rules' memories are named in the database.
    private enum Rule: String {
        case failures
        case volumes
        case firstUses = "first-uses"
        case revoked
    }

    /// What was remembered last.
    static func stored(_ connection: PostgresConnection) async throws -> SecurityWatch {
        var watch = SecurityWatch()
        let rows = try await connection.query(
            "SELECT rule, actor, table_name, field_name, numbers FROM audit_watch_memories")
        for row in rows {
            let subject = WatchedSubject(
                actor: try row.value("actor"), table: try row.value("table_name"), field: try row.value("field_name"))
            let numbers: [Int64] = try row.value("numbers")
            switch Rule(rawValue: try row.value("rule")) {
            case .failures: watch.failures.restore(subject, numbers)
            case .volumes: watch.volumes.restore(subject, numbers)
            case .firstUses: watch.firstUses.restore(subject, numbers)
            case .revoked: watch.revoked.restore(subject, numbers)
            case nil: break
            }
        }
        return watch
    }

    /// The statements that store what has changed.
    mutating func takeChanges() -> [PostgresQuery] {
        var statements: [PostgresQuery] = []
        for (subject, numbers) in failures.takeChanges() { statements.append(Self.write(.failures, subject, numbers)) }
        for (subject, numbers) in volumes.takeChanges() { statements.append(Self.write(.volumes, subject, numbers)) }
        for (subject, numbers) in firstUses.takeChanges() {
            statements.append(Self.write(.firstUses, subject, numbers))
        }
        for (subject, numbers) in revoked.takeChanges() { statements.append(Self.write(.revoked, subject, numbers)) }
        return statements
    }

    private static func write(_ rule: Rule, _ subject: WatchedSubject, _ numbers: [Int64]) -> PostgresQuery {
        let digest = subject.digest
        guard !numbers.isEmpty else {
            return "DELETE FROM audit_watch_memories WHERE rule = \(rule.rawValue) AND digest = \(digest)"
        }
        return """
            INSERT INTO audit_watch_memories (rule, digest, actor, table_name, field_name, numbers)
            VALUES (\(rule.rawValue), \(digest), \(subject.actor), \(subject.table), \(subject.field), \(numbers))
            ON CONFLICT (rule, digest) DO UPDATE SET numbers = excluded.numbers
            """
    }
}

extension WatchedSubject {
    /// Names may be longer than an index takes.
    fileprivate var digest: [UInt8] {
        var bytes: [UInt8] = []
        for name in [actor, table, field] { bytes += Array("\(name.utf8.count) \(name)".utf8) }
        return TreeHash(sha256: bytes).bytes
    }
}
