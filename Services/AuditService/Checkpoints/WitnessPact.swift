import FieldsealTransparencyLog
import Logging

/// Our side of what one witness knows of the log.
actor WitnessPact {
    private static let longestPause = Duration.seconds(60)

    private let log: EventLog
    private let witness: Witness
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    /// The size that it cosigned last; nil: not asked yet.
    private var cosigned: UInt64?
    /// Of the checkpoint that it was asked for last and has answered.
    private var answered = 0
    private var failures = 0
    private var pausesUntil: ContinuousClock.Instant?

    init(log: EventLog, witness: Witness, logger: Logger, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        (self.log, self.witness, self.logger, self.now) = (log, witness, logger, now)
    }

    /// Has the witness cosign the checkpoint of this turn, once. One that does not answer is left alone for a while.
    /// - Throws: `TreeProblem` where the witness knows another log; database errors.
    func renew(_ note: SignedNote, _ checkpoint: Checkpoint, turn: Int) async throws {
        guard answered < turn else { return }
        if let pausesUntil, pausesUntil > now() { return }
        do {
            try await cosign(note, checkpoint)
            if failures > 0 { logger.notice("a witness answers again", metadata: ["witness": "\(witness.name)"]) }
            (answered, failures, pausesUntil) = (turn, 0, nil)
        } catch let problem as TreeProblem {
            throw problem
        } catch {
            failures += 1
            pausesUntil = now() + min(Self.longestPause, .seconds(1 << min(failures, 6)))
            logger.log(
                level: failures == 1 ? .warning : .debug, "a witness does not cosign",
                metadata: ["witness": "\(witness.name)", "error": "\(error)"])
        }
    }

    private func cosign(_ note: SignedNote, _ checkpoint: Checkpoint) async throws {
        var old = if let cosigned { cosigned } else { try await log.cosignedSize(of: witness.verifier) }
        // The second time from the size that it has named.
        for _ in 0..<2 {
            // Another replica was faster: the next checkpoint goes on from there.
            guard old <= checkpoint.size else { return try await checkLog(holds: old) }
            let proof = try await log.consistency(from: old, to: checkpoint.size)
            switch try await witness.cosign(WitnessRequest(old: old, proof: proof, checkpoint: note)) {
            case .cosigned(let signatures):
                try await log.store(signatures, of: checkpoint.size)
                cosigned = checkpoint.size
                return
            case .conflict(let size) where size != old:
                cosigned = size
                old = size
            case .conflict, .inconsistent:
                throw TreeProblem(
                    .forked, size: old, root: checkpoint.root, "witness \(witness.name) has cosigned another tree")
            }
        }
        if old > checkpoint.size { try await checkLog(holds: old) }
    }

    private func checkLog(holds size: UInt64) async throws {
        let head = try await log.head()
        guard head.size < size else { return }
        throw TreeProblem(
            .rolledBack, size: size, "witness \(witness.name) has cosigned \(size) blocks of \(head.size)")
    }
}
