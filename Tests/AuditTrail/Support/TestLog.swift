import FieldsealCrypto
import FieldsealMessages
import FieldsealSecureMemory
import FieldsealTransparencyLog
import Synchronization

@testable import FieldsealAuditTrail

/// A transparency log in memory with one witness, which publishes when it is told to and lies where it is told to.
final class TestLog: BlockSink, BlockProver {
    enum Lie: CaseIterable, Sendable {
        /// The checkpoint is signed by nobody that is known.
        case signature
        /// The witness has not seen it.
        case quorum
        /// The proof is one of another leaf.
        case inclusion
        /// The tree has become smaller.
        case rollback
        /// The tree does not begin with the one before.
        case rewrite
        /// More proofs than were asked for.
        case surplus
    }

    private struct State {
        var leaves: [TreeHash] = []
        var positions: [EventIdentifier: [Int]] = [:]
        var published = 0
        var questions = 0
        var lie: Lie?
    }

    private let origin: String

    let policy: LogPolicy
    private let log: Ed25519Signer
    private let witness: CosignatureSigner
    private let stranger: Ed25519Signer
    private let state = Mutex(State())

    init(origin: String = "log.test/audit") throws {
        self.origin = origin
        func key() throws -> Ed25519PrivateKey { try Ed25519PrivateKey(seed: SecretBytes.random(count: 32)) }
        log = try Ed25519Signer(name: origin, privateKey: key())
        stranger = try Ed25519Signer(name: origin, privateKey: key())
        witness = try CosignatureSigner(name: "witness.test/1", privateKey: key()) { 1_700_000_000 }
        policy = try LogPolicy(
            origin: origin, logKeys: [log.verifier], witnesses: [witness.verifier], quorum: 1)
    }

    /// That it holds.
    var blocks: Int { state.withLock { $0.positions.values.reduce(0) { $0 + $1.count } } }

    var questions: Int { state.withLock { $0.questions } }

    /// Publishes all that is sequenced.
    func publish() { state.withLock { $0.published = $0.leaves.count } }

    func lie(_ lie: Lie?) { state.withLock { $0.lie = lie } }

    func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64 {
        state.withLock { state in
            for block in blocks where Int(block.sequence) > state.positions[block.epoch, default: []].count {
                state.positions[block.epoch, default: []].append(state.leaves.count)
                state.leaves.append(block.leafHash)
                // Somebody else's block stands between.
                state.leaves.append(TreeHash(sha256: block.block))
            }
            return blocks.last?.sequence ?? 0
        }
    }

    func proveBlocks(epoch: EventIdentifier, from first: UInt64, count: Int) async throws -> BlockProofs {
        let (state, size) = self.state.withLock { state in
            state.questions += 1
            return (state, state.lie == .rollback ? state.published / 2 : state.published)
        }
        guard size > 0 else { return BlockProofs(note: [], leaves: []) }
        var leaves = Array(state.leaves.prefix(size))
        if state.lie == .rewrite { leaves[0] = .zero }
        var note = try SignedNote(
            text: Checkpoint(origin: origin, size: UInt64(size), root: MerkleTree.root(of: leaves)).text)
        try note.sign(with: state.lie == .signature ? stranger : log)
        if state.lie != .quorum { try note.sign(with: witness) }
        var positions = Array(state.positions[epoch, default: []].dropFirst(Int(first) - 1).prefix(count))
        positions.removeAll { $0 >= size }
        if state.lie == .inclusion { positions = positions.map { $0 + 1 } }
        if state.lie == .surplus { positions += [0] }
        return BlockProofs(
            note: note.encoded,
            leaves: positions.map { position in
                LeafProof(
                    index: UInt64(position),
                    path: (ProofPath.inclusion(of: UInt64(position), in: UInt64(size)) ?? []).map {
                        MerkleTree.hash(of: $0, leaves: leaves)
                    })
            })
    }

    func proveConsistency(from older: UInt64, to newer: UInt64) async throws -> [TreeHash] {
        let leaves = state.withLock { $0.leaves }
        return (ProofPath.consistency(from: older, to: newer) ?? []).map { MerkleTree.hash(of: $0, leaves: leaves) }
    }
}
