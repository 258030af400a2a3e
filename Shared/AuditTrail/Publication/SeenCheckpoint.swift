internal import FieldsealTransparencyLog

/// The last checkpoint that was verified, as the file `checkpoint`: the signed note itself. No older one is believed again.
struct SeenCheckpoint: Hashable, Sendable {
    static let fileName = "checkpoint"

    let note: [UInt8]
    let checkpoint: Checkpoint

    /// Reads and verifies a note.
    init(_ note: [UInt8], _ policy: LogPolicy) throws(LogDistrust) {
        do {
            self.checkpoint = try policy.verify(SignedNote(parsing: note)).checkpoint
            self.note = note
        } catch {
            throw .checkpoint(error)
        }
    }

    /// The stored one, which had been verified; nil where there is none of this origin.
    static func load(origin: String, from fileSystem: any FileSystem) throws(SpoolError) -> Self? {
        guard try fileSystem.names().contains(fileName) else { return nil }
        let note = try fileSystem.open(fileName).read(at: 0, count: SignedNote.maximumCount)
        guard let text = try? SignedNote(parsing: note).text, let checkpoint = try? Checkpoint(text: text) else {
            throw .damaged("the file \(fileName) is damaged")
        }
        return checkpoint.origin == origin ? Self(note: note, checkpoint: checkpoint) : nil
    }

    /// Whether the stored one is of another log than this.
    static func isOfAnotherLog(than origin: String, in fileSystem: any FileSystem) throws(SpoolError) -> Bool {
        guard try fileSystem.names().contains(fileName) else { return false }
        return try load(origin: origin, from: fileSystem) == nil
    }

    private init(note: [UInt8], checkpoint: Checkpoint) { (self.note, self.checkpoint) = (note, checkpoint) }

    func store(in fileSystem: any FileSystem) throws(SpoolError) { try fileSystem.replace(Self.fileName, with: note) }

    /// Whether a proof must be asked for that this one's tree continues the older one's.
    /// - Throws: where it cannot.
    func mustProve(_ older: SeenCheckpoint?) throws(LogDistrust) -> Bool {
        guard let older = older?.checkpoint, older.size > 0 else { return false }
        guard checkpoint.size >= older.size else { throw .rollback }
        guard checkpoint.size == older.size else { return true }
        guard checkpoint.root == older.root else { throw .consistency(ProofError.root) }
        return false
    }

    func check(continues older: SeenCheckpoint, _ proof: [TreeHash]) throws(LogDistrust) {
        let older = older.checkpoint
        do throws(ProofError) {
            try MerkleProof.checkConsistency(
                from: older.size, older.root, to: checkpoint.size, checkpoint.root, proof)
        } catch {
            throw .consistency(error)
        }
    }

    func check(holds leaf: TreeHash, of sequence: UInt64, _ proof: LeafProof) throws(LogDistrust) {
        do throws(ProofError) {
            try MerkleProof.checkInclusion(
                of: leaf, at: proof.index, in: checkpoint.size, proof.path, root: checkpoint.root)
        } catch {
            throw .inclusion(sequence, error)
        }
    }
}
