internal import FieldsealMessages
internal import FieldsealTransparencyLog
internal import Synchronization

/// How far the epoch is durable, and how often it used which version of a key: what another witnesses.
final class EpochLedger: Sendable {
    private struct State {
        var sequence: UInt64 = 0
        var hash = TreeHash.zero
        var counts: [UInt64: [AuditOperation: UInt64]] = [:]
        var hasEnded = false
    }

    private let epoch: EventIdentifier
    private let state = Mutex(State())

    init(epoch: EventIdentifier) { self.epoch = epoch }

    /// Blocks have become durable; the last of them, and the batches that they are made of.
    func wrote(_ last: BlockBuilder.Block, of batches: [EventBatch]) {
        state.withLock { state in
            (state.sequence, state.hash) = (last.sequence, last.hash)
            for batch in batches {
                for (key, fold) in zip(batch.keys, batch.folds) where key.keyVersion != 0 {
                    state.counts[key.keyVersion, default: [:]][key.operation, default: 0] &+= fold.count
                }
            }
        }
    }

    /// The epoch has its last block: nothing is stated of it any more.
    func end() { state.withLock { $0.hasEnded = true } }

    /// What is durable now, with the uses of these versions, as many as a statement holds; nil once the epoch has ended.
    func statement(of versions: some Sequence<UInt64>) -> Proto.EpochStatement? {
        state.withLock { state in
            guard state.sequence > 0, !state.hasEnded else { return nil }
            var seen: Set<UInt64> = []
            var uses: [Proto.KeyUse] = []
            for version in versions where seen.insert(version).inserted {
                let counts = state.counts[version, default: [:]].sorted { $0.key.rawValue < $1.key.rawValue }
                guard uses.count + counts.count <= Proto.EpochStatement.maximumUses else { break }
                uses += counts.map { Proto.KeyUse(version: version, operation: $0.key, count: $0.value) }
            }
            return Proto.EpochStatement(
                epoch: epoch.bytes, sequence: state.sequence, hash: state.hash.bytes, uses: uses)
        }
    }
}
