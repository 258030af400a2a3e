import FieldsealAlerts
import FieldsealAuditTrail
import FieldsealAuditVerification
import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres
import FieldsealSecureMemory
import FieldsealTransparencyLog
import Foundation
import Synchronization
import Testing

@testable import AuditService

@Suite("Archivist", .enabled(if: TestLog.isConfigured))
struct ArchivistTests {
    private static let origin = "fieldseal.test/log"
    /// Blocks of each of the months that are filled: proofs need those of an incomplete tile.
    private static let blocks = 300

    private let signer: Ed25519Signer
    /// The middle of this month, and microseconds from one month's middle to the next one's, near enough.
    private let middle: Int64
    private static let monthLength: Int64 = 2_629_746_000_000

    init() throws {
        let key = try Ed25519PrivateKey(seed: try SecretBytes(copying: [UInt8](repeating: 9, count: 32)))
        signer = try Ed25519Signer(name: Self.origin, privateKey: key)
        let day: Int64 = 86_400_000_000
        var first = UnixClock.microseconds()
        while LogMonth(unixMicroseconds: first - day) == LogMonth(unixMicroseconds: UnixClock.microseconds()) {
            first -= day
        }
        middle = first + 14 * day
    }

    private func time(_ month: Int) -> Int64 { middle + Int64(month) * Self.monthLength }
    private func month(_ number: Int) -> LogMonth { LogMonth(unixMicroseconds: middle).advanced(by: number) }

    private func notary(_ log: EventLog) -> Notary {
        Notary(
            log: log, origin: Self.origin, signers: [signer], idleBeat: .seconds(60), witnesses: [],
            logger: TestLog.logger)
    }

    private func archivist(
        _ log: EventLog, _ folder: URL, months: Int = 2,
        announce: @escaping @Sendable (AuditEvent) async throws -> Void = { _ in }
    ) -> Archivist {
        Archivist(
            log: log, owner: LogOwner(serving: log.pool, conninfo: nil, logger: TestLog.logger),
            publication: Publication(log: log, witnesses: [], quorum: 0),
            settings: RetentionSettings(months: months, archive: folder.path),
            identity: "spiffe://fieldseal.test/audit",
            logger: TestLog.logger, publish: { event, _ in try await announce(event) }, record: announce)
    }

    /// A log whose first and third month have blocks of one epoch, as the fifth month finds it.
    private func withLog(_ body: (TestLog, inout Chain, EventLog, URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fieldseal-archive-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await TestLog.with { test async throws in
            _ = try await EventLog.makeMonths(around: time(4), by: test.pool)
            var chain = Chain()
            for number in [0, 2] {
                let log = test.log(at: time(number))
                for _ in 0..<3 {
                    var blocks: [ReceivedBlock] = []
                    for _ in 0..<Self.blocks / 3 { blocks.append(try chain.block([revised(chain)])) }
                    _ = try await log.append(blocks)
                }
            }
            let log = test.log(at: time(4))
            try await notary(log).attest()
            try await body(test, &chain, log, folder)
        }
    }

    private func revised(_ chain: Chain) -> Proto.Event {
        var event = Chain.event()
        event.storeRevision = chain.sequence + 1
        return event
    }

    private func bundle(_ folder: URL, _ number: Int) -> String {
        folder.appending(path: "audit-\(month(number)).bundle").path
    }

    @Test func monthsAreMadeAhead() async throws {
        try await TestLog.with { test async throws in
            #expect(try await test.log(at: time(0)).lacksMonths())
            #expect(try await EventLog.makeMonths(around: time(0), by: test.pool) == [month(1), month(2)])
            #expect(try await !test.log(at: time(0)).lacksMonths())
            #expect(try await EventLog.makeMonths(around: time(0), by: test.pool) == [])
            var chain = Chain()
            // The clock says something before, in, and behind what there is.
            for (number, expected) in [(-90, 0), (0, 0), (1, 1), (900, 2)] {
                _ = try await test.log(at: time(number)).append([try chain.block()])
                let stored = try await test.pool.query(
                    """
                    SELECT e.month, e.tableoid::regclass::text AS events, b.tableoid::regclass::text AS blocks
                    FROM audit_events e JOIN audit_blocks b USING (position, month) ORDER BY index DESC LIMIT 1
                    """
                ).single()
                let name = number < 0 ? 0 : expected
                #expect(try stored.value("events") == "audit_events_\(month(name).rawValue)")
                #expect(try stored.value("blocks") == "audit_blocks_\(month(name).rawValue)")
            }
        }
    }

    @Test func anOldMonthGoesIntoABundleThatProvesItself() async throws {
        try await withLog { test, _, log, folder async throws in
            let before = try await log.head()
            let events = Mutex<[String]>([])
            let archivist = archivist(log, folder) { event in
                events.withLock { $0.append("\(event.operation) \(event.object) \(event.cause)") }
            }
            #expect(try await archivist.archiveNext()?.months == [month(0)])
            #expect(try await archivist.archiveNext()?.months == [month(1)], "an empty month goes, too")
            #expect(try await archivist.archiveNext() == nil)
            #expect(events.withLock { $0.count } == 4)
            #expect(try await test.count("audit_blocks") == Self.blocks)
            #expect(try await test.count("audit_events") == Self.blocks)

            var reader = try LogBundle.Reader(bundle(folder, 0))
            var verifier = LogVerifier()
            while let leaf = try reader.next() { verifier.append(leaf) }
            let policy = try LogPolicy(origin: Self.origin, logKeys: [signer.verifier])
            let checkpoint = try policy.verify(reader.header.checkpoint).checkpoint
            verifier.finish(at: checkpoint, consistency: reader.header.consistency)
            #expect(verifier.findings == [])
            #expect(verifier.frontier.size == UInt64(Self.blocks) && checkpoint.size == UInt64(2 * Self.blocks))

            let archives = try await log.archives()
            let file = try Data(contentsOf: URL(filePath: bundle(folder, 0)))
            #expect(archives.map(\.month) == ["\(month(0))", "\(month(1))"])
            #expect(archives[0].digest == TreeHash(sha256: Array(file)).bytes)
            #expect((archives[0].first, archives[0].end, archives[0].lastEvent) == (0, 300, 300))
            #expect((archives[1].first, archives[1].end, archives[1].bundle) == (300, 300, ""))
            #expect(try await log.archivedTree() == verifier.frontier)
            #expect(try await log.head() == before)
        }
    }

    @Test func theLogGoesOnBehindItsArchive() async throws {
        try await withLog { test, chain, log, folder async throws in
            #expect(try await archivist(log, folder).archiveNext() != nil)
            // A service that was started anew, which knows nothing but the database.
            let log = test.log(at: time(4))
            let next = try chain.block([revised(chain)])
            #expect(try await log.append([next]).sequence == Int64(2 * Self.blocks + 1))
            #expect(try await test.findings() == [])
            try await notary(log).attest()
            let path = try await log.consistency(from: 100, to: 601)
            #expect(!path.isEmpty)
            #expect(try await log.inclusion(of: [7, 299, 600], in: 601).count == 3)
            #expect(try await log.storeRevision(of: chain.producer) == Int64(2 * Self.blocks + 1))
            #expect(try await log.leaf(ofEvent: 7) == nil)
            #expect(try await log.archivedEvents() == 300)
            // The signature is still judged by what the archived first block says.
            let unsigned = try ReceivedBlock(chain.encoded(), signature: [UInt8](repeating: 1, count: 64))
            #expect(try await test.log(at: time(4)).append([unsigned]).finding?.kind == .signature)
            // Nothing but the archive says where the tree began to be signed.
            try await test.forge("DELETE FROM audit_checkpoints")
            try await notary(test.log(at: time(4))).attest()
            #expect(try await test.count("audit_checkpoints") == 1)
        }
    }

    @Test func blocksThatComeAgainCountAsStored() async throws {
        try await withLog { test, _, log, folder async throws in
            var producer = Chain(producer: "spiffe://fieldseal.test/service/late")
            let blocks = [try producer.block(), try producer.block()]
            let early = test.log(at: time(0))
            _ = try await early.append(blocks)
            try await notary(log).attest()
            // The late blocks stand behind month 2's: the months go together.
            #expect(try await archivist(log, folder, months: 1).archiveNext()?.months == nil)
            for _ in 0..<2 {
                var filler = Chain(producer: "spiffe://fieldseal.test/service/filler")
                var batch: [ReceivedBlock] = []
                for _ in 0..<200 { batch.append(try filler.block()) }
                _ = try await test.log(at: time(4)).append(batch)
            }
            try await notary(log).attest()
            #expect(
                try await archivist(log, folder, months: 1).archiveNext()?.months == [month(0), month(1), month(2)])
            #expect(try await log.append(blocks).sequence == 2)
            #expect(try await log.append([try producer.block()]).sequence == 3)
            #expect(try await test.findings() == [])
        }
    }

    @Test func anOpenEpochIsMissedThoughItsBlocksAreArchived() async throws {
        try await withLog { _, _, log, folder async throws in
            #expect(try await archivist(log, folder).archiveNext() != nil)
            let found = try await log.findIncomplete(silence: Self.monthLength)
            #expect(found.map(\.kind) == ["stale-producer"])
            #expect(found.map(\.sequence) == [UInt64(2 * Self.blocks)])
        }
    }

    @Test func whatIsHeldStays() async throws {
        try await withLog { test, _, log, folder async throws in
            _ = try await log.place(
                try LegalHold(.init(name: "case", firstMonth: "\(month(0))", reason: "a lawsuit")), by: "a")
            #expect(try await archivist(log, folder).archiveNext() == nil)
            try await log.release(try HoldRelease(.init(name: "case", reason: "settled")), by: "a")
            // A hold that comes while the bundle is written.
            let late = archivist(log, folder) { event in
                guard event.cause == "intent" else { return }
                _ = try await log.place(
                    try LegalHold(.init(name: "late", firstMonth: "\(month(0))", reason: "another")), by: "a")
            }
            #expect(try await late.archiveNext() == nil)
            #expect(try await test.count("audit_blocks") == 2 * Self.blocks)
            try await log.release(try HoldRelease(.init(name: "late", reason: "settled")), by: "a")
            #expect(try await archivist(log, folder).archiveNext() != nil)
            let hold = try LegalHold(.init(name: "after", firstMonth: "\(month(0))", reason: "too late"))
            #expect(try await log.place(hold, by: "a") == ["audit-\(month(0)).bundle"])
        }
    }

    @Test func nothingIsDroppedThatIsNotProven() async throws {
        struct Unpublished: Error {}
        try await withLog { test, _, log, folder async throws in
            let unheard = archivist(log, folder) { _ in throw Unpublished() }
            await #expect(throws: Unpublished.self) { try await unheard.archiveNext() }
            #expect(try await test.count("audit_archives") == 0)
            // The rules of the alerts have not seen the last of its events.
            try await test.pool.query("INSERT INTO audit_watch (last_event) VALUES (299)")
            #expect(try await archivist(log, folder).archiveNext() == nil)
            try await test.pool.query("UPDATE audit_watch SET last_event = 300")
            // A block is not the one that was signed.
            try await test.forge(
                "UPDATE audit_blocks SET block = set_byte(block, 70, (get_byte(block, 70) + 1) % 256) WHERE position = 9"
            )
            await #expect(throws: ArchiveError.self) { try await archivist(log, folder).archiveNext() }
            try await test.forge(
                "UPDATE audit_blocks SET block = set_byte(block, 70, (get_byte(block, 70) + 255) % 256) WHERE position = 9"
            )
            try await test.forge("DELETE FROM audit_blocks WHERE position = 1")
            await #expect(throws: ArchiveError.self) { try await archivist(log, folder).archiveNext() }
            #expect(try await test.count("audit_blocks") == 2 * Self.blocks - 1)
        }
    }

    @Test func oneReplicaArchivesAtATime() async throws {
        try await withLog { test, _, log, folder async throws in
            let other = archivist(log, folder)
            let results = Mutex<[ArchivePlan?]>([])
            let first = archivist(log, folder) { event in
                guard event.cause == "intent" else { return }
                let plan = try await other.archiveNext()
                results.withLock { $0.append(plan) }
            }
            #expect(try await first.archiveNext()?.months == [month(0)])
            #expect(results.withLock { $0 } == [nil])
            #expect(try await other.archiveNext()?.months == [month(1)])
        }
    }

    @Test func aFolderThatIsNotThereKeepsTheLogAndIsTold() async throws {
        try await withLog { test, _, log, folder async throws in
            let archivist = archivist(log, folder.appending(path: "none"))
            await #expect(throws: LogBundleError.self) { try await archivist.archiveNext() }
            #expect(try await test.count("audit_blocks") == 2 * Self.blocks)
            let service = RetentionService(
                log: log, owner: archivist.owner, archivist: archivist,
                alerts: AlertRaiser(pool: test.pool, logger: TestLog.logger, clock: log.clock), logger: TestLog.logger)
            await service.tendOrTell()
            let alerts = try await test.pool.query("SELECT kind FROM alerts").map {
                try $0.value("kind", as: String.self)
            }
            #expect(alerts == ["retention-failed"])
        }
    }
}
