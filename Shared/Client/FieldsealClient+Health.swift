public import FieldsealMessages

extension FieldsealClient {
    public typealias ServingStatus = Proto.HealthCheckResponse.ServingStatus

    /// The three services of a cluster.
    public enum ServiceName: String, Sendable, CaseIterable {
        case encryption, keys, audit
    }

    /// Asks one service whether it serves. Everybody with a certificate may ask; nothing is recorded.
    public func health(
        of service: ServiceName, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> ServingStatus {
        let channel =
            switch service {
            case .encryption: encryption
            case .keys: keys.channel
            case .audit: audit.channel
            }
        let health = ServiceChannel(
            service: "grpc.health.v1.Health", transport: channel.transport, section: channel.section)
        let response: Proto.HealthCheckResponse =
            try await health.call("Check", Proto.HealthCheckRequest(), options: options)
        return response.status
    }
}
