public import FieldsealServiceRuntime

extension AWSKMSConfiguration {
    /// `key`; `region`, `endpoint`, `token-endpoint` and `profile` where they are not to be found out.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        self.init(
            key: try section.string("key"), region: try section.text("region"), endpoint: try section.text("endpoint"),
            tokenEndpoint: try section.text("token-endpoint"), profile: try section.text("profile"))
    }
}

extension AWSKMSProvider {
    /// The keys of ``AWSKMSConfiguration``, and those of every provider in the cloud.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let configuration = try AWSKMSConfiguration(section)
        self = try section.connected { try AWSKMSProvider(configuration, network: $0) }
    }
}
