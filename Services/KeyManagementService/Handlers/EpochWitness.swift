import FieldsealAuditTrail
import FieldsealMessages
import Synchronization

/// Key management as a witness of what encryption services log: who wants a key says how far its epoch of the audit log is, and
/// that goes into key management's own epoch, which the audit service compares with what it has stored.
final class EpochWitness: Sendable {
    private let epochs = Mutex(WitnessedEpochs())

    /// Records what is new of a statement.
    /// - Throws: `noEpoch`, `malformed`, `epochContradicted`.
    func hear(_ statement: Proto.EpochStatement?, _ call: KeysCall) throws(KeyServiceError) {
        guard let statement else { throw .noEpoch }
        guard statement.isWellFormed else { throw .malformed }
        let isNew: Bool
        do throws(KeyServiceError) {
            isNew = try epochs.withLock { (epochs) throws(KeyServiceError) in
                try epochs.note(statement, of: call.context.actor.identity)
            }
        } catch {
            call.witnessed(statement, error)
            throw error
        }
        if isNew { call.witnessed(statement) }
    }
}
