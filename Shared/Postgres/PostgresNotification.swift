internal import Logging

/// What a listener hears.
public enum PostgresNotification: Hashable, Sendable {
    /// It listens from now on, for the first time or after the connection broke: look at the tables, since what was
    /// notified before went unheard.
    case listening
    case notified(channel: String, payload: String)
}

extension PostgresPool {
    /// Listens to channels on a connection beside the pool's, made anew when it breaks. The newest 1,024 notifications are
    /// kept for a slow reader: a notification wakes, the tables tell. Ends when the stream is dropped or its task is
    /// cancelled.
    public func notifications(on channels: [String]) -> AsyncStream<PostgresNotification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: PostgresNotification.self, bufferingPolicy: .bufferingNewest(1024))
        let listener = Listener(
            configuration: configuration, channels: channels, continuation: continuation, logger: logger)
        continuation.onTermination = { _ in listener.stop() }
        listener.start()
        return stream
    }
}
