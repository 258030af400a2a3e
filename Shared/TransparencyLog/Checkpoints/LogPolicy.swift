/// What a checkpoint must carry to be believed: the log's signature, and cosignatures of so many witnesses.
public struct LogPolicy: Hashable, Sendable {
    public let origin: String
    /// The log's keys: several while one takes another's place.
    public let logKeys: [NoteVerifier]
    public let witnesses: [NoteVerifier]
    /// How many of the witnesses must have cosigned.
    public let quorum: Int

    /// - Throws: ``NoteError`` `.key` where there is no log key, a key is of the wrong type, or the quorum is not of the
    ///   witnesses; `.ambiguousKey` where one key stands for two.
    public init(
        origin: String, logKeys: [NoteVerifier], witnesses: [NoteVerifier] = [], quorum: Int = 0
    ) throws(NoteError) {
        guard !logKeys.isEmpty, logKeys.allSatisfy({ $0.type == .note }),
            witnesses.allSatisfy({ $0.type == .cosignature }), (0...witnesses.count).contains(quorum)
        else { throw .key }
        // One witness under two names would count twice.
        guard Set((logKeys + witnesses).map(\.publicKey)).count == logKeys.count + witnesses.count else {
            throw .ambiguousKey
        }
        (self.origin, self.logKeys, self.witnesses, self.quorum) = (origin, logKeys, witnesses, quorum)
    }

    /// Reads and verifies a checkpoint.
    ///
    /// - Throws: ``NoteError``: `.malformed`; `.signature` where one of a known key does not hold; `.unsigned` where the log or
    ///   too few witnesses have signed; `.origin` of another log.
    public func verify(_ note: SignedNote) throws -> VerifiedCheckpoint {
        let signers = try note.verified(by: logKeys + witnesses)
        guard signers.contains(where: { $0.type == .note }) else { throw NoteError.unsigned }
        let cosigners = signers.filter { $0.type == .cosignature }
        guard cosigners.count >= quorum else { throw NoteError.unsigned }
        let checkpoint = try Checkpoint(text: note.text)
        guard checkpoint.origin == origin else { throw NoteError.origin }
        return VerifiedCheckpoint(checkpoint: checkpoint, cosigners: cosigners)
    }
}

/// A checkpoint that satisfies a policy.
public struct VerifiedCheckpoint: Hashable, Sendable {
    public let checkpoint: Checkpoint
    public let cosigners: Set<NoteVerifier>
}
