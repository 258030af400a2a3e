import FieldsealTransparencyLog
import Logging

/// Signs the log's tree after computing it a second time, and has witnesses cosign it.
actor Notary {
    private let log: EventLog
    private let origin: String
    /// The key in use, and the one that is to take its place.
    private let signers: [any CheckpointSigner]
    private let idleBeat: Duration
    private let pacts: [WitnessPact]
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    /// The tree of the checkpoint signed last, and when it was.
    private var signed: MerkleFrontier?
    private var signedAt: ContinuousClock.Instant?
    /// Counts the checkpoints signed.
    private var turn = 0
    private var newest: SignedNote?

    init(
        log: EventLog, origin: String, signers: [any CheckpointSigner], idleBeat: Duration, witnesses: [Witness],
        logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        (self.log, self.origin, self.signers, self.idleBeat) = (log, origin, signers, idleBeat)
        pacts = witnesses.map { WitnessPact(log: log, witness: $0, logger: logger, now: now) }
        (self.logger, self.now) = (logger, now)
    }

    /// Signs what is new, or what is old where that was long ago; has the witnesses cosign what they have not.
    /// - Throws: `TreeProblem`: the database is refused, and nothing was signed.
    func attest() async throws {
        try await log.guarded {
            if let note = try await sign() {
                turn += 1
                newest = note
            }
            if let newest { try await publish(newest) }
        }
    }

    private func sign() async throws -> SignedNote? {
        let head = try await log.head()
        let base: MerkleFrontier
        if let signed { base = signed } else { base = try await lastSigned() }
        try head.check(continues: TreeHead(base), root: try await log.head(of: base.size)?.root)
        let isDue = signedAt.map { $0.duration(to: now()) >= idleBeat } ?? true
        guard head.size > base.size || isDue else { return nil }
        signed = try await log.recomputed(from: base, to: head)
        let checkpoint = try Checkpoint(origin: origin, size: head.size, root: head.root)
        let note = try await SignedNote(text: checkpoint.text, signedBy: signers)
        try await log.store(note, of: head)
        log.memory.remember(head)
        signedAt = now()
        return note
    }

    /// The tree of the newest stored checkpoint; that of the archived blocks where none is stored that one of the keys has
    /// signed: then all others are read.
    private func lastSigned() async throws -> MerkleFrontier {
        // First: in the else below, the optimiser of Swift 6.3 spoils the task's memory.
        let archived = try await log.archivedTree()
        let newest = try await log.newestCheckpoint()
        guard let checkpoint = signedByUs(newest) else { return archived }
        guard let head = try await log.head(of: checkpoint.size), head.root == checkpoint.root else {
            throw TreeProblem(
                .forked, size: checkpoint.size, root: checkpoint.root, "the database has not the tree that was signed")
        }
        return head.frontier
    }

    /// A stored checkpoint of this log that one of the keys has signed.
    private func signedByUs(_ stored: StoredCheckpoint?) -> Checkpoint? {
        guard let stored, stored.checkpoint.origin == origin,
            let signers = try? stored.note.verified(by: signers.map(\.verifier)), !signers.isEmpty
        else { return nil }
        return stored.checkpoint
    }

    private func publish(_ note: SignedNote) async throws {
        let checkpoint = try Checkpoint(text: note.text)
        try await withThrowingTaskGroup { group in
            for pact in pacts {
                group.addTask { [turn] in try await pact.renew(note, checkpoint, turn: turn) }
            }
            try await group.waitForAll()
        }
    }
}

extension TreeHead {
    /// Of a tree that was signed.
    fileprivate init(_ signed: MerkleFrontier) { self.init(frontier: signed, term: 0, lastEvent: 0) }
}
