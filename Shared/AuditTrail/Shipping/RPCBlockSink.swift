internal import FieldsealMessages
public import FieldsealRPCTransport

/// Sends blocks to the audit service by `fieldseal.v1.Audit/Append`.
public struct RPCBlockSink: BlockSink {
    private let client: RPCClient
    private let timeout: Duration

    /// `timeout` is that of one batch.
    public init(_ client: RPCClient, timeout: Duration = .seconds(20)) {
        self.client = client
        self.timeout = timeout
    }

    public func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64 {
        guard let epoch = blocks.first?.epoch else { return 0 }
        let request = Proto.AppendRequest(
            blocks: blocks.map { Proto.SignedBlock(block: $0.block, signature: $0.signature) })
        let response: Proto.AppendResponse = try await call("Append", request)
        guard response.epoch == epoch.bytes else { throw ForeignAcknowledgement() }
        return response.sequence
    }

    func call<Response: ProtoMessage>(_ method: String, _ request: some ProtoMessage) async throws -> Response {
        let reply = try await client.unary(
            service: "fieldseal.v1.Audit", method: method, payload: request.encoded(), timeout: timeout)
        return try Response(decoding: reply)
    }
}

/// The answer names another epoch than the blocks that were sent.
private struct ForeignAcknowledgement: Error, CustomStringConvertible {
    let description = "the audit service acknowledged another epoch"
}
