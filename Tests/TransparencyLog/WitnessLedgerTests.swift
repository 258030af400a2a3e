import FieldsealTransparencyLog
import Testing

@Suite struct WitnessLedgerTests {
    private static let leaves = (0..<9).map { MerkleTree.leafHash(of: [UInt8($0)]) }

    private func request(
        old: UInt64, size: Int, leaves: [TreeHash] = leaves, proof: [TreeHash]? = nil,
        by log: Ed25519Signer? = nil, origin: String = CheckpointTests.origin
    ) throws -> [UInt8] {
        let root = MerkleTree.root(of: leaves[..<size])
        let checkpoint = try Checkpoint(origin: origin, size: UInt64(size), root: root)
        let path = ProofPath.consistency(from: min(old, UInt64(size)), to: UInt64(size)) ?? []
        let honest = path.map { MerkleTree.hash(of: $0, leaves: leaves) }
        return WitnessRequest(
            old: old, proof: proof ?? honest,
            checkpoint: try CheckpointTests.note(checkpoint, by: try log ?? CheckpointTests.log())
        ).encoded
    }

    private func ledger(at size: Int = 0) throws -> WitnessLedger {
        var ledger = try WitnessLedger(logKeys: [try CheckpointTests.log().verifier])
        if size > 0 { try take(try request(old: 0, size: size), &ledger) }
        return ledger
    }

    private func take(_ body: [UInt8], _ ledger: inout WitnessLedger) throws {
        guard case .cosign(var note, _) = try ledger.judge(body) else {
            Issue.record("not to be cosigned")
            return
        }
        try note.sign(with: try CheckpointTests.witness(1))
        try ledger.record(note)
    }

    @Test func aLogIsFollowedFromNothingAndWithoutAChange() throws {
        var ledger = try ledger()
        for (old, size) in [(0, 0), (0, 3), (3, 3), (3, 4), (4, 9)] {
            try take(try request(old: UInt64(old), size: size), &ledger)
            #expect(ledger.logs.map(\.size) == [UInt64(size)] && ledger.logs[0].origin == CheckpointTests.origin)
        }
    }

    @Test func statusesAreThoseOfTheProtocol() throws {
        let ledger = try ledger(at: 4)
        func status(_ body: [UInt8]) throws -> Int { try ledger.judge(body).status }
        #expect(try status(try request(old: 4, size: 9)) == 200)
        #expect(try status(Array("old 4\n\n".utf8)) == 400)
        #expect(try status(try request(old: 10, size: 9)) == 400)
        #expect(try status(try request(old: 4, size: 9, by: try CheckpointTests.log(2))) == 403)
        #expect(try status(try request(old: 4, size: 9, origin: "example.com/other")) == 404)
        #expect(try status(try request(old: 4, size: 9, proof: [])) == 422)
        #expect(try status(try request(old: 4, size: 4, proof: [.zero])) == 422)
        #expect(try ledger.judge(try request(old: 4, size: 9, proof: [])).size == nil)
        for old in [0, 3, 5] as [UInt64] {
            let verdict = try ledger.judge(try request(old: old, size: 9))
            #expect(verdict.status == 409 && verdict.size == 4)
        }
        #expect(try self.ledger().judge(try request(old: 0, size: 9, proof: [.zero])).status == 422)
    }

    @Test func aSignatureThatDoesNotHoldIsRefusedWhoeverElseSigned() throws {
        let ledger = try ledger()
        var body = try request(old: 0, size: 3)
        body[body.count - 10] ^= 1
        #expect(try [.unsigned, .malformed].contains(ledger.judge(body)))
    }

    @Test func aForkIsToldFromAGap() throws {
        let fork = MerkleTree.leafHash(of: [99])
        let ledger = try ledger(at: 4)
        let other = Array(Self.leaves[..<3]) + [fork] + Self.leaves[4...]
        #expect(try ledger.judge(try request(old: 4, size: 4, leaves: other)).status == 409)
        guard case .forked(let checkpoint) = try ledger.judge(try request(old: 4, size: 4, leaves: other)) else {
            Issue.record("not a fork")
            return
        }
        #expect(checkpoint.size == 4)
        guard case .inconsistent = try ledger.judge(try request(old: 4, size: 9, leaves: other)) else {
            Issue.record("not inconsistent")
            return
        }
    }

    @Test func aLogChangesItsKey() throws {
        let (old, next) = (try CheckpointTests.log(1), try CheckpointTests.log(2))
        var ledger = try WitnessLedger(logKeys: [old.verifier, next.verifier])
        try take(try request(old: 0, size: 3, by: old), &ledger)
        try take(try request(old: 3, size: 4, by: next), &ledger)
        #expect(ledger.logs.map(\.size) == [4])
    }

    @Test func keysThatAreNoneOfLogsAreRefused() throws {
        let log = try CheckpointTests.log().verifier
        #expect(throws: NoteError.key) { try WitnessLedger(logKeys: []) }
        #expect(throws: NoteError.key) { try WitnessLedger(logKeys: [try CheckpointTests.witness(1).verifier]) }
        #expect(throws: NoteError.ambiguousKey) { try WitnessLedger(logKeys: [log, log]) }
    }

    @Test func aStateIsReadAsItWasWritten() throws {
        let keys = [try CheckpointTests.log().verifier]
        for size in [0, 9] {
            let ledger = try ledger(at: size)
            #expect(try WitnessLedger(logKeys: keys, state: ledger.state) == ledger)
        }
        // A log that is no longer watched is remembered.
        let other = try NoteVerifier(
            name: "example.org/other", type: .note, publicKey: try CheckpointTests.key(9).publicKey)
        let state = try ledger(at: 9).state
        let kept = try WitnessLedger(logKeys: [other], state: state)
        #expect(kept.logs.map(\.size) == [nil] && kept.state == state)
    }

    @Test func whatIsNoStateIsRefused() throws {
        let keys = [try CheckpointTests.log().verifier]
        let state = try ledger(at: 9).state
        for count in state.indices {
            #expect(throws: NoteError.self) { try WitnessLedger(logKeys: keys, state: Array(state[..<count])) }
            var edited = state
            edited[count] ^= 1
            #expect(throws: NoteError.self) { try WitnessLedger(logKeys: keys, state: edited) }
        }
        #expect(throws: NoteError.self) { try WitnessLedger(logKeys: keys, state: state + [0x0A]) }
        #expect(throws: NoteError.self) { try WitnessLedger(logKeys: keys, state: state + state) }
    }

    @Test func signaturesOfOthersAreNotKept() throws {
        let ledger = try ledger()
        let checkpoint = try Checkpoint(
            origin: CheckpointTests.origin, size: 1, root: MerkleTree.root(of: Self.leaves[..<1]))
        let note = try CheckpointTests.note(
            checkpoint, by: try CheckpointTests.log(), [try CheckpointTests.witness(7)])
        let body = WitnessRequest(old: 0, proof: [], checkpoint: note).encoded
        guard case .cosign(let kept, _) = try ledger.judge(body) else {
            Issue.record("not to be cosigned")
            return
        }
        #expect(kept.signatures.map(\.key) == [try CheckpointTests.log().key])
    }

    @Test func aLongRequestIsRefused() throws {
        let body = try request(old: 0, size: 1) + [UInt8](repeating: 0x0A, count: WitnessLedger.maximumRequest)
        #expect(try ledger().judge(body) == .malformed)
    }
}
