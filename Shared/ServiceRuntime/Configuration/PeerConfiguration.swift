/// Where another service is, and who it must be.
public struct PeerConfiguration: Hashable, Sendable {
    public let addresses: [Endpoint]
    /// The one identity expected at these addresses.
    public let identity: String

    public init(addresses: [Endpoint], identity: String) {
        self.addresses = addresses
        self.identity = identity
    }

    /// Reads `addresses` and `identity`.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        var addresses: [Endpoint] = []
        for value in try section.values("addresses") { addresses.append(try value.endpoint()) }
        guard !addresses.isEmpty else { throw section.missing("addresses") }
        self.init(addresses: addresses, identity: try section.required("identity").identity())
    }
}
