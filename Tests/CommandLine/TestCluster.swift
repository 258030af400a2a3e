import FieldsealClient
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import Foundation
import Synchronization

@testable import CommandLineTool

/// Runs command lines against services made of closures, and keeps what was printed.
final class TestCluster: CallTransport {
    typealias Answer = @Sendable (_ method: String, _ payload: [UInt8]) throws -> any ProtoMessage

    private let answer: Answer
    private let isConfigured: Bool
    private let streams: [String: [any ProtoMessage]]

    private final class Printed: Sendable {
        let streams = Mutex((output: "", errors: ""))
    }

    /// - Parameters:
    ///   - isConfigured: false: the client knows of no service.
    ///   - streams: what a streaming method answers in several messages.
    init(
        isConfigured: Bool = true, streams: [String: [any ProtoMessage]] = [:],
        _ answer: @escaping Answer = { _, _ in throw RPCStatus.unavailable("no connection") }
    ) {
        self.isConfigured = isConfigured
        self.streams = streams
        self.answer = answer
    }

    /// Status, standard output, standard error.
    func run(_ arguments: String..., input: String = "", isTerminal: Bool = false) async -> (
        ProgramStatus, String, String
    ) {
        await run(arguments, input: input, isTerminal: isTerminal)
    }

    /// As `run`, with a configuration that names all three services.
    func runConfigured(_ arguments: String..., input: String = "", isTerminal: Bool = false) async throws -> (
        ProgramStatus, String, String
    ) {
        try await runConfigured(arguments, input: input, isTerminal: isTerminal)
    }

    func runConfigured(_ arguments: [String], input: String = "", isTerminal: Bool = false) async throws -> (
        ProgramStatus, String, String
    ) {
        let file = try TemporaryFile(
            """
            tls: {certificate: a, key: b, ca: c}
            encryption: {addresses: ["127.0.0.1:7401"], identity: spiffe://x/encryption}
            keys: {addresses: ["127.0.0.1:7402"], identity: spiffe://x/keys}
            audit: {addresses: ["127.0.0.1:7403"], identity: spiffe://x/audit}
            """)
        return await run(arguments + ["--config", file.path], input: input, isTerminal: isTerminal)
    }

    private func run(_ arguments: [String], input: String, isTerminal: Bool) async -> (ProgramStatus, String, String) {
        let printed = Printed()
        let console = Console(
            output: { text in printed.streams.withLock { $0.output += text } },
            errors: { text in printed.streams.withLock { $0.errors += text } },
            input: { limit in input.utf8.count <= limit ? Array(input.utf8) : nil },
            secret: { _ in Array(input.utf8) }, isTerminal: isTerminal, isInputTerminal: isTerminal,
            now: { 1_800_000_000_000_000 },
            connect: { _ in
                let transport = self.isConfigured ? self : nil
                return FieldsealClient(encryption: transport, keys: transport, audit: transport)
            },
            identity: { _ in "spiffe://x/operator" })
        let status = await Console.$current.withValue(console) { await Program.run(arguments) }
        return printed.streams.withLock { (status, $0.output, $0.errors) }
    }

    func unary(
        service: String, method: String, payload: [UInt8], timeout: Duration, metadata: RPCMetadata
    ) async throws(RPCStatus) -> [UInt8] {
        do {
            return try answer(method, payload).encoded()
        } catch {
            throw error as? RPCStatus ?? .internal("the test's answer threw")
        }
    }

    func serverStreaming(
        service: String, method: String, payload: [UInt8], timeout: Duration?, metadata: RPCMetadata,
        bufferedMessages: Int
    ) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { continuation in
            do {
                for message in try streams[method] ?? [answer(method, payload)] {
                    continuation.yield(message.encoded())
                }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
    }

    func shutdown() async {}
}

/// A file that goes with its owner.
final class TemporaryFile: Sendable {
    let path: String

    init(_ text: String) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).yaml").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
