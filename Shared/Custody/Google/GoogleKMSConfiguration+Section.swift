public import FieldsealServiceRuntime

extension GoogleKMSConfiguration {
    private enum Credential: String, CaseIterable {
        case standard
        case serviceAccount = "service-account"
        case metadataServer = "metadata-server"
    }

    /// `key`; `endpoint`; `credential` (`standard`, `service-account`, `metadata-server`) with `service-account-file`.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let credential: GoogleCredential
        switch try section.choice("credential", default: Credential.standard) {
        case .standard: credential = .standard
        case .serviceAccount: credential = .serviceAccount(file: try section.path(of: "service-account-file"))
        case .metadataServer: credential = .metadataServer
        }
        self.init(key: try section.string("key"), credential: credential, endpoint: try section.text("endpoint"))
    }
}

extension GoogleKMSProvider {
    /// The keys of ``GoogleKMSConfiguration``, and those of every provider in the cloud.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let configuration = try GoogleKMSConfiguration(section)
        self = try section.connected { try GoogleKMSProvider(configuration, network: $0) }
    }
}
