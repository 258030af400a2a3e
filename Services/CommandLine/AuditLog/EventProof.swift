import FieldsealClient
import FieldsealMessages
import FieldsealTransparencyLog

/// A tlog-proof of an event's block, whose extra data is u32 (big endian) number of the event in the block ‖ leaf.
struct EventProof {
    private let proof: LogProof
    private let number: Int
    private let leaf: [UInt8]

    init?(_ answer: AuditEventProof) {
        guard let place = answer.proof, let note = try? SignedNote(parsing: answer.note) else { return nil }
        let path = place.path.compactMap { TreeHash($0) }
        guard path.count == place.path.count else { return nil }
        (number, leaf) = (Int(answer.event), answer.leaf)
        proof = LogProof(
            extra: withUnsafeBytes(of: answer.event.bigEndian) { Array($0) } + leaf, index: place.index,
            inclusion: path, checkpoint: note)
    }

    init?(parsing bytes: [UInt8]) {
        guard let proof = try? LogProof(parsing: bytes), let extra = proof.extra, extra.count > 4 else { return nil }
        self.proof = proof
        number = extra.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        leaf = Array(extra.dropFirst(4))
    }

    var encoded: [UInt8] { proof.encoded }

    /// What is proven, for people.
    func verified(_ policy: LogPolicy) throws(CommandFailure) -> String {
        let verified: VerifiedCheckpoint
        do {
            verified = try proof.verify(MerkleTree.leafHash(of: leaf), policy)
        } catch {
            throw CommandFailure(.failed, "the proof does not hold: \(error)")
        }
        guard let signed = try? Proto.SignedBlock(decoding: leaf, limit: 1 << 20),
            let block = try? Proto.Block(decoding: signed.block, limit: 16 << 20),
            MerkleTree.root(of: block.events.map { MerkleTree.leafHash(of: $0) }).bytes == block.root,
            block.events.indices.contains(number), let event = try? Proto.Event(decoding: block.events[number])
        else { throw CommandFailure(.failed, "the leaf holds no such event") }
        var table = Table(StoredAuditEvent.headings, numeric: ["COUNT"])
        table.append(StoredAuditEvent(producer: block.producer, event: event).cells(in: .utc))
        let checkpoint = verified.checkpoint
        return """
            \(checkpoint.origin): leaf \(proof.index) of \(checkpoint.size), cosigned by \(verified.cosigners.count); event \(event.sequence) of \(Table.printable(block.producer))
            \(table.text)
            """
    }
}
