import FieldsealClient
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import Synchronization

/// Answers calls by a closure and keeps what was asked.
final class RecordingTransport: CallTransport {
    struct Call: Sendable {
        var service: String
        var method: String
        var payload: [UInt8]
        var metadata: RPCMetadata
    }

    private let answer: @Sendable (Call) throws(RPCStatus) -> [[UInt8]]
    private let recorded = Mutex<[Call]>([])

    var calls: [Call] { recorded.withLock { $0 } }

    init(_ answer: @escaping @Sendable (Call) throws(RPCStatus) -> [[UInt8]]) {
        self.answer = answer
    }

    func unary(
        service: String, method: String, payload: [UInt8], timeout: Duration, metadata: RPCMetadata
    ) async throws(RPCStatus) -> [UInt8] {
        let call = Call(service: service, method: method, payload: payload, metadata: metadata)
        recorded.withLock { $0.append(call) }
        return try answer(call).first ?? []
    }

    func serverStreaming(
        service: String, method: String, payload: [UInt8], timeout: Duration?, metadata: RPCMetadata,
        bufferedMessages: Int
    ) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { continuation in
            do {
                let call = Call(service: service, method: method, payload: payload, metadata: metadata)
                for message in try answer(call) { continuation.yield(message) }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
    }

    func shutdown() async {}
}
