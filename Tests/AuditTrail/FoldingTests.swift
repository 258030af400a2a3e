import FieldsealMessages
import FieldsealTransparencyLog
import Testing

@testable import FieldsealAuditTrail

struct FoldingTests {
    private let actor = ActorHandle(AuditActor(identity: "spiffe://test/backend"))
    private let field = FieldHandle(table: "users", field: "email")

    private func record(
        _ batch: EventBatch, request: UInt64, version: UInt64 = 1, outcome: Int32 = 0, hash: EventIdentifier? = nil,
        field: FieldHandle? = nil, time: Int64 = 100
    ) {
        let field = field ?? self.field
        let key = FoldKey(
            actor: actor.id, field: field.id, keyVersion: version, hashKeyVersion: hash == nil ? 0 : 5,
            operation: .encrypt, outcome: outcome, cause: .none)
        let slot = batch.slot(for: key, actor: actor, field: field, time: time)
        batch.add(
            to: slot, request: request, requestID: identifier(Int(request)), traceID: identifier(Int(request) + 1000),
            recordHash: hash)
    }

    private func blocks(_ batches: [EventBatch], dropped: UInt64 = 0) throws -> [Proto.Block] {
        var builder = BlockBuilder(producer: "spiffe://test/service", epoch: identifier(1))
        return try builder.blocks(of: batches, dropped: dropped).map { block in
            #expect(block.bytes.count <= BlockLimits.bytes)
            let decoded = try Proto.Block(decoding: block.bytes)
            #expect(decoded.encoded() == block.bytes)
            #expect(decoded.events.count <= BlockLimits.events)
            #expect(decoded.root == MerkleTree.root(of: decoded.events.map { MerkleTree.leafHash(of: $0) }).bytes)
            return decoded
        }
    }

    private func events(_ batches: [EventBatch]) throws -> [Proto.Event] {
        try blocks(batches).flatMap(\.events).map { bytes in
            let event = try Proto.Event(decoding: bytes)
            #expect(event.encoded() == bytes)
            return event
        }
    }

    @Test("equal items become one event; each request's ids stand once")
    func equalItemsFold() throws {
        let batch = EventBatch()
        for item in 0..<3 { record(batch, request: 1, hash: identifier(10 + item)) }
        record(batch, request: 2, hash: identifier(20))
        let event = try #require(events([batch]).first)
        #expect(batch.count == 1 && batch.items == 4)
        #expect(event.sequence == 1)
        #expect(event.actor == "spiffe://test/backend")
        #expect((event.table, event.field) == ("users", "email"))
        #expect((event.operation, event.keyVersion, event.outcome, event.count) == (.encrypt, 1, 0, 4))
        #expect((event.firstUnixUs, event.lastUnixUs) == (100, 100))
        #expect(event.hashKeyVersion == 5)
        #expect(event.recordHashes == [10, 11, 12, 20].flatMap { identifier($0).bytes })
        #expect(event.requestIDs == [1, 2].flatMap { identifier($0).bytes })
        #expect(event.traceIDs == [1001, 1002].flatMap { identifier($0).bytes })
    }

    @Test("items that differ in one thing stay apart")
    func differentItems() throws {
        let batch = EventBatch()
        let other = FieldHandle(table: "users", field: "name")
        record(batch, request: 1)
        record(batch, request: 1, version: 2)
        record(batch, request: 1, outcome: 3)
        record(batch, request: 1, hash: identifier(1))
        record(batch, request: 1, field: other)
        record(batch, request: 2)
        let events = try events([batch])
        #expect(events.map(\.count) == [2, 1, 1, 1, 1])
        #expect(events.map(\.sequence) == [1, 2, 3, 4, 5])
        // A request's ids stand in every event that it has a part in.
        #expect(events.map { $0.requestIDs.count / 16 } == [2, 1, 1, 1, 1])
    }

    @Test("folds of several batches are joined, their times span")
    func batchesAreJoined() throws {
        let batches = (0..<5).map { _ in EventBatch() }
        for (number, batch) in batches.enumerated() {
            record(batch, request: UInt64(number) + 1, hash: identifier(number), time: Int64(500 - 100 * number))
        }
        let events = try events(batches)
        #expect(events.count == 1)
        #expect(events.first?.count == 5)
        #expect(events.first?.firstUnixUs == 100)
        #expect(events.first?.lastUnixUs == 500)
        #expect(events.first?.recordHashes == (0..<5).flatMap { identifier($0).bytes })
    }

    @Test("more kinds than are scanned on the loop are joined by the spool's thread")
    func manyKinds() throws {
        let batch = EventBatch()
        let fields = (0..<40).map { FieldHandle(table: "t", field: "f\($0)") }
        for _ in 0..<3 { for field in fields { record(batch, request: 1, field: field) } }
        #expect(batch.count == 120)
        #expect(try events([batch]).map(\.count) == Array(repeating: 3, count: 40))
    }

    @Test("a fold of very many items is spread over events and blocks; nothing is lost, nothing out of order")
    func hugeFold() throws {
        let batch = EventBatch()
        for item in 0..<50_000 { record(batch, request: UInt64(item / 10) + 1, hash: identifier(item)) }
        let blocks = try blocks([batch])
        #expect(blocks.count > 1)
        let events = try blocks.flatMap(\.events).map { try Proto.Event(decoding: $0) }
        #expect(events.reduce(0) { $0 + $1.count } == 50_000)
        #expect(events.flatMap(\.recordHashes) == (0..<50_000).flatMap { identifier($0).bytes })
        for event in events { #expect(event.recordHashes.count == 16 * Int(event.count)) }
    }

    @Test("blocks hold at most 4,096 events and are chained")
    func manyEvents() throws {
        let batch = EventBatch()
        for number in 0..<10_000 { record(batch, request: UInt64(number) + 1, version: UInt64(number)) }
        var builder = BlockBuilder(producer: "spiffe://test/service", epoch: identifier(1))
        let built = builder.blocks(of: [batch], dropped: 7)
        let blocks = try built.map { try Proto.Block(decoding: $0.bytes) }
        #expect(blocks.map(\.sequence) == Array(1...UInt64(blocks.count)))
        #expect(blocks.map(\.dropped) == [7] + Array(repeating: 0, count: blocks.count - 1))
        #expect(blocks.first?.previous == TreeHash.zero.bytes)
        for (block, next) in zip(built, blocks.dropFirst()) {
            #expect(next.previous == TreeHash(sha256: block.bytes).bytes)
        }
        let versions = try blocks.flatMap(\.events).map { try Proto.Event(decoding: $0).keyVersion }
        #expect(versions == Array(0..<10_000))
    }

    @Test("an event of the longest names fits into a block")
    func longestNames() throws {
        let long = String(repeating: "x", count: 100_000)
        var event = AuditEvent(
            actor: AuditActor(identity: long, isUnverified: true, asserted: long, peer: long), operation: .encrypt)
        event.object = long
        event.recordHashes = (0..<20_000).map { identifier($0) }
        let batch = EventBatch()
        batch.add(event, actor: ActorHandle(event.actor), field: FieldHandle(table: long, field: long), now: 1)
        let events = try events([batch])
        #expect(events.reduce(0) { $0 + $1.count } == 20_000)
        #expect(events.allSatisfy { $0.actor.utf8.count == 2048 && $0.object.utf8.count == 2048 })
        #expect(events.allSatisfy { $0.table.utf8.count == 1024 && $0.field.utf8.count == 1024 })
    }

    @Test("what is no status code is recorded as unknown", arguments: [-1, 17, Int32.min, Int32.max])
    func outcomeOutOfRange(outcome: Int32) throws {
        let batch = EventBatch()
        record(batch, request: 1, outcome: outcome)
        #expect(try events([batch]).map(\.outcome) == [2])
    }

    @Test("times are in order even where the clock was set back")
    func clockSetBack() throws {
        var event = AuditEvent(actor: actor.actor, operation: .connect)
        event.unixMicroseconds = 100
        event.lastUnixMicroseconds = 50
        let batch = EventBatch()
        batch.add(event, actor: actor, field: field, now: 1)
        #expect(try events([batch]).allSatisfy { $0.firstUnixUs <= $0.lastUnixUs })
    }

    @Test("control-plane events never fold")
    func controlPlane() throws {
        let batch = EventBatch()
        for _ in 0..<3 {
            var event = AuditEvent(actor: actor.actor, operation: .rotateKey)
            event.object = "users.email"
            event.storeRevision = 4
            batch.add(event, actor: actor, field: field, now: 1)
        }
        #expect(try events([batch]).map(\.object) == Array(repeating: "users.email", count: 3))
    }

    @Test("a batch that is used again holds nothing of before")
    func reuse() throws {
        let batch = EventBatch()
        record(batch, request: 9, hash: identifier(9))
        batch.reset()
        #expect(batch.isEmpty && batch.items == 0)
        record(batch, request: 9)
        let event = try #require(events([batch]).first)
        #expect(event.count == 1)
        #expect(event.recordHashes.isEmpty)
        #expect(event.requestIDs == identifier(9).bytes)
    }
}
