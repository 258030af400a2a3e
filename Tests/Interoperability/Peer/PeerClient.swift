import FieldsealRPC
import FieldsealRPCTransport
import Logging
import NIOPosix

extension Peer {
    /// Calls the Go server and checks its answers.
    static func call(port: Int, _ tls: TLSSettings) async throws {
        let client = try RPCClient(
            targets: [RPCTarget(host: "127.0.0.1", port: port, identity: server)], tls: tls,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "peer", factory: { StreamLogHandler.standardError(label: $0) }))
        try await withThrowingTaskGroup { group in
            for number in 0..<200 {
                group.addTask {
                    let text = StringValue.encode("call \(number)")
                    try expect(try await client.peer("Echo", text) == text, "Echo answers what it was sent")
                }
            }
            try await group.waitForAll()
        }
        try expect(try await client.peer("Empty", []) == [], "an empty message comes back empty")
        try await expect("Fail", RPCStatus(.notFound, "nothing here"), client)
        try await expect("Nothing", code: .unimplemented, client)
        try await expect("Wait", code: .deadlineExceeded, client, timeout: .milliseconds(300))
        let described = StringValue.decode(
            try await client.peer(
                "Describe", [], metadata: RPCMetadata(requestID: CallIdentifier(high: 0xa, low: 0xb))))
        try expect(
            described == "000000000000000a000000000000000b true", "metadata and deadline arrive, not \(described)")
        await client.shutdown()
        print("swift client, go server: ok")
    }

    private static func expect(_ holds: Bool, _ what: String) throws {
        guard holds else { throw Mismatch("expected: \(what)") }
    }

    private static func expect(_ method: String, _ status: RPCStatus, _ client: RPCClient) async throws {
        let failure = await client.failure(method, .seconds(20))
        try expect(failure == status, "\(method) fails with \(status), not \(String(describing: failure))")
    }

    private static func expect(
        _ method: String, code: RPCCode, _ client: RPCClient, timeout: Duration = .seconds(20)
    ) async throws {
        let failure = await client.failure(method, timeout)
        try expect(failure?.code == code, "\(method) fails with \(code.name), not \(String(describing: failure))")
    }
}

extension RPCClient {
    fileprivate func peer(
        _ method: String, _ payload: [UInt8], timeout: Duration = .seconds(20), metadata: RPCMetadata = RPCMetadata()
    ) async throws(RPCStatus) -> [UInt8] {
        try await unary(
            service: "interoperability.Peer", method: method, payload: payload, timeout: timeout, metadata: metadata)
    }

    fileprivate func failure(_ method: String, _ timeout: Duration) async -> RPCStatus? {
        do throws(RPCStatus) {
            _ = try await peer(method, [], timeout: timeout)
            return nil
        } catch {
            return error
        }
    }
}
