public import FieldsealServiceRuntime

extension AzureKeyVaultConfiguration {
    private enum Credential: String, CaseIterable {
        case managedIdentity = "managed-identity"
        case clientSecret = "client-secret"
        case workloadIdentity = "workload-identity"
    }

    /// `vault`, `key`; `key-version`, `algorithm` (`RSA-OAEP-256`, `A256KW`), `authority`, `resource`; `credential`
    /// (`managed-identity`, `client-secret`, `workload-identity`) with `tenant`, `client`, `client-secret-file` or
    /// `token-file`.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let credential: AzureCredential
        switch try section.choice("credential", default: Credential.managedIdentity) {
        case .managedIdentity: credential = .managedIdentity(client: try section.text("client"))
        case .clientSecret:
            credential = .clientSecret(
                tenant: try section.string("tenant"), client: try section.string("client"),
                secretFile: try section.path(of: "client-secret-file"))
        case .workloadIdentity:
            credential = .workloadIdentity(
                tenant: try section.text("tenant"), client: try section.text("client"),
                tokenFile: try section.pathIfPresent(of: "token-file"))
        }
        self.init(
            vault: try section.string("vault"), key: try section.string("key"),
            version: try section.text("key-version"),
            algorithm: try section.choice("algorithm", default: .rsaOAEP256), credential: credential,
            authority: try section.text("authority"), resource: try section.text("resource"))
    }
}

extension AzureKeyVaultProvider {
    /// The keys of ``AzureKeyVaultConfiguration``, and those of every provider in the cloud.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let configuration = try AzureKeyVaultConfiguration(section)
        self = try section.connected { try AzureKeyVaultProvider(configuration, network: $0) }
    }
}
