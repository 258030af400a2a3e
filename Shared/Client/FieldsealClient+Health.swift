public import FieldsealMessages

extension FieldsealClient {
    public typealias SpoolStatus = Proto.SpoolStatusResponse
    public typealias ServingStatus = Proto.HealthCheckResponse.ServingStatus

    /// The three services of a cluster.
    public enum ServiceName: String, Sendable, CaseIterable {
        case encryption, keys, audit
    }

    /// Asks one service whether it serves. Everybody with a certificate may ask; nothing is recorded.
    public func health(
        of service: ServiceName, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> ServingStatus {
        let response: Proto.HealthCheckResponse = try await channel(of: service, "grpc.health.v1.Health")
            .call("Check", Proto.HealthCheckRequest(), options: options)
        return response.status
    }

    /// What waits in the event spool of one service's server. Needs the right `status`; nothing is recorded.
    public func spool(
        of service: ServiceName, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> SpoolStatus {
        try await channel(of: service, "fieldseal.v1.Spool")
            .call("Status", Proto.SpoolStatusRequest(), options: options)
    }

    /// A service that every server offers, where this one is.
    private func channel(of service: ServiceName, _ name: String) -> ServiceChannel {
        let channel =
            switch service {
            case .encryption: encryption
            case .keys: keys.channel
            case .audit: audit.channel
            }
        return ServiceChannel(
            service: name, transport: channel.transport, section: channel.section, patience: channel.patience,
            clock: channel.clock)
    }
}
