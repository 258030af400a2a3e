import FieldsealCrypto
import FieldsealCustody
import FieldsealMessages
import FieldsealPostgres
import FieldsealSecureMemory
import FieldsealTransparencyLog
import Testing

@testable import AuditService

@Suite("Notary", .enabled(if: TestLog.isConfigured))
struct NotaryTests {
    private static let origin = "fieldseal.test/log"

    private let signer: Ed25519Signer

    init() throws {
        let key = try Ed25519PrivateKey(seed: try SecretBytes(copying: [UInt8](repeating: 9, count: 32)))
        signer = try Ed25519Signer(name: Self.origin, privateKey: key)
    }

    private func notary(
        _ log: EventLog, _ witnesses: [TestWitness] = [], signers: [any CheckpointSigner]? = nil,
        idleBeat: Duration = .seconds(60), time: TestTime = TestTime()
    ) throws -> Notary {
        Notary(
            log: log, origin: Self.origin, signers: signers ?? [signer], idleBeat: idleBeat,
            witnesses: try witnesses.map { try Witness(WitnessSettings(verifier: $0.signer.verifier, url: $0.url)) },
            logger: TestLog.logger, now: { time.now })
    }

    /// A service that was started anew.
    private func restarted(_ test: TestLog) -> EventLog {
        EventLog(pool: test.pool, clock: { 8_000 }, logger: TestLog.logger)
    }

    private func policy(_ witnesses: [TestWitness] = [], quorum: Int = 0) throws -> LogPolicy {
        try LogPolicy(
            origin: Self.origin, logKeys: [signer.verifier], witnesses: witnesses.map(\.signer.verifier), quorum: quorum
        )
    }

    private func append(_ count: Int, _ chain: inout Chain, to log: EventLog) async throws {
        var blocks: [ReceivedBlock] = []
        for _ in 0..<count { blocks.append(try chain.block()) }
        _ = try await log.append(blocks)
    }

    @Test func aLogThatWasNeverSignedHasNoCheckpoint() async throws {
        try await TestLog.with { test async throws in
            let publication = Publication(log: test.log, witnesses: [], quorum: 0)
            await #expect(throws: AuditServiceError.unpublished) { try await publication.checkpoint() }
        }
    }

    @Test func theTreeIsSignedWhereItGrew() async throws {
        try await TestLog.with { test async throws in
            let notary = try notary(test.log)
            let publication = Publication(log: test.log, witnesses: [], quorum: 0)
            var chain = Chain()
            for size: UInt64 in [0, 70, 140] {
                let blocks = try (0..<(size > 0 ? 70 : 0)).map { _ in try chain.block() }
                if !blocks.isEmpty { _ = try await test.log.append(blocks) }
                for _ in 0..<2 { try await notary.attest() }
                let stored = try await publication.checkpoint()
                let verified = try policy().verify(try SignedNote(parsing: stored.note.encoded))
                let head = try await test.log.head()
                #expect(verified.checkpoint.size == size && verified.checkpoint.root == head.root)
            }
            #expect(try await test.count("audit_checkpoints") == 3)
            let proof = try await publication.proof(
                ofBlocks: 10, count: 256, epoch: chain.epoch, producer: chain.producer)
            #expect(proof.proofs.map(\.index) == Array(9..<140))
        }
    }

    @Test func theLogChangesItsKey() async throws {
        let key = try Ed25519PrivateKey(seed: try SecretBytes(copying: [UInt8](repeating: 8, count: 32)))
        let next = try Ed25519Signer(name: Self.origin, privateKey: key)
        let witness = try TestWitness(1, of: signer.verifier)
        try await TestLog.with { test async throws in
            var chain = Chain()
            func published(by signers: [Ed25519Signer]) async throws -> SignedNote {
                try await append(2, &chain, to: test.log)
                let log = restarted(test)
                try await notary(log, [witness], signers: signers).attest()
                let publication = Publication(log: log, witnesses: [witness.signer.verifier], quorum: 1)
                return try await publication.checkpoint().note
            }
            func verify(_ note: SignedNote, _ signer: Ed25519Signer) throws -> UInt64 {
                let policy = try LogPolicy(
                    origin: Self.origin, logKeys: [signer.verifier], witnesses: [witness.signer.verifier], quorum: 1)
                return try policy.verify(try SignedNote(parsing: note.encoded)).checkpoint.size
            }
            let before = try await published(by: [signer])
            #expect(try verify(before, signer) == 2)
            #expect(throws: NoteError.unsigned) { try verify(before, next) }
            let both = try await published(by: [signer, next])
            #expect(try verify(both, signer) == 4 && verify(both, next) == 4)
            let after = try await published(by: [next, signer])
            #expect(try verify(after, next) == 6 && verify(after, signer) == 6)
            #expect(try await test.findings() == [])
            // The witness was not told of the next key: it does not cosign what that one alone has signed.
            let alone = try await published(by: [next])
            #expect(try verify(alone, next) == 6)
        }
        try await witness.stop()
    }

    @Test func aSignatureThatDoesNotHoldIsNotStored() async throws {
        struct Liar: CheckpointSigner {
            let verifier: NoteVerifier
            func signature(of text: String) async throws -> SignedNote.Signature {
                SignedNote.Signature(key: verifier.key, bytes: [UInt8](repeating: 1, count: 64))
            }
        }
        try await TestLog.with { test async throws in
            let notary = try notary(test.log, signers: [Liar(verifier: signer.verifier)])
            await #expect(throws: NoteError.signature) { try await notary.attest() }
            #expect(try await test.count("audit_checkpoints") == 0)
        }
    }

    /// A key service that is slow, and then away.
    @Test func aKeyThatWaitsHoldsNobodyUp() async throws {
        struct Distant: CheckpointSigner {
            let signer: Ed25519Signer
            let asked: AsyncStream<Void>.Continuation
            let answers: AsyncStream<Bool>
            var verifier: NoteVerifier { signer.verifier }

            func signature(of text: String) async throws -> SignedNote.Signature {
                asked.yield()
                guard await answers.first(where: { _ in true }) == true else {
                    throw MasterKeyError(code: .unavailable, description: "away")
                }
                return try await signer.signature(of: text)
            }
        }
        let (asked, asking) = AsyncStream.makeStream(of: Void.self)
        let (answers, answering) = AsyncStream.makeStream(of: Bool.self)
        let distant = Distant(signer: signer, asked: asking, answers: answers)
        try await TestLog.with { test async throws in
            var chain = Chain()
            try await append(2, &chain, to: test.log)
            let notary = try notary(test.log, signers: [distant])
            let attesting = Task { try await notary.attest() }
            _ = await asked.first { _ in true }
            try await append(2, &chain, to: test.log)
            answering.yield(false)
            await #expect(throws: MasterKeyError.self) { try await attesting.value }
            #expect(try await test.count("audit_checkpoints") == 0)
            answering.yield(true)
            try await notary.attest()
            let publication = Publication(log: test.log, witnesses: [], quorum: 0)
            let checkpoint = try policy().verify(try await publication.checkpoint().note).checkpoint
            #expect(checkpoint.size == 4)
        }
    }

    @Test func anIdleLogIsSignedOnItsSlowerBeat() async throws {
        try await TestLog.with { test async throws in
            let log = EventLog(pool: test.pool, clock: UnixClock.microseconds, logger: TestLog.logger)
            let notary = try notary(log, idleBeat: .zero)
            for _ in 0..<3 { try await notary.attest() }
            #expect(try await test.count("audit_checkpoints") == 3)
        }
    }

    /// The block's row is changed so that nothing but its leaf tells.
    @Test func aChangedBlockIsNotSigned() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            try await append(3, &chain, to: test.log)
            let notary = try notary(test.log)
            try await notary.attest()
            try await append(3, &chain, to: test.log)
            var other = Chain()
            let forged = try other.block([event(.rewrap)])
            try await test.forge(
                "UPDATE audit_blocks SET block = \(forged.bytes), hash = \(forged.hash.bytes) WHERE position = 5")
            let problem = await #expect(throws: TreeProblem.self) { try await notary.attest() }
            #expect(problem?.kind == .damaged)
            #expect(try await test.findings() == ["damaged-tree"])
            #expect(try await test.count("audit_checkpoints") == 1)
            let next = try chain.block()
            await #expect(throws: TreeProblem.self) { try await test.log.append([next]) }
            // With its leaf hash changed too, the root tells.
            try await test.forge("UPDATE audit_blocks SET leaf_hash = \(forged.leafHash.bytes) WHERE position = 5")
            let again = try self.notary(restarted(test))
            await #expect(throws: TreeProblem.self) { try await again.attest() }
        }
    }

    @Test func aForgedHeadIsNotSigned() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            try await append(1, &chain, to: test.log)
            let forged = TreeHead.empty.appending([.zero], term: 1, lastEvent: 1)
            try await test.forge(
                """
                UPDATE audit_tree_heads SET root = \(forged.root.bytes), peaks = \(forged.frontier.peaks[0].bytes)
                WHERE size = 1
                """)
            let notary = try notary(restarted(test))
            await #expect(throws: TreeProblem.self) { try await notary.attest() }
            #expect(try await test.count("audit_checkpoints") == 0)
        }
    }

    @Test func whatWasSignedIsRememberedOverAStart() async throws {
        try await TestLog.with { test async throws in
            var chain = Chain()
            try await append(5, &chain, to: test.log)
            try await notary(test.log).attest()
            let other = TreeHead.empty.appending((0..<5).map { _ in TreeHash.zero }, term: 1, lastEvent: 5)
            try await test.forge(
                """
                UPDATE audit_tree_heads SET root = \(other.root.bytes),
                    peaks = \(other.frontier.peaks.flatMap(\.bytes)) WHERE size = 5
                """)
            let notary = try notary(restarted(test))
            let problem = await #expect(throws: TreeProblem.self) { try await notary.attest() }
            #expect(problem?.kind == .forked)
        }
    }

    @Test func aCheckpointIsPublishedWhenTheQuorumHasCosigned() async throws {
        try await TestLog.with { test async throws in
            let witnesses = try (1...3).map { try TestWitness($0, of: signer.verifier) }
            let publication = Publication(log: test.log, witnesses: witnesses.map(\.signer.verifier), quorum: 2)
            let notary = try notary(test.log, witnesses)
            var chain = Chain()
            try await append(3, &chain, to: test.log)
            witnesses[2].state.withLock { $0.isAway = true }
            try await notary.attest()
            let first = try await publication.checkpoint()
            #expect(try policy(witnesses, quorum: 2).verify(first.note).checkpoint.size == 3)
            try await append(300, &chain, to: test.log, perBatch: 60)
            witnesses[1].state.withLock { $0.isAway = true }
            try await notary.attest()
            #expect(try await publication.checkpoint().checkpoint.size == 3)
            #expect(witnesses.map { $0.state.withLock { $0.size } } == [303, 3, 0])
            // A service that was started anew asks them all at once, and goes on from what each of them knows.
            for witness in witnesses { witness.state.withLock { $0.isAway = false } }
            try await self.notary(restarted(test), witnesses).attest()
            let last = try await publication.checkpoint()
            #expect(try policy(witnesses, quorum: 3).verify(last.note).checkpoint.size == 303)
            for witness in witnesses { try await witness.stop() }
        }
    }

    /// A log that does not grow is published all the same.
    @Test func aWitnessThatWasAwayIsAskedAgain() async throws {
        try await TestLog.with { test async throws in
            let witness = try TestWitness(1, of: signer.verifier)
            let publication = Publication(log: test.log, witnesses: [witness.signer.verifier], quorum: 1)
            let time = TestTime()
            let notary = try notary(test.log, [witness], time: time)
            witness.state.withLock { $0.isAway = true }
            var chain = Chain()
            try await append(3, &chain, to: test.log)
            try await notary.attest()
            #expect(try await publication.newest() == nil)
            witness.state.withLock { $0.isAway = false }
            time.advance(by: .milliseconds(1_900))
            try await notary.attest()
            #expect(try await publication.newest() == nil, "it is left alone for two seconds")
            time.advance(by: .milliseconds(200))
            try await notary.attest()
            #expect(try await publication.checkpoint().checkpoint.size == 3)
            #expect(try await test.count("audit_checkpoints") == 1)
            try await witness.stop()
        }
    }

    @Test func aWitnessThatKnowsMoreRefusesTheDatabase() async throws {
        try await TestLog.with { test async throws in
            let witness = try TestWitness(1, of: signer.verifier)
            var chain = Chain()
            try await append(2, &chain, to: test.log)
            try await notary(test.log, [witness]).attest()
            try await append(2, &chain, to: test.log)
            try await notary(test.log, [witness]).attest()
            for size in [2, 0] {
                try await test.truncate(to: size)
                let log = restarted(test)
                let notary = try notary(log, [witness])
                let problem = await #expect(throws: TreeProblem.self) { try await notary.attest() }
                #expect(problem?.kind == .rolledBack && problem?.size == 4)
                var other = Chain()
                let block = try other.block()
                await #expect(throws: TreeProblem.self) { try await log.append([block]) }
            }
            #expect(try await test.findings() == ["rolled-back"])
            try await witness.stop()
        }
    }

    @Test func aWitnessThatKnowsAnotherTreeRefusesTheDatabase() async throws {
        try await TestLog.with { test async throws in
            let witness = try TestWitness(1, of: signer.verifier)
            var chain = Chain()
            try await append(2, &chain, to: test.log)
            try await notary(test.log, [witness]).attest()
            for count in [2, 5] {
                try await test.truncate(to: 0)
                var other = Chain()
                let log = restarted(test)
                try await append(count, &other, to: log)
                let notary = try notary(log, [witness])
                let problem = await #expect(throws: TreeProblem.self) { try await notary.attest() }
                #expect(problem?.kind == .forked)
            }
            try await witness.stop()
        }
    }

    @Test func twoReplicasShareTheirWitnesses() async throws {
        try await TestLog.with { test async throws in
            let witness = try TestWitness(1, of: signer.verifier)
            let (one, two) = (try notary(test.log, [witness]), try notary(restarted(test), [witness]))
            var chain = Chain()
            for _ in 0..<4 {
                try await append(2, &chain, to: test.log)
                for notary in [one, two] { try await notary.attest() }
            }
            #expect(witness.state.withLock { $0.size } == 8)
            try await witness.stop()
        }
    }
}

extension NotaryTests {
    private func append(_ count: Int, _ chain: inout Chain, to log: EventLog, perBatch: Int) async throws {
        for _ in 0..<count / perBatch { try await append(perBatch, &chain, to: log) }
    }
}
