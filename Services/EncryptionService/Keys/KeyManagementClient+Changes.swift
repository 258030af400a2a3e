import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport

extension KeyManagementClient {
    func changes(after position: UInt64, replica: [UInt8]) -> AsyncThrowingStream<Proto.KeyChanges, any Error> {
        let messages = client.serverStreaming(
            service: Self.service, method: "WatchKeys",
            payload: Proto.WatchKeysRequest(position: position, replica: replica).encoded())
        return AsyncThrowingStream { () async throws -> Proto.KeyChanges? in
            var iterator = messages.makeAsyncIterator()
            guard let payload = try await iterator.next() else { return nil }
            return try Proto.KeyChanges(decoding: payload, limit: Self.answerLimit)
        }
    }

    func acknowledge(_ position: UInt64, replica: [UInt8]) async throws(ItemFailure) {
        let request = Proto.AcknowledgeKeysRequest(replica: replica, position: position)
        let _: Proto.AcknowledgeKeysResponse = try await call("AcknowledgeKeys", request)
    }
}
