/// How far a recorded event has come.
public enum EventState: Comparable, Sendable {
    /// Durable in the local spool.
    case spooled
    /// Durable in the log, at a place of its own.
    case sequenced
    /// Proven to stand in a checkpoint that the log has signed and a quorum of its witnesses has cosigned.
    case published
}
