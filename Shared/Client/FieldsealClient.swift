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
/// `FieldsealError`; where a call has items, each item has a result of its own. Single values that are asked for at the same
/// time become batches by themselves. A service that cannot be reached at one of its addresses is looked for at the others;
/// how long an unreachable service, or an item that waits for one behind it, is tried again says the `patience` of the
/// configuration or of a call's options. What changes keys or catalog is never repeated once it was sent.
///
/// Cancelling a task gives up its call, and takes nothing from calls that were made together with it.
public final class FieldsealClient: Sendable {
    /// Catalog and keys, for operators.
    public let keys: KeysClient
    /// The audit log, for auditors.
    public let audit: AuditClient
    let encryption: ServiceChannel
    let single: SingleCalls

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
            audit: try transport(configuration.audit), calls: configuration.calls)
    }

    package init(
        encryption: (any CallTransport)?, keys: (any CallTransport)?, audit: (any CallTransport)?,
        calls: ClientConfiguration.Calls = ClientConfiguration.Calls(), clock: ClientClock = .system
    ) {
        func channel(_ service: String, _ transport: (any CallTransport)?, _ section: String) -> ServiceChannel {
            ServiceChannel(
                service: service, transport: transport, section: section, patience: calls.patience, clock: clock)
        }
        self.encryption = channel("fieldseal.v1.Encryption", encryption, "encryption")
        self.keys = KeysClient(channel("fieldseal.v1.Keys", keys, "keys"))
        self.audit = AuditClient(channel("fieldseal.v1.Audit", audit, "audit"))
        single = SingleCalls(self.encryption, calls)
    }

    /// Lets running calls finish and closes the connections.
    public func shutdown() async {
        await single.drain()
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
