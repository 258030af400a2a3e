public import FieldsealTransparencyLog
internal import Synchronization

/// A witness: cosigns what its ledger lets it, and only after the ledger is durable with it (C2SP tlog-witness).
public final class LogWitness: Sendable {
    /// The verdict, and the signature lines where it is to cosign.
    public struct Answer: Hashable, Sendable {
        public let verdict: WitnessVerdict
        public let cosignature: String
    }

    public let verifier: NoteVerifier
    private let signer: CosignatureSigner
    private let file: WitnessStateFile
    /// nil: it has ended.
    private let ledger: Mutex<WitnessLedger?>

    /// - Throws: ``WitnessStateError`` where the state cannot be read or is damaged; ``NoteError`` for keys that are none of
    ///   logs.
    public init(logKeys: [NoteVerifier], signer: CosignatureSigner, file: WitnessStateFile) throws {
        (self.signer, self.file, verifier) = (signer, file, signer.verifier)
        var known = try WitnessLedger(logKeys: logKeys)
        if let state = try file.read(most: WitnessLedger.maximumState) {
            do {
                known = try WitnessLedger(logKeys: logKeys, state: state)
            } catch {
                throw WitnessStateError(
                    "\(file.path) is damaged; bring it back from a copy. Without it this witness knows nothing of its logs"
                )
            }
        }
        ledger = Mutex(known)
    }

    /// The watched origins, and the size cosigned last; nil: none.
    public var logs: [(origin: String, size: UInt64?)] { ledger.withLock { $0?.logs ?? [] } }

    /// Answers the body of an `add-checkpoint`. Blocks while it writes; one request at a time.
    /// - Throws: ``WitnessStateError`` where the state could not be made durable: nothing was cosigned, and this witness must
    ///   not go on. Other errors where libcrypto fails.
    public func answer(_ body: [UInt8]) throws -> Answer {
        try ledger.withLock { known in
            guard let ledger = known else { throw CancellationError() }
            let verdict = try ledger.judge(body)
            guard case .cosign(var note, let checkpoint) = verdict else {
                return Answer(verdict: verdict, cosignature: "")
            }
            // A clock that was put back must not make a larger tree the earlier one.
            let last = ledger.time(of: checkpoint.origin, by: signer.key) ?? 0
            try note.sign(with: signer.notBefore(last))
            let lines = note.signatures.filter { $0.key == signer.key }.map(\.line)
            var next = ledger
            try next.record(note)
            try file.replace(with: next.state)
            known = next
            return Answer(verdict: verdict, cosignature: lines.joined())
        }
    }

    /// Answers nothing any more, and leaves the state to another.
    public func end() {
        ledger.withLock { known in
            known = nil
            file.unlock()
        }
    }
}
