import FieldsealMessages
import Testing

@testable import AuditService

@Suite("Reading", .enabled(if: TestLog.isConfigured))
struct ReadingTests {
    /// Event n stands under index n, at time n * 100.
    private func fill(_ test: TestLog, _ chain: inout Chain, _ numbers: ClosedRange<Int64>) async throws {
        let events = numbers.map { number in
            var event = event([.encrypt, .decrypt, .rotateKey][Int(number % 3)], at: number * 100)
            event.actor = "actor-\(number % 2)"
            event.table = number % 5 == 0 ? "" : "users"
            event.keyVersion = number % 4 == 0 ? UInt64.max : 7
            event.outcome = number % 10 == 0 ? 7 : 0
            return event
        }
        _ = try await test.log.append([try chain.block(events)])
    }

    private func indexes(_ test: TestLog, _ request: Proto.QueryRequest) async throws -> [UInt64] {
        var request = request
        var indexes: [UInt64] = []
        repeat {
            let page = try await test.log.page(try EventFilter(request), try PageRequest(request))
            #expect(page.events.count <= 100)
            indexes += page.events.map(\.index)
            request.cursor = page.last.map { EventCursor(after: $0, of: request).bytes } ?? []
        } while !request.cursor.isEmpty
        return indexes
    }

    @Test func everyFilterSelects() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            try await fill(test, &chain, 1...60)
            let all = (1...60).map { UInt64($0) }
            let cases: [(Proto.QueryRequest, (UInt64) -> Bool)] = [
                (.init(), { _ in true }),
                (.init(fromUnixUs: 1_000, untilUnixUs: 2_000), { (10..<20).contains($0) }),
                (.init(actor: "actor-1"), { $0 % 2 == 1 }),
                (.init(operations: [.decrypt, .rotateKey]), { $0 % 3 != 0 && $0 > 1 }),
                (.init(table: "users"), { $0 % 5 != 0 }),
                (.init(field: "email"), { _ in true }),
                (.init(field: "' OR true --"), { _ in false }),
                (.init(keyVersion: .max), { $0 % 4 == 0 }),
                (.init(outcome: .failure), { $0 % 10 == 0 }),
                (.init(outcome: .success), { $0 % 10 != 0 }),
                (.init(outcome: .code, outcomeCode: 7), { $0 % 10 == 0 }),
                (.init(actor: "actor-0", operations: [.encrypt], outcome: .failure), { $0 == 30 || $0 == 60 }),
            ]
            for (request, matches) in cases {
                for size: UInt32 in [1, 7, 0] {
                    var request = request
                    request.pageSize = size
                    #expect(try await indexes(test, request) == all.filter(matches))
                    request.newestFirst = true
                    #expect(try await indexes(test, request) == all.filter(matches).reversed())
                }
            }
        }
    }

    /// Blocks of complete tiles, of a tile that is open, and some that come late.
    @Test func timesAreFoundWhereverTheirEventsStand() async throws {
        try await TestLog.with { test async throws in
            var (prompt, late) = (Chain(), Chain(producer: "spiffe://fieldseal.test/service/late"))
            var times: [Int64] = []
            func append(_ chain: inout Chain, at span: ClosedRange<Int64>) async throws {
                var event = event(.encrypt, at: span.lowerBound)
                event.lastUnixUs = span.upperBound
                _ = try await test.log.append([try chain.block([event])])
            }
            for number in 1...600 {
                let time = Int64(number) * 10
                if number % 97 == 0 {
                    try await append(&late, at: time - 900...time - 850)
                    times.append(time - 900)
                } else {
                    try await append(&prompt, at: time...time)
                    times.append(time)
                }
            }
            #expect(try await test.count("audit_spans") == 2)
            for (from, until) in [
                (0, 100), (1_000, 1_200), (2_400, 2_700), (5_000, 5_100), (5_950, 9_000), (9_000, 9_100), (0, 60),
            ]
                as [(Int64, Int64)]
            {
                let expected = times.enumerated().compactMap { place, time -> UInt64? in
                    let end = (place + 1) % 97 == 0 ? time + 50 : time
                    return (from == 0 || end >= from) && time < until ? UInt64(place + 1) : nil
                }
                var request = Proto.QueryRequest(fromUnixUs: from, untilUnixUs: until, pageSize: 7)
                #expect(try await indexes(test, request) == expected, "\(from) to \(until)")
                request.newestFirst = true
                #expect(try await indexes(test, request) == expected.reversed(), "\(from) to \(until)")
                let uses = try await test.log.use(try UseRequest(.init(filter: request), within: .everything)).uses
                #expect(uses.reduce(0) { $0 + $1.succeeded } == UInt64(expected.count))
            }
        }
    }

    @Test func pagesStandStillWhileTheLogGrows() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            try await fill(test, &chain, 1...10)
            var request = Proto.QueryRequest(pageSize: 4, newestFirst: true)
            let first = try await test.log.page(try EventFilter(request), try PageRequest(request))
            try await fill(test, &chain, 11...20)
            request.cursor = EventCursor(after: try #require(first.last), of: request).bytes
            let second = try await test.log.page(try EventFilter(request), try PageRequest(request))
            #expect((first.events + second.events).map(\.index) == [10, 9, 8, 7, 6, 5, 4, 3])
        }
    }

    @Test func aPageOfLargeEventsIsCutBeforeTheFrameIsFull() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            var large = event()
            large.count = 12_000
            large.hashKeyVersion = 1
            large.recordHashes = [UInt8](repeating: 5, count: 192_000)
            for _ in 0..<24 { _ = try await test.log.append([try chain.block([large])]) }
            let page = try await test.log.page(try EventFilter(.init()), try PageRequest(.init(pageSize: 1_000)))
            #expect((5..<20).contains(page.events.count) && page.last != nil)
            #expect(Proto.QueryResponse(events: page.events).encoded().count < 4 << 20)
            #expect(try await indexes(test, .init(pageSize: 1_000)) == (1...24).map { UInt64($0) })
        }
    }

    @Test func statusCountsAndNamesProducers() async throws {
        try await TestLog.with { test async throws in
            #expect(try await test.log.status() == Proto.AuditStatusResponse())
            var chain = Chain()
            try await fill(test, &chain, 1...3)
            try await fill(test, &chain, 4...5)
            let status = try await test.log.status()
            #expect(status.blocks == 2 && status.events == 5 && status.lastIndex == 5)
            #expect(
                status.producers == [
                    .init(producer: chain.producer, epoch: chain.epoch, sequence: 2, lastUnixUs: 500)
                ])
        }
    }

    @Test func whoWatchesIsWokenByWhatIsStored() async throws {
        try await TestLog.with { test async throws in
            let watch = LogWatch(pool: test.pool)
            var wakes = try watch.wakes().makeAsyncIterator()
            await wakes.next()
            let running = Task { try await watch.run() }
            // It listens from here on.
            await wakes.next()
            var chain = Chain()
            try await fill(test, &chain, 1...3)
            await wakes.next()
            #expect(try await test.log.lastIndex() == 3)
            running.cancel()
            try await running.value
            while await wakes.next() != nil {}
            #expect(throws: AuditServiceError.tooManyTails) { try watch.wakes() }
        }
    }
}
