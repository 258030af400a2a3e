public import Logging
public import NIOCore
import FieldsealRPCTransport
public import NIOPosix

/// The client of a Fieldseal cluster.
///
///     let client = try FieldsealClient(configuration: .load())
///     let email = try await client.encryptField("users.email", "ada@example.org", recordID: RecordID(.integer(42)))
///     let text = try await client.decryptField("users.email", email, recordID: RecordID(.integer(42)))
///
/// Batches of any size are split below the frame limit and their results put together in order. A call that fails throws
/// `FieldsealError`; where a call has items, each item has a result of its own. Calls are not repeated by the client: after
/// `unavailable` that is up to the caller.
public final class FieldsealClient: Sendable {
    /// Catalog and keys, for operators.
    public let keys: KeysClient
    /// The audit log, for auditors.
    public let audit: AuditClient
    let encryption: ServiceChannel

    /// Connects lazily: the first call does.
    /// - Throws: where certificate or key cannot be loaded.
    public convenience init(
        configuration: ClientConfiguration, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger = Logger(label: "fieldseal.client", factory: { _ in SwiftLogNoOpLogHandler() })
    ) throws {
        let tls = configuration.tls
        func transport(_ service: ClientConfiguration.Service?) throws -> (any CallTransport)? {
            try service.map { service in
                try RPCClient(
                    targets: service.addresses.map {
                        RPCTarget(host: $0.host, port: $0.port, identity: service.identity)
                    },
                    tls: tls, eventLoopGroup: eventLoopGroup, logger: logger)
            }
        }
        self.init(
            encryption: try transport(configuration.encryption), keys: try transport(configuration.keys),
            audit: try transport(configuration.audit))
    }

    package init(encryption: (any CallTransport)?, keys: (any CallTransport)?, audit: (any CallTransport)?) {
        self.encryption = ServiceChannel(
            service: "fieldseal.v1.Encryption", transport: encryption, section: "encryption")
        self.keys = KeysClient(ServiceChannel(service: "fieldseal.v1.Keys", transport: keys, section: "keys"))
        self.audit = AuditClient(ServiceChannel(service: "fieldseal.v1.Audit", transport: audit, section: "audit"))
    }

    /// Lets running calls finish and closes the connections.
    public func shutdown() async {
        await encryption.transport?.shutdown()
        await keys.channel.transport?.shutdown()
        await audit.channel.transport?.shutdown()
    }
}

extension ClientConfiguration {
    fileprivate var tls: TLSSettings {
        TLSSettings(certificateChain: certificate, privateKey: key, trustRoots: ca)
    }

    /// The identity that the caller's certificate states.
    /// - Throws: where the certificate cannot be read or states none.
    public func identity() throws -> String { try tls.ownIdentity() }
}
