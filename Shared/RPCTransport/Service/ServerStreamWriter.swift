public import FieldsealRPC
internal import NIOCore

/// Sends the messages of a server-streaming call.
public struct ServerStreamWriter: Sendable {
    let connection: NIOLoopBound<ServerConnection>
    let stream: UInt32

    /// Sends one message and waits while the peer does not read.
    ///
    /// - Throws: `RPCStatus`: `RESOURCE_EXHAUSTED` for a message over 4 MiB, `CANCELLED` where the call has ended.
    public func send(_ message: [UInt8]) async throws(RPCStatus) {
        let (connection, stream) = (connection, stream)
        let failure: RPCStatus? = await withCheckedContinuation { continuation in
            connection.eventLoop.execute {
                connection.value.sendMessage(message, on: stream) { continuation.resume(returning: $0) }
            }
        }
        if let failure { throw failure }
    }
}
