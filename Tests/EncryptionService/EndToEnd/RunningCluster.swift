import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

@testable import EncryptionService
@testable import FieldsealServiceRuntime

/// The service as its executable assembles it, from a configuration file, on TLS; key management and audit service are
/// the test's.
struct RunningCluster: Sendable {
    static let domain = "spiffe://test.local"

    let source: TestKeySource
    let sink: TestSink
    let folder: String
    let port: Int
    let reload: ReloadActions

    static func run(
        ttl: UInt32 = 300, _ body: @escaping @Sendable (RunningCluster) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fieldseal-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try makeCertificates(in: folder)
        let (source, sink) = (TestKeySource(ttl: ttl), TestSink())
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let keys = try RPCServer(
            host: "127.0.0.1", port: 0, tls: settings(folder, "keys"),
            services: TestKeysServer(source: source, sink: sink).services, authorizer: Everybody(), observer: Nobody(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        try await running([keys], logger) {
            let keysPort = try await keys.boundAddress().port ?? 0
            let context = try context(folder, keysPort: keysPort, logger)
            let configuration = try Configuration(
                ConfigurationSection(file: "\(folder)/encryption.yaml", environment: [:]))
            let services = try await Application.services(context, settings: configuration)
            guard let server = services.compactMap({ $0 as? RPCServer }).first else { return }
            try await running(services, logger) {
                let port = try await server.boundAddress().port ?? 0
                try await body(
                    RunningCluster(source: source, sink: sink, folder: folder, port: port, reload: context.reload))
            }
        }
    }

    /// A client with the certificate of that name, which must be shut down.
    func client(_ name: String = "backend") throws -> RPCClient {
        try RPCClient(
            targets: [RPCTarget(host: "127.0.0.1", port: port, identity: "\(Self.domain)/encryption")],
            tls: Self.settings(folder, name), eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    static func settings(_ folder: String, _ name: String) -> TLSSettings {
        TLSSettings(
            certificateChain: "\(folder)/\(name).pem", privateKey: "\(folder)/\(name).key",
            trustRoots: "\(folder)/ca.pem")
    }

    private static func running(
        _ services: [any Service], _ logger: Logger, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let group = ServiceGroup(services: services, logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            do { try await body() } catch {
                tasks.cancelAll()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private static func context(_ folder: String, keysPort: Int, _ logger: Logger) throws -> ServerContext {
        let peer = "{addresses: [\"127.0.0.1:\(keysPort)\"], identity: \(domain)/keys}"
        let file = "\(folder)/encryption.yaml"
        try """
        listen: 127.0.0.1:0
        identity: \(domain)/encryption
        tls: {certificate: encryption.pem, key: encryption.key, ca: ca.pem}
        policy: policy.yaml
        keys: \(peer)
        audit: {spool: spool, service: \(peer)}
        """.write(toFile: file, atomically: true, encoding: .utf8)
        try """
        version: 1
        rules:
          - identity: \(domain)/backend
            operations: [encrypt, decrypt, rewrap, derive-field-key, rotate-key]
            fields: ["users.*"]
          - identity: \(domain)/reader
            operations: [decrypt]
            fields: ["users.*"]
        """.write(toFile: "\(folder)/policy.yaml", atomically: true, encoding: .utf8)
        let configuration = try ServerConfiguration(ConfigurationSection(file: file, environment: [:]))
        return ServerContext(
            configuration: configuration, policy: try PolicyStore(path: configuration.policy),
            eventLoopGroup: .singleton,
            logger: logger, reload: ReloadActions(logger: logger))
    }

    private static func makeCertificates(in folder: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appending(path: "compose/certificates")
        process.arguments =
            [folder] + ["encryption", "keys", "backend", "reader", "stranger"].map { "\($0)=\(domain)/\($0)" }
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw RPCStatus.internal("compose/certificates failed") }
    }
}

private struct Everybody: RPCAuthorizer {
    final class OnLoop: LoopAuthorizer {
        func authorize(call: borrowing ServerCall) -> RPCStatus? { nil }
    }

    func makeLoopAuthorizer(on loop: any EventLoop) -> any LoopAuthorizer { OnLoop() }
}

private struct Nobody: RPCServerObserver {
    func connectionRefused(_ refusal: RefusedConnection) {}
    func unknownMethod(peer: RPCPeer, requestID: CallIdentifier, traceID: CallIdentifier) {}
}
