/// What a witness knows: the logs it watches, and the checkpoint of each that it cosigned last (C2SP tlog-witness).
public struct WitnessLedger: Hashable, Sendable {
    /// Origins that are watched or remembered.
    public static let maximumLogs = 64
    /// Bytes of a request that is read.
    public static let maximumRequest = 64 << 10

    /// By origin, which is the name of the log's keys.
    let keys: [String: [NoteVerifier]]
    /// By origin; those that are no longer watched are remembered all the same.
    private(set) var cosigned: [String: CosignedCheckpoint]

    /// A ledger of a witness that has cosigned nothing.
    ///
    /// - Parameter logKeys: verifier keys; several of one name while the log changes its key.
    /// - Throws: ``NoteError``: `.key` where one signs no notes, or there are none or more than ``maximumLogs``;
    ///   `.ambiguousKey` where two have one name and id.
    public init(logKeys: [NoteVerifier]) throws(NoteError) {
        try self.init(logKeys: logKeys, cosigned: [:])
    }

    init(logKeys: [NoteVerifier], cosigned: [String: CosignedCheckpoint]) throws(NoteError) {
        guard (1...Self.maximumLogs).contains(logKeys.count), cosigned.count <= Self.maximumLogs,
            logKeys.allSatisfy({ $0.type == .note })
        else { throw .key }
        guard Set(logKeys.map(\.key)).count == logKeys.count else { throw .ambiguousKey }
        (keys, self.cosigned) = (Dictionary(grouping: logKeys, by: \.key.name), cosigned)
    }

    /// The watched origins in their order, and the size cosigned last; nil: none.
    public var logs: [(origin: String, size: UInt64?)] {
        keys.keys.sorted().map { ($0, cosigned[$0]?.checkpoint.size) }
    }

    /// When a key cosigned an origin's checkpoint last, in seconds since 1970; nil: never.
    public func time(of origin: String, by key: KeyName) -> UInt64? {
        cosigned[origin]?.note.signatures.lazy.filter { $0.key == key }.compactMap { Cosignature($0.bytes)?.timestamp }
            .max()
    }

    /// Judges the body of a request in the order that the specification has. Changes nothing.
    /// - Throws: where libcrypto cannot say whether a signature holds.
    public func judge(_ body: [UInt8]) throws -> WitnessVerdict {
        guard body.count <= Self.maximumRequest, let request = try? WitnessRequest(parsing: body),
            let checkpoint = try? Checkpoint(text: request.checkpoint.text)
        else { return .malformed }
        guard let keys = keys[checkpoint.origin] else { return .unknownLog }
        do {
            guard try !request.checkpoint.verified(by: keys).isEmpty else { return .unsigned }
        } catch is NoteError {
            return .unsigned
        }
        guard request.old <= checkpoint.size else { return .malformed }
        let known = cosigned[checkpoint.origin]?.checkpoint
        guard request.old == known?.size ?? 0 else { return .conflict(size: known?.size ?? 0, checkpoint) }
        if let known, known.size == checkpoint.size, known.root != checkpoint.root { return .forked(checkpoint) }
        guard request.isConsistent(checkpoint, with: known) else { return .inconsistent(checkpoint) }
        var note = try SignedNote(text: request.checkpoint.text)
        let names = Set(keys.map(\.key))
        note.add(request.checkpoint.signatures.filter { names.contains($0.key) })
        return .cosign(note, checkpoint)
    }

    /// Takes a checkpoint that was judged to be cosigned in the place of the one before.
    /// - Throws: ``NoteError``: `.malformed` where it is no checkpoint, `.origin` of a log that is not watched.
    public mutating func record(_ note: SignedNote) throws(NoteError) {
        let taken = try CosignedCheckpoint(note)
        let origin = taken.checkpoint.origin
        guard keys[origin] != nil else { throw .origin }
        guard cosigned[origin] != nil || cosigned.count < Self.maximumLogs else { throw .tooLarge }
        cosigned[origin] = taken
    }
}

/// A checkpoint with its signatures.
struct CosignedCheckpoint: Hashable, Sendable {
    let note: SignedNote
    let checkpoint: Checkpoint

    init(_ note: SignedNote) throws(NoteError) {
        (self.note, checkpoint) = (note, try Checkpoint(text: note.text))
    }
}

extension WitnessRequest {
    /// Whether the proof leads from the known checkpoint to the other. From none and from an empty tree it must be empty.
    fileprivate func isConsistent(_ checkpoint: Checkpoint, with known: Checkpoint?) -> Bool {
        guard let known, known.size > 0 else { return proof.isEmpty }
        do throws(ProofError) {
            try MerkleProof.checkConsistency(
                from: known.size, known.root, to: checkpoint.size, checkpoint.root, proof)
            return true
        } catch {
            return false
        }
    }
}
