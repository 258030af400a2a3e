import FieldsealPostgres
import FieldsealServiceRuntime
import Testing

@testable import AuditService

@Suite("Database role", .enabled(if: TestLog.isConfigured))
struct DatabaseRoleTests {
    @Test func theServingRoleReadsAndAddsAndNothingElse() async throws {
        try await TestLog.with(migrated: false) { test async throws in
            let role = test.name + "_server"
            let password = "p\(UInt64.random(in: 0 ... .max))"
            try await test.pool.withConnection { connection async throws in
                try await connection.script("CREATE ROLE \(role) LOGIN PASSWORD '\(password)'")
            }
            let serving = try PostgresPool(
                .init(conninfo: test.conninfo + " user=\(role) password=\(password)"), logger: TestLog.logger)
            for migrations in LogPreparation.migrations {
                try await migrations.apply(to: test.pool, logger: TestLog.logger)
            }
            try await DatabaseRole.grant(role, by: test.pool)
            #expect(try await DatabaseRole.name(serving) == role)
            #expect(try await !DatabaseRole.canAlterLog(serving))
            #expect(try await DatabaseRole.canAlterLog(test.pool))
            for migrations in LogPreparation.migrations { try await migrations.verify(serving) }

            var chain = Chain()
            let log = EventLog(pool: serving, clock: { 1 })
            #expect(try await log.append([try chain.block()]).sequence == 1)
            #expect(try await log.append([try Chain.second()]).finding?.kind == .unknownEpoch)
            #expect(try await log.page(try EventFilter(.init()), try PageRequest(.init())).events.count == 1)
            let follower = SecurityFollower(
                log: log, publication: Publication(log: log, witnesses: [], quorum: 0), idleBeat: 1
            ) { SecurityRules() }
            #expect(try await !follower.follow())
            #expect(try await serving.query("SELECT FROM alerts").count == 1)
            let partition = try await test.pool.query(
                "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_events'::regclass"
            ).single().value("name", as: String.self)
            for statement: PostgresQuery in [
                "UPDATE audit_events SET outcome = 0", "DELETE FROM audit_blocks", "TRUNCATE audit_findings",
                "DROP TABLE audit_events", "ALTER TABLE audit_events DISABLE TRIGGER ALL",
                "UPDATE schema_migrations SET checksum = ''", "UPDATE \(identifier: partition) SET outcome = 0",
                "DROP TABLE \(identifier: partition)", "DELETE FROM audit_archives",
            ] {
                let error = await #expect(throws: PostgresError.self) { try await serving.query(statement) }
                #expect(error?.sqlState == .insufficientPrivilege)
            }
            // A right on a single month is found, too.
            try await test.pool.query("GRANT DELETE ON \(identifier: partition) TO \(identifier: role)")
            #expect(try await DatabaseRole.canAlterLog(serving))
            await serving.close()
            try await test.pool.withConnection { connection async throws in
                try await connection.script("DROP OWNED BY \(role); DROP ROLE \(role)")
            }
        }
    }
}
