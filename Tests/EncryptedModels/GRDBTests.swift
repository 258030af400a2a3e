import FieldsealClient
import Foundation
import GRDB
import Testing

extension User: FetchableRecord, PersistableRecord {}
extension Agent: FetchableRecord, PersistableRecord {}

/// The same models over GRDB and SQLite: Codable is all that the two libraries need of each other.
extension ClusterTests {
    @Suite struct GRDBTests {
        private let database: DatabaseQueue

        init() throws {
            database = try DatabaseQueue()
            try database.write { db in
                try db.create(table: "user") { table in
                    table.primaryKey("id", .blob)
                    table.column("name", .text).notNull()
                    table.column("email", .blob).notNull()
                    table.column("emailIndex", .blob).notNull().unique()
                    table.column("passwordHash", .blob)
                }
                try db.create(table: "agent") { table in
                    table.primaryKey("id", .integer)
                    table.column("config", .text).notNull()
                }
            }
        }

        @Test func rowsAreInsertedFetchedFoundAndUpdated() async throws {
            let client = try Cluster.current.client()
            let middleware = EncryptionMiddleware(client)
            let users = try await middleware.beforeInsert((0..<100).map(User.some))
            try await database.write { db in for user in users { try user.insert(db) } }
            let fetched = try await database.read { try User.order(Column("name")).fetchAll($0) }
            #expect(fetched.allSatisfy { $0.email.state == .sealed })
            let loaded = try await middleware.afterLoad(fetched)
            let expected = Dictionary(uniqueKeysWithValues: users.map { ($0.id, $0) })
            for user in loaded { #expect(expected[user.id] == user) }

            let index = Data(try await middleware.blindIndex(of: "ada.42@example.org", in: \User.email).bytes)
            let found = try #require(
                try await database.read { try User.filter(Column("emailIndex") == index).fetchOne($0) })
            var user = try await middleware.afterLoad(found)
            #expect(try user.email.value == "Ada.42@Example.org")
            user.email = "grace@example.org"
            let changed = try await middleware.beforeInsert(user)
            try await database.write { try changed.update($0) }
            let again = try #require(try await database.read { try User.fetchOne($0, key: ["id": changed.id]) })
            #expect(try await middleware.afterLoad(again).email.value == "grace@example.org")

            let texts = try await database.read { try String.fetchAll($0, sql: "SELECT quote(email) FROM user") }
            #expect(texts.allSatisfy { $0.hasPrefix("X'F5") })
            await client.shutdown()
        }

        @Test func textColumnsHoldTheTextForm() async throws {
            let client = try Cluster.current.client()
            let middleware = EncryptionMiddleware(client)
            let agent = Agent(id: 1, config: .init(Preferences(theme: "dark", tags: ["ü"])))
            let sealed = try await middleware.beforeInsert(agent)
            try await database.write { try sealed.insert($0) }
            let text = try await database.read { try String.fetchOne($0, sql: "SELECT config FROM agent") }
            #expect(text?.hasPrefix("fs1:") == true)
            let fetched = try #require(try await database.read { try Agent.fetchOne($0) })
            #expect(try await middleware.afterLoad(fetched).config.value == Preferences(theme: "dark", tags: ["ü"]))
            await client.shutdown()
        }

        @Test func plaintextDoesNotReachTheDatabase() async throws {
            await #expect(throws: EncryptedValueError.self) {
                try await database.write { try User.some(1).insert($0) }
            }
            #expect(try await database.read { try User.fetchCount($0) } == 0)
        }
    }
}
