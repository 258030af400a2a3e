/// Holds an event loop's replies until what they record is durable. One object an event loop, used on it alone.
public protocol ReplyGate: AnyObject {
    /// Something was recorded since the last commit.
    var hasPending: Bool { get }

    /// Asks that all recorded so far be made durable. Called at the end of a burst of reads.
    ///
    /// `released` is called once, on the loop, in the order of the commits: with true the replies leave, with false the
    /// connections are closed instead of answered.
    func commit(_ released: @escaping @Sendable (Bool) -> Void)
}
