import FieldsealAuditVerification
import FieldsealCrypto
import FieldsealMessages
import FieldsealPostgres
import FieldsealSecureMemory
import FieldsealTransparencyLog
import Testing

@testable import AuditService

@Suite("Reorigin", .enabled(if: TestLog.isConfigured))
struct ReoriginTests {
    private static let (old, new) = ("fieldseal.test/old", "fieldseal.test/new")

    private func signer(_ origin: String) throws -> Ed25519Signer {
        let key = try Ed25519PrivateKey(seed: try SecretBytes(copying: [UInt8](repeating: 9, count: 32)))
        return try Ed25519Signer(name: origin, privateKey: key)
    }

    private func notary(_ log: EventLog, _ origin: String) throws -> Notary {
        Notary(
            log: log, origin: origin, signers: [try signer(origin)], idleBeat: .seconds(60), witnesses: [],
            logger: TestLog.logger)
    }

    private func reorigination(
        _ test: TestLog, to origin: String = new, remembered: SignedNote? = nil, given: SignedNote? = nil
    ) throws -> Reorigination {
        Reorigination(
            log: test.log(at: 9_000_000), owner: LogOwner(serving: test.pool, conninfo: nil, logger: TestLog.logger),
            origin: origin, signers: [try signer(origin)], identity: "spiffe://fieldseal.test/service/audit",
            remembered: remembered, given: given)
    }

    /// A log of ten blocks of one epoch, signed.
    private func withLog(_ body: (TestLog, inout Chain) async throws -> Void) async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            for _ in 0..<10 { _ = try await test.log.append([try chain.block()]) }
            try await notary(test.log, Self.old).attest()
            try await body(test, &chain)
        }
    }

    @Test func theFirstLeafSaysWhatWasLost() async throws {
        try await withLog { test, _ async throws in
            // Beside the database, more is known of the old log.
            var remembered = try SignedNote(
                text: try Checkpoint(origin: Self.old, size: 12, root: TreeHash(sha256: [1])).text)
            try remembered.sign(with: try signer(Self.old))
            _ = try await test.log.place(
                try LegalHold(.init(name: "case", firstMonth: "2026-01", reason: "a lawsuit")), by: "a")
            let summary = try await reorigination(test, given: remembered).perform(reason: "the disk was lost")
            #expect(summary.schema == "audit_before_1")
            #expect(try await test.count("audit_blocks") == 1)
            let kept = try await test.pool.query("SELECT count(*) AS n FROM audit_before_1.audit_blocks").single()
            #expect(try kept.value("n", as: Int.self) == 10)
            #expect(try await test.log.standingHolds().count == 1)

            let log = test.log(at: 9_000_000)
            try await notary(log, Self.new).attest()
            let leaves = try await log.leaves(0..<1, withRows: true)
            var verifier = LogVerifier()
            for leaf in leaves { verifier.append(leaf) }
            let published = try #require(try await log.newestCheckpoint()).checkpoint
            verifier.finish(at: published)
            #expect(verifier.findings == [] && published.origin == Self.new && published.size == 1)
            let note = try SignedNote(parsing: try #require(verifier.statement))
            #expect(try note.verified(by: [try signer(Self.new).verifier]).count == 1)
            let statement = try LossStatement(text: note.text)
            #expect(statement == summary.statement)
            #expect(statement.lastCheckpoint.size == 12 && statement.databaseSize == 10)
            #expect(statement.reason == "the disk was lost" && statement.time == 9)
            // What is kept of the old log cannot be changed, either.
            await #expect(throws: PostgresError.self) {
                try await test.pool.query("DELETE FROM audit_before_1.audit_blocks")
            }
        }
    }

    @Test func epochsGoOnFromTheirMiddle() async throws {
        try await withLog { test, chain async throws in
            _ = try await reorigination(test).perform(reason: "restored")
            let log = test.log(at: 9_000_000)
            // The old database knew who signs this epoch.
            let forged = try ReceivedBlock(chain.encoded(), signature: [UInt8](repeating: 1, count: 64))
            #expect(try await log.append([forged]).finding?.kind == .signature)
            #expect(try await log.append([try chain.block(), try chain.block()]).sequence == 12)
            #expect(try await log.append([try chain.block()]).sequence == 13)
            // It knew nothing of this one, which began after the backup.
            var later = Chain(producer: "spiffe://fieldseal.test/service/later")
            _ = try later.block()
            _ = try later.block()
            #expect(try await log.append([try later.block()]).sequence == 3)
            #expect(try await log.append([try later.block()]).sequence == 4)
            #expect(try await test.findings() == ["lost-beginning", "lost-beginning", "signature"])
            // A gap within an epoch is still refused, and a new epoch begins with its beginning.
            _ = try later.block()
            #expect(try await log.append([try later.block()]).finding?.kind == .gap)
            var unsigned = Chain(producer: "spiffe://fieldseal.test/service/unsigned")
            unsigned.key = nil
            #expect(try await log.append([try unsigned.block()]).finding?.kind == .signature)

            try await notary(log, Self.new).attest()
            var verifier = LogVerifier()
            for leaf in try await log.leaves(0..<6, withRows: true) { verifier.append(leaf) }
            verifier.finish(at: try #require(try await log.newestCheckpoint()).checkpoint)
            #expect(verifier.findings == [])
        }
    }

    @Test func whatProducersSendAgainIsTakenFromTheBeginning() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            var blocks: [ReceivedBlock] = []
            for _ in 0..<5 { blocks.append(try chain.block()) }
            _ = try await test.log.append(blocks)
            try await notary(test.log, Self.old).attest()
            _ = try await reorigination(test).perform(reason: "restored")
            let log = test.log(at: 9_000_000)
            #expect(try await log.append(blocks).sequence == 5)
            #expect(try await log.append([try chain.block()]).sequence == 6)
            #expect(try await test.findings() == [])
            #expect(try await test.count("audit_events") == 6 + 3)
        }
    }

    @Test func aLogGivesWayToNoneOfItsOwnName() async throws {
        try await withLog { test, _ async throws in
            await #expect(throws: ReoriginError.sameOrigin(Self.old)) {
                try await reorigination(test, to: Self.old).perform(reason: "x")
            }
            for reason in ["", "a\nb", String(repeating: "a", count: 1_001)] {
                await #expect(throws: ReoriginError.reason) { try await reorigination(test).perform(reason: reason) }
            }
            let foreign = try SignedNote(
                text: try Checkpoint(origin: "fieldseal.test/other", size: 0, root: MerkleTree.emptyRoot).text)
            await #expect(throws: ReoriginError.foreignCheckpoint("fieldseal.test/other", Self.old)) {
                try await reorigination(test, given: foreign).perform(reason: "x")
            }
            #expect(try await test.count("audit_blocks") == 10)
            // What the service remembers of a log before that one says nothing of it.
            let summary = try await reorigination(test, remembered: foreign).perform(reason: "x")
            #expect(summary.statement.lastCheckpoint.origin == Self.old)
        }
        try await TestLog.with { test async throws in
            await #expect(throws: ReoriginError.nothing) { try await reorigination(test).perform(reason: "x") }
        }
    }

    @Test func aSecondTimeHasASchemaOfItsOwn() async throws {
        try await withLog { test, _ async throws in
            _ = try await reorigination(test).perform(reason: "once")
            try await notary(test.log(at: 9_000_000), Self.new).attest()
            let summary = try await reorigination(test, to: "fieldseal.test/third").perform(reason: "twice")
            #expect(summary.schema == "audit_before_2" && summary.statement.lastCheckpoint.origin == Self.new)
            #expect(try await test.count("audit_blocks") == 1)
        }
    }
}
