public import FieldsealRPC
internal import NIOCore
internal import Synchronization

/// The reply of a call whose handler returned `.later`. Completed once, from any thread; what comes after the first
/// completion, the deadline or the end of the connection is ignored. Released without a completion it answers `INTERNAL`.
public final class DeferredReply: Sendable {
    private let connection: NIOLoopBound<ServerConnection>
    private let stream: UInt32
    private let completed = Atomic(false)

    init(connection: ServerConnection, stream: UInt32) {
        self.connection = NIOLoopBound(connection, eventLoop: connection.eventLoop)
        self.stream = stream
    }

    deinit { fail(.internal("call abandoned")) }

    /// Answers with a payload.
    public func succeed(_ payload: [UInt8]) {
        reply { writer in
            do throws(RPCStatus) {
                try writer.write(payload)
                return nil
            } catch {
                return error
            }
        }
    }

    /// Answers with a status.
    public func fail(_ status: RPCStatus) {
        reply { _ in status }
    }

    /// Answers on the event loop with what `body` writes, or with the status that it returns.
    ///
    /// `body` is not called where the call has ended already. What it records is held by the loop's `ReplyGate`.
    public func reply(_ body: @escaping @Sendable (inout ReplyWriter) -> RPCStatus?) {
        guard !completed.exchange(true, ordering: .relaxed) else { return }
        let (connection, stream) = (connection, stream)
        if connection.eventLoop.inEventLoop {
            connection.value.completeDeferred(stream, body)
        } else {
            connection.eventLoop.execute { connection.value.completeDeferred(stream, body) }
        }
    }

    /// Has `action` called, on the event loop, when the call ends without having been answered: its deadline passed,
    /// the peer went or broke the protocol. Called at once where that has happened. One action a call; on the loop alone.
    public func onCancel(_ action: @escaping () -> Void) {
        connection.value.onCancel(stream, action)
    }
}
