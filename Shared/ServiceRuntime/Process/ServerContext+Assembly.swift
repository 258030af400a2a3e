public import FieldsealAuditTrail
internal import FieldsealRPC
public import FieldsealRPCTransport

extension ServerContext {
    /// The server's own side of TLS, the deny list included, read now.
    ///
    /// - Throws: where the deny list is refused, or the certificate is not that of the configured identity.
    public func tlsSettings() throws -> TLSSettings {
        let settings = try configuration.tls.settings()
        let identity = try settings.identity()
        guard identity.utf8.elementsEqual(configuration.identity.utf8) else {
            throw ConfigurationError(
                origin: configuration.tls.certificate,
                problem: "is the certificate of \(identity), not of the configured \(configuration.identity)")
        }
        return settings
    }

    /// Opens the audit trail in the configured spool. `prover` shows where blocks stand in the log.
    public func makeTrail(sink: any BlockSink, prover: (any BlockProver)? = nil) throws -> AuditTrail {
        var trail = AuditTrailConfiguration(producer: configuration.identity, directory: configuration.audit.spool)
        trail.mode = configuration.audit.mode == .strict ? .strict : .relaxed
        trail.maximumBytes = configuration.audit.maxBytes
        trail.maximumAge = .seconds(configuration.audit.maxAgeHours * 3_600)
        trail.log = configuration.audit.log
        return try AuditTrail(configuration: trail, sink: sink, prover: prover, logger: logger)
    }

    /// The server of these services and of its spool's: authorized by the policy, replies held until their record is
    /// durable, refusals recorded. SIGHUP reloads its policy and certificates, and both are recorded.
    public func makeServer(_ services: [any RPCService], trail: AuditTrail) throws -> RPCServer {
        let authorizer = PolicyAuthorizer(policy: policy) { trail.recorder(on: $0) }
        let server = try RPCServer(
            host: configuration.listen.host, port: configuration.listen.port, tls: try tlsSettings(),
            services: services + [SpoolStatus.service(trail)], authorizer: authorizer, gate: { trail.recorder(on: $0) },
            observer: RefusalObserver(trail: trail), eventLoopGroup: eventLoopGroup, logger: logger)
        addReload("policy", trail) { try policy.reload() }
        addReload("certificates", trail) { try server.reload(tls: try tlsSettings()) }
        return server
    }

    /// A client of another service, under the server's own certificate; SIGHUP reloads it.
    public func makeClient(of peer: PeerConfiguration) throws -> RPCClient {
        let client = try RPCClient(
            targets: peer.addresses.map { RPCTarget(host: $0.host, port: $0.port, identity: peer.identity) },
            tls: try tlsSettings(), eventLoopGroup: eventLoopGroup, logger: logger)
        reload.add("certificates towards \(peer.identity)") { try client.reload(tls: try tlsSettings()) }
        return client
    }

    private func addReload(_ part: String, _ trail: AuditTrail, _ action: @escaping @Sendable () throws -> Void) {
        let actor = AuditActor(identity: configuration.identity)
        reload.add(part) {
            var event = AuditEvent(actor: actor, operation: .policyReload)
            event.object = part
            do {
                try action()
            } catch {
                event.outcome = RPCCode.failedPrecondition.rawValue
                event.cause = "refused"
                try await trail.record(event)
                throw error
            }
            try await trail.record(event)
        }
    }
}

extension TLSConfiguration {
    func settings() throws(ConfigurationError) -> TLSSettings {
        TLSSettings(
            certificateChain: certificate, privateKey: key, trustRoots: ca,
            deniedIdentities: try denied.map { (path) throws(ConfigurationError) in
                try DenyList.identities(inFile: path)
            } ?? [])
    }
}
