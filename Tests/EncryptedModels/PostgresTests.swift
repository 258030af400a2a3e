import FieldsealClient
import FieldsealPostgres
import Foundation
import Logging
import Testing

extension PostgresRow {
    fileprivate func user() throws -> User {
        User(
            id: try #require(UUID(uuidString: value("id"))), name: try value("name"),
            email: EncryptedString(ciphertext: try value("email")), emailIndex: BlindIndex(try value("email_index")),
            passwordHash: try optional("password_hash", as: [UInt8].self).map(EncryptedData.init(ciphertext:)))
    }
}

/// Encrypted models over the project's own PostgreSQL module, with services that run as they do in earnest.
extension ClusterTests {
    @Suite struct PostgresTests {
        @Test func aThousandRowsAreWrittenAndRead() async throws {
            try await Self.withTable { pool, middleware in
                let users = try await middleware.beforeInsert((0..<1_000).map(User.some))
                try await Self.insert(users, pool)
                let stored = try await pool.query(
                    "SELECT id::text, name, email, email_index, password_hash FROM people ORDER BY name")
                #expect(stored.count == 1_000)
                let loaded = try await middleware.afterLoad(stored.map { try $0.user() })
                let expected = Dictionary(uniqueKeysWithValues: users.map { ($0.id, $0) })
                for user in loaded { #expect(expected[user.id] == user) }
                let texts = try await pool.query(
                    "SELECT count(*) AS found FROM people WHERE position('@'::bytea IN email) > 0 AND position('xample'::bytea IN email) > 0"
                )
                #expect(try texts.single().value("found", as: Int.self) == 0)
            }
        }

        @Test func aRowIsFoundByItsIndexInWhateverSpelling() async throws {
            try await Self.withTable { pool, middleware in
                let users = try await middleware.beforeInsert((0..<10).map(User.some))
                try await Self.insert(users, pool)
                let index = try await middleware.blindIndex(of: " ada.7@example.ORG", in: \User.email)
                let rows = try await pool.query(
                    "SELECT id::text, name, email, email_index, password_hash FROM people WHERE email_index = \(index.bytes)"
                )
                let found = try await middleware.afterLoad(try rows.single().user())
                #expect(try found.email.value == "Ada.7@Example.org" && found == users[7])
            }
        }

        @Test func aSwappedValueRaisesAndIsNotLost() async throws {
            try await Self.withTable { pool, middleware in
                let users = try await middleware.beforeInsert((0..<2).map(User.some))
                try await Self.insert(users, pool)
                try await pool.query(
                    "UPDATE people SET email = (SELECT email FROM people WHERE id = \(users[0].id.uuidString)::uuid)")
                let rows = try await pool.query(
                    "SELECT id::text, name, email, email_index, password_hash FROM people ORDER BY name")
                let loaded = try await middleware.afterLoad(rows.map { try $0.user() })
                #expect(try loaded[0].email.value == "Ada.0@Example.org")
                let error = #expect(throws: EncryptedValueError.self) { try loaded[1].email.value }
                #expect(error?.field == "users.email" && error?.cause?.message == "ciphertext rejected")
                #expect(error?.recordID == RecordID(try #require(users[1].id.keyColumn)))
                #expect(try loaded[1].passwordHash?.value.count == 32)
                let written = try await middleware.beforeInsert(loaded[1])
                #expect(try written.email.ciphertext == users[0].email.ciphertext)
            }
        }

        @Test func theModelsAreAsTheCatalogSays() async throws {
            let client = try Cluster.current.client()
            try await EncryptionMiddleware(client).check(User.self, Agent.self)
            struct Wrong: EncryptedRecord {
                static let encryptedTable = EncryptedTable<Wrong>(
                    "users", key: [.column("uuid", \.id)],
                    fields: [.field("email", \.email, indexes: [.index("prefix", \.index)])])
                var id: UUID
                var email: EncryptedString
                var index: BlindIndex?
            }
            let error = await #expect(throws: ClientConfigurationError.self) {
                try await EncryptionMiddleware(client).check(Wrong.self)
            }
            #expect(
                error?.description == """
                    users.email: the key is uuid, but the catalog's key-columns are id
                    users.email: the catalog does not have the index prefix
                    """)
            await client.shutdown()
        }

        private static func withTable(
            _ body: (PostgresPool, EncryptionMiddleware) async throws -> Void
        ) async throws {
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let cluster = try Cluster.current
            let server = try await cluster.conninfo()
            let name = "test_\(UInt64.random(in: 0 ... .max))"
            let administration = try PostgresPool(.init(conninfo: server, maximumConnections: 1), logger: logger)
            try await administration.query("CREATE DATABASE \(identifier: name)")
            await administration.close()
            let pool = try PostgresPool(.init(conninfo: "\(server) dbname=\(name)"), logger: logger)
            let client = try cluster.client()
            let outcome: Result<Void, any Error>
            do {
                try await pool.query(
                    """
                    CREATE TABLE people (
                        id uuid PRIMARY KEY, name text NOT NULL, email bytea NOT NULL, email_index bytea NOT NULL UNIQUE,
                        password_hash bytea)
                    """)
                outcome = .success(try await body(pool, EncryptionMiddleware(client)))
            } catch {
                outcome = .failure(error)
            }
            await pool.close()
            await client.shutdown()
            try outcome.get()
        }

        private static func insert(_ users: [User], _ pool: PostgresPool) async throws {
            try await pool.withTransaction { connection in
                _ = try await connection.pipeline(
                    try users.map { user in
                        let (email, index) = (try user.email.ciphertext, try user.emailIndex.bytes)
                        return """
                            INSERT INTO people (id, name, email, email_index, password_hash)
                            VALUES (\(user.id.uuidString)::uuid, \(user.name), \(email), \(index), \(try user.passwordHash?.ciphertext))
                            """
                    })
            }
        }
    }
}

@Suite(.cluster, .timeLimit(.minutes(5))) struct ClusterTests {}
