import FieldsealMessages

/// What processes have said of their epochs of the audit log when they asked for keys.
struct WitnessedEpochs: Sendable {
    /// Beyond them the one that was heard of longest ago is forgotten.
    static let maximum = 4_096

    private struct Epoch {
        let producer: String
        var sequence: UInt64
        var hash: [UInt8]
        var heard: UInt64
    }

    private var epochs: [[UInt8]: Epoch] = [:]
    private var heard: UInt64 = 0

    /// Takes a statement, and answers whether it goes beyond what was said before. Statements of one process may come out of
    /// their order.
    /// - Throws: `epochContradicted` where another producer has the epoch, or the newest block another hash.
    mutating func note(_ statement: Proto.EpochStatement, of producer: String) throws(KeyServiceError) -> Bool {
        heard += 1
        if let known = epochs[statement.epoch] {
            guard known.producer == producer, statement.sequence != known.sequence || statement.hash == known.hash
            else {
                throw .epochContradicted
            }
            epochs[statement.epoch]?.heard = heard
            guard statement.sequence > known.sequence else { return false }
        } else if epochs.count >= Self.maximum, let oldest = epochs.min(by: { $0.value.heard < $1.value.heard }) {
            epochs[oldest.key] = nil
        }
        epochs[statement.epoch] = Epoch(
            producer: producer, sequence: statement.sequence, hash: statement.hash, heard: heard)
        return true
    }
}
