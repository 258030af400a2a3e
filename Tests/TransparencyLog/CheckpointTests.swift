import FieldsealCrypto
import FieldsealSecureMemory
import FieldsealTransparencyLog
import Testing

@Suite struct CheckpointTests {
    static let origin = "example.com/behind-the-sofa"
    static let root = TreeHash(sha256: [1])

    static func key(_ number: UInt8) throws -> Ed25519PrivateKey {
        try Ed25519PrivateKey(seed: try SecretBytes(copying: [UInt8](repeating: number, count: 32)))
    }

    static func witness(_ number: UInt8, at time: UInt64 = 1_679_315_147) throws -> CosignatureSigner {
        try CosignatureSigner(name: "witness.example.com/w\(number)", privateKey: try key(100 + number)) { time }
    }

    static func log(_ number: UInt8 = 1) throws -> Ed25519Signer {
        try Ed25519Signer(name: origin, privateKey: try key(number))
    }

    static func note(
        _ checkpoint: Checkpoint, by log: Ed25519Signer, _ witnesses: [CosignatureSigner] = []
    ) throws -> SignedNote {
        var note = try SignedNote(text: checkpoint.text)
        try note.sign(with: log)
        for witness in witnesses { try note.sign(with: witness) }
        return try SignedNote(parsing: note.encoded)
    }

    /// C2SP tlog-checkpoint's and tlog-cosignature's example.
    @Test func thePublishedExampleIsRead() throws {
        let example = """
            example.com/behind-the-sofa
            20852163
            CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

            — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
            — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==

            """
        let note = try SignedNote(parsing: Array(example.utf8))
        let checkpoint = try Checkpoint(text: note.text)
        #expect(checkpoint.origin == Self.origin && checkpoint.size == 20_852_163 && checkpoint.extensions.isEmpty)
        #expect(checkpoint.root.description.hasPrefix("0ac5186a91863e8e"))
        #expect(checkpoint.text == note.text)
        #expect(note.signatures.map(\.key.id) == [0x033d_e0ae, 0x8d66_cf3f])
        #expect(Cosignature(note.signatures[1].bytes)?.timestamp == 1_679_315_147)
        #expect(Cosignature(note.signatures[0].bytes) == nil)
    }

    @Test(arguments: [
        "", "\n", "o\n", "o\n0\n", "o\n1\n\(good)", "o\n01\n\(good)\n", "o\n+1\n\(good)\n", "o\n-1\n\(good)\n",
        "o\n1 \n\(good)\n", "\n1\n\(good)\n", "o\n1\n\(good)\n\n", "o\n1\n\(good)\n\nx\n", "o\n1\n\(good.dropLast())\n",
        "o\n1\nAAAA\n", "o\n1\n\(good)=\n", "o\n18446744073709551615\n\(good)\n", "o\n9223372036854775808\n\(good)\n",
        "o\n0\n\(good)\n", "o\n٣\n\(good)\n", "o\n1\r\n\(good)\n",
    ])
    func whatIsNoCheckpointIsRefused(text: String) {
        #expect(throws: NoteError.malformed) { try Checkpoint(text: text) }
    }

    private static let good = "S/XReyAcK4g4EU+yEA0NuoKgVOpvWhwwUMa+mBSM15o="

    @Test func linesAfterTheRootAreKept() throws {
        let text = "o\n9223372036854775807\n\(Self.good)\nextension 1\nextension 2\n"
        let checkpoint = try Checkpoint(text: text)
        #expect(checkpoint.extensions == ["extension 1", "extension 2"] && checkpoint.text == text)
        #expect(throws: NoteError.malformed) {
            try Checkpoint(origin: "o", size: 1, root: Self.root, extensions: ["two\nlines"])
        }
        #expect(throws: NoteError.malformed) { try Checkpoint(origin: "", size: 1, root: Self.root) }
    }

    @Test func aPolicyWantsTheLogAndItsWitnesses() throws {
        let checkpoint = try Checkpoint(origin: Self.origin, size: 3, root: Self.root)
        let log = try Self.log()
        let witnesses = try (1...3).map { try Self.witness($0) }
        let policy = try LogPolicy(
            origin: Self.origin, logKeys: [log.verifier], witnesses: witnesses.map(\.verifier), quorum: 2)
        let verified = try policy.verify(try Self.note(checkpoint, by: log, Array(witnesses.prefix(2))))
        #expect(verified.checkpoint == checkpoint && verified.cosigners == Set(witnesses.prefix(2).map(\.verifier)))
        for few in [[], [witnesses[0]], [witnesses[0], try Self.witness(9)]] {
            let note = try Self.note(checkpoint, by: log, few)
            #expect(throws: NoteError.unsigned) { try policy.verify(note) }
        }
        let foreign = try Self.note(checkpoint, by: try Self.log(2), witnesses)
        #expect(throws: NoteError.unsigned, "the log itself has not signed") { try policy.verify(foreign) }
        let other = try Self.note(try Checkpoint(origin: "other", size: 3, root: Self.root), by: log, witnesses)
        #expect(throws: NoteError.origin) { try policy.verify(other) }
    }

    @Test func aCosignatureIsOfItsTimeAndText() throws {
        let checkpoint = try Checkpoint(origin: Self.origin, size: 3, root: Self.root)
        let log = try Self.log()
        let witness = try Self.witness(1)
        let policy = try LogPolicy(
            origin: Self.origin, logKeys: [log.verifier], witnesses: [witness.verifier], quorum: 1)
        var forged = try Self.note(checkpoint, by: log)
        let real = try #require(try Self.note(checkpoint, by: log, [witness]).signatures.last)
        var later = real.bytes
        later[7] &+= 1
        forged.add([.init(key: real.key, bytes: later)])
        #expect(throws: NoteError.signature) { try policy.verify(forged) }
        var grown = try Self.note(try Checkpoint(origin: Self.origin, size: 4, root: Self.root), by: log)
        grown.add([real])
        #expect(throws: NoteError.signature) { try policy.verify(grown) }
    }

    @Test func aSignatureTakesThePlaceOfTheSameKeys() throws {
        var note = try Self.note(try Checkpoint(origin: Self.origin, size: 3, root: Self.root), by: try Self.log())
        try note.sign(with: try Self.witness(1, at: 1))
        try note.sign(with: try Self.witness(1, at: 2))
        #expect(note.signatures.count == 2)
        #expect(note.signatures.last.flatMap { Cosignature($0.bytes) }?.timestamp == 2)
    }

    @Test func apolicyThatCannotBeMeantIsRefused() throws {
        let log = try Self.log().verifier
        let witness = try Self.witness(1).verifier
        let sameKey = try NoteVerifier(name: "w2", type: .cosignature, publicKey: witness.publicKey)
        #expect(throws: NoteError.key) { try LogPolicy(origin: "o", logKeys: []) }
        #expect(throws: NoteError.key) { try LogPolicy(origin: "o", logKeys: [witness]) }
        #expect(throws: NoteError.key) { try LogPolicy(origin: "o", logKeys: [log], witnesses: [log]) }
        #expect(throws: NoteError.key) { try LogPolicy(origin: "o", logKeys: [log], witnesses: [witness], quorum: 2) }
        #expect(throws: NoteError.ambiguousKey, "it would count twice") {
            try LogPolicy(origin: "o", logKeys: [log], witnesses: [witness, sameKey], quorum: 2)
        }
    }

    @Test func aProofTravelsAsText() throws {
        let leaves = (0..<7).map { MerkleTree.leafHash(of: [UInt8($0)]) }
        let log = try Self.log()
        let witness = try Self.witness(1)
        let checkpoint = try Checkpoint(origin: Self.origin, size: 7, root: MerkleTree.root(of: leaves))
        let note = try Self.note(checkpoint, by: log, [witness])
        let policy = try LogPolicy(
            origin: Self.origin, logKeys: [log.verifier], witnesses: [witness.verifier], quorum: 1)
        for (index, extra) in [(0, nil), (5, []), (6, [1, 2, 3])] as [(Int, [UInt8]?)] {
            let path = try #require(ProofPath.inclusion(of: UInt64(index), in: 7))
            let proof = LogProof(
                extra: extra, index: UInt64(index), inclusion: path.map { MerkleTree.hash(of: $0, leaves: leaves) },
                checkpoint: note)
            let read = try LogProof(parsing: proof.encoded)
            #expect(read == proof)
            #expect(try read.verify(leaves[index], policy).checkpoint == checkpoint)
            #expect(throws: ProofError.root) { try read.verify(leaves[1], policy) }
        }
    }

    @Test(arguments: [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"), ("index 0", "index 00"), ("index 0", "index -0"),
        ("index 0", "indeks 0"), ("index 0", "extra A\nindex 0"), ("index 0", "index 0\nAAAA"), ("index 0", "index 0 "),
        ("index 0", "index 0\n"), ("index 0\n", ""),
    ])
    func whatIsNoProofIsRefused(part: String, replacement: String) throws {
        let checkpoint = try Checkpoint(origin: Self.origin, size: 1, root: Self.root)
        let proof = LogProof(index: 0, inclusion: [], checkpoint: try Self.note(checkpoint, by: try Self.log()))
        let text = String(decoding: proof.encoded, as: UTF8.self).replacing(part, with: replacement)
        #expect(throws: NoteError.malformed) { try LogProof(parsing: Array(text.utf8)) }
    }
}
