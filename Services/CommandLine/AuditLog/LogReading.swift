import FieldsealAuditVerification
import FieldsealTransparencyLog

/// A verification under way: what was read, and whose word it is compared with.
struct LogReading: Sendable {
    let policy: LogPolicy
    /// What was verified before.
    let known: Checkpoint?
    var verifier: LogVerifier
    /// The leaf that was read first.
    private(set) var start: UInt64 = 0
    private(set) var hasBegun = false
    /// The checkpoint that the reading ends with.
    private(set) var note: SignedNote?
    private var verified: VerifiedCheckpoint?
    private var statement: LossStatement?
    private let producers: Set<String>?

    init(policy: LogPolicy, producers: Set<String>?, known: Checkpoint?) {
        (self.policy, self.producers, self.known) = (policy, producers, known)
        verifier = LogVerifier(producers: producers, anchors: known.map { [$0] } ?? [])
    }

    /// Begins behind a tree whose leaves are not read.
    mutating func begin(behind tree: MerkleFrontier) {
        verifier = LogVerifier(producers: producers, anchors: known.map { [$0] } ?? [], behind: tree)
        (start, hasBegun) = (tree.size, true)
    }

    /// Reads the leaves of a bundle.
    /// - Parameter isLast: of the log; what it ends with is then its newest checkpoint.
    mutating func add(_ path: String, isLast: Bool) throws {
        do {
            var reader = try LogBundle.Reader(path)
            if hasBegun {
                verifier.resume(behind: reader.header.beginning)
            } else {
                begin(behind: reader.header.beginning)
            }
            while let leaf = try reader.next() { verifier.append(leaf) }
            if isLast {
                finish(reader.header.checkpoint, consistency: reader.header.consistency)
            } else if let checkpoint = judge(reader.header.checkpoint)?.checkpoint {
                verifier.compare(with: checkpoint, consistency: reader.header.consistency)
            }
        } catch let error as LogBundleError {
            if case .malformed = error { throw CommandFailure(.failed, error.description) }
            throw CommandFailure(.usage, error.description)
        }
    }

    /// Compares all that was read with the newest checkpoint of the log.
    mutating func finish(_ note: SignedNote, consistency: [TreeHash] = []) {
        self.note = note
        verified = judge(note)
        checkStatement()
        if let checkpoint = verified?.checkpoint ?? (try? Checkpoint(text: note.text)) {
            verifier.finish(at: checkpoint, consistency: consistency)
        }
    }

    /// Of a log that takes the place of another one: its own keys must have signed what it says.
    private mutating func checkStatement() {
        guard let encoded = verifier.statement else { return }
        do {
            let note = try SignedNote(parsing: encoded)
            guard try !note.verified(by: policy.logKeys).isEmpty else { throw NoteError.unsigned }
            let statement = try LossStatement(text: note.text)
            guard statement.origin == policy.origin else { throw NoteError.origin }
            self.statement = statement
        } catch {
            verifier.note(LogFinding(.leaf, leaf: 0, "the log's statement of loss does not hold: \(error)"))
        }
    }

    private mutating func judge(_ note: SignedNote) -> VerifiedCheckpoint? {
        do {
            return try policy.verify(note)
        } catch {
            verifier.note(LogFinding(.checkpoint, "the checkpoint does not satisfy --log-key and --witness: \(error)"))
            return nil
        }
    }

    var report: LogReport {
        LogReport(
            checkpoint: verified?.checkpoint ?? note.flatMap { try? Checkpoint(text: $0.text) },
            cosigners: verified?.cosigners.count ?? 0, first: start, events: verifier.events, statement: statement,
            findings: verifier.findings, findingCount: verifier.findingCount)
    }
}
