public import FieldsealMessages

extension AuditTrail {
    /// The epoch of this run: 16 bytes.
    public var epoch: [UInt8] { spool.epoch.bytes }

    /// The sequence of its last durable block.
    public var lastSequence: UInt64 { spool.index.lastSequence }

    /// What this run says of its epoch to be given keys: how far it is durable, and how often versions of keys were used, of
    /// those that are asked about, in this order, as many as a statement holds. Nil once the epoch has ended.
    public func statement(of versions: [UInt64] = []) -> Proto.EpochStatement? {
        spool.ledger.statement(of: versions)
    }
}
