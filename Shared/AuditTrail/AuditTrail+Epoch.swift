extension AuditTrail {
    /// The epoch of this run: 16 bytes.
    public var epoch: [UInt8] { spool.epoch.bytes }

    /// The sequence of its last durable block.
    public var lastSequence: UInt64 { spool.index.lastSequence }
}
