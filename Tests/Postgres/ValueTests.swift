import FieldsealPostgres
import Testing

@Suite("Values", .enabled(if: TestDatabase.isConfigured))
struct ValueTests {
    @Test func everyTypeComesBackAsItWent() async throws {
        try await TestDatabase.with { database async throws in
            let uuid = PostgresUUID(rawValue: 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210)
            let time = try #require(PostgresTimestamp(unixMicroseconds: 1_795_000_000_123_456))
            let nothing: Int64? = nil
            let row = try await database.pool.query(
                """
                SELECT \(true) AS b, \(Int16.min) AS i2, \(Int32.min) AS i4, \(Int64.min) AS i8, \(Int64.max) AS big,
                    \(-0.1) AS f8, \("Ünïcode 'quoted' \\ \u{1F512}") AS t, \("") AS empty, \([UInt8]()) AS no_bytes,
                    \([UInt8](0...255)) AS bytes, \(uuid) AS u, \(time) AS ts, \(nothing) AS nothing,
                    \([Int64.min, 0, 7]) AS numbers, \([String]()) AS no_texts, \(["a", "", "{,}\""]) AS texts,
                    \([[UInt8]]([[], [0], [1, 2]])) AS blobs, \([uuid]) AS uuids, \(PostgresValue.json("{\"k\": 1}")) AS j,
                    \(uuid)::text AS uuid_text, \(time)::text AS time_text
                """
            ).single()
            #expect(try row.value("b") == true)
            #expect(try row.value("i2") == Int16.min)
            #expect(try row.value("i4") == Int32.min)
            #expect(try row.value("i8") == Int64.min)
            #expect(try row.value("big") == Int.max)
            #expect(try row.value("f8") == -0.1)
            #expect(try row.value("t") == "Ünïcode 'quoted' \\ \u{1F512}")
            #expect(try row.value("empty") == "")
            #expect(try row.value("no_bytes") == [UInt8]())
            #expect(try row.value("bytes") == [UInt8](0...255))
            #expect(try row.value("u") == uuid)
            #expect(try row.value("ts") == time)
            #expect(try row.optional("nothing", as: Int64.self) == nil)
            #expect(try row.value("numbers") == [Int64.min, 0, 7])
            #expect(try row.value("no_texts") == [String]())
            #expect(try row.value("texts") == ["a", "", "{,}\""])
            #expect(try row.value("blobs") == [[UInt8]]([[], [0], [1, 2]]))
            #expect(try row.value("uuids") == [uuid])
            #expect(try row.value("j") == "{\"k\": 1}")
            #expect(try row.value("uuid_text") == "01234567-89ab-cdef-fedc-ba9876543210")
            #expect(try row.value("time_text", as: String.self).hasPrefix("2026-11-18"))
        }
    }

    @Test func nullsInArraysAndParametersKeepTheirPlace() async throws {
        try await TestDatabase.with { database async throws in
            let texts: [String?] = ["a", nil, ""]
            let rows = try await database.pool.query(
                "SELECT v, n FROM unnest(\(texts)) WITH ORDINALITY AS u (v, n) ORDER BY n")
            #expect(try rows.map { try $0.optional("v", as: String.self) } == texts)
        }
    }

    @Test func readingWhatIsNotThereIsAnErrorNotATrap() async throws {
        try await TestDatabase.with { database async throws in
            let rows = try await database.pool.query("SELECT 1 AS one, NULL::text AS nothing, '{1,2}'::int[] AS list")
            let row = try rows.single()
            #expect(throws: PostgresError.self) { try row.value("absent", as: Int.self) }
            #expect(throws: PostgresError.self) { try row.value("one", as: String.self) }
            #expect(throws: PostgresError.self) { try row.value("one", as: PostgresUUID.self) }
            #expect(throws: PostgresError.self) { try row.value("nothing", as: String.self) }
            #expect(throws: PostgresError.self) { try row.value("list", as: [String].self) }
            #expect(try row.value("list") == [1, 2])
            let none = try await database.pool.query("SELECT 1 WHERE false")
            #expect(throws: PostgresError.self) { try none.single() }
        }
    }

    @Test func narrowingChecksTheRange() async throws {
        try await TestDatabase.with { database async throws in
            let row = try await database.pool.query("SELECT \(Int64(Int32.max) + 1) AS n").single()
            #expect(throws: PostgresError.self) { try row.value("n", as: Int32.self) }
        }
    }

    @Test func identifiersAreQuoted() async throws {
        try await TestDatabase.with { database async throws in
            let odd = "a \"b\"; DROP TABLE x"
            try await database.pool.query("CREATE TABLE \(identifier: odd) (\(identifier: odd) int)")
            try await database.pool.query("INSERT INTO \(identifier: odd) VALUES (\(5))")
            let row = try await database.pool.query("SELECT * FROM \(identifier: odd)").single()
            #expect(try row.value(odd) == 5)
        }
    }

    @Test func timesBeforePostgresBeginsAreRefused() {
        #expect(PostgresTimestamp(unixMicroseconds: .min) == nil)
        #expect(PostgresTimestamp(unixMicroseconds: .max) != nil)
        #expect(PostgresUUID([1, 2]) == nil)
    }

    @Test func queriesComposeAndNumberTheirParameters() async throws {
        try await TestDatabase.with { database async throws in
            var query: PostgresQuery = "SELECT n FROM unnest(\([1, 2, 3, 4])) AS u (n) WHERE n > \(1)"
            query.append(" AND n < \(4)")
            let tail: PostgresQuery = "ORDER BY n DESC LIMIT \(10)"
            let rows = try await database.pool.query("\(query) \(tail)")
            #expect(try rows.map { try $0.value("n", as: Int.self) } == [3, 2])
        }
    }
}
