import FieldsealCustody
import FieldsealHTTP
import FieldsealServiceRuntime

// Providers that are reached over HTTPS. Credentials come from where their users have them; a section names them.

extension ConfigurationSection {
    /// How a provider is reached: `ca` (PEM; default: the system's authorities), `proxy` (host:port), and
    /// `client-certificate` with `client-key` where it asks for one.
    fileprivate func network() throws(ConfigurationError) -> HTTPClientConfiguration {
        var configuration = HTTPClientConfiguration(authoritiesFile: try pathIfPresent(of: "ca"))
        if let proxy = try value("proxy") {
            let endpoint = try proxy.endpoint()
            configuration.proxy = .init(host: endpoint.host, port: Int(endpoint.port))
        }
        if has("client-certificate") || has("client-key") {
            configuration.certificate = .init(
                chainFile: try path(of: "client-certificate"), keyFile: try path(of: "client-key"))
        }
        return configuration
    }

    fileprivate func text(_ name: String) throws(ConfigurationError) -> String? { try value(name)?.text }

    /// Names the section in what a provider finds wrong with its configuration.
    fileprivate func provider<Provider>(_ make: (ProviderNetwork) throws -> Provider) throws(ConfigurationError)
        -> Provider
    {
        let network = try network()
        do {
            return try make(try ProviderNetwork(network))
        } catch {
            throw try required("provider").error((error as? MasterKeyError)?.description ?? "cannot be set up")
        }
    }
}

extension AWSKMSProvider {
    /// `key`; `region`, `endpoint`, `token-endpoint` and `profile` where they are not to be found out.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let configuration = AWSKMSConfiguration(
            key: try section.string("key"), region: try section.text("region"), endpoint: try section.text("endpoint"),
            tokenEndpoint: try section.text("token-endpoint"), profile: try section.text("profile"))
        self = try section.provider { try AWSKMSProvider(configuration, network: $0) }
    }
}

extension VaultTransitProvider {
    private enum Login: String, CaseIterable {
        case token
        case appRole = "approle"
        case kubernetes
    }

    /// `address`, `key`; `mount` (`transit`), `namespace`; `login` (`token`, `approle`, `kubernetes`) with `token-file`,
    /// `role-id` and `secret-id-file`, or `role`; `login-mount` where a method is not mounted by its own name.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let login: VaultConfiguration.Login
        let mount = try section.text("login-mount")
        switch try section.choice("login", default: Login.token) {
        case .token: login = .token(file: try section.pathIfPresent(of: "token-file"))
        case .appRole:
            login = .appRole(
                mount: mount ?? "approle", roleID: try section.string("role-id"),
                secretIDFile: try section.path(of: "secret-id-file"))
        case .kubernetes:
            let role = try section.string("role")
            if let file = try section.pathIfPresent(of: "token-file") {
                login = .kubernetes(mount: mount ?? "kubernetes", role: role, tokenFile: file)
            } else {
                login = .kubernetes(mount: mount ?? "kubernetes", role: role)
            }
        }
        let configuration = VaultConfiguration(
            address: try section.string("address"), mount: try section.text("mount") ?? "transit",
            key: try section.string("key"), namespace: try section.text("namespace"), login: login)
        self = try section.provider { try VaultTransitProvider(configuration, network: $0) }
    }
}

extension AzureKeyVaultProvider {
    private enum Credential: String, CaseIterable {
        case managedIdentity = "managed-identity"
        case clientSecret = "client-secret"
        case workloadIdentity = "workload-identity"
    }

    /// `vault`, `key`; `key-version`, `algorithm` (`RSA-OAEP-256`, `A256KW`), `authority`, `resource`; `credential`
    /// (`managed-identity`, `client-secret`, `workload-identity`) with `tenant`, `client`, `client-secret-file` or
    /// `token-file`.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
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
        let configuration = AzureKeyVaultConfiguration(
            vault: try section.string("vault"), key: try section.string("key"),
            version: try section.text("key-version"),
            algorithm: try section.choice("algorithm", default: .rsaOAEP256), credential: credential,
            authority: try section.text("authority"), resource: try section.text("resource"))
        self = try section.provider { try AzureKeyVaultProvider(configuration, network: $0) }
    }
}

extension GoogleKMSProvider {
    private enum Credential: String, CaseIterable {
        case standard
        case serviceAccount = "service-account"
        case metadataServer = "metadata-server"
    }

    /// `key`; `endpoint`; `credential` (`standard`, `service-account`, `metadata-server`) with `service-account-file`.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let credential: GoogleCredential
        switch try section.choice("credential", default: Credential.standard) {
        case .standard: credential = .standard
        case .serviceAccount: credential = .serviceAccount(file: try section.path(of: "service-account-file"))
        case .metadataServer: credential = .metadataServer
        }
        let configuration = GoogleKMSConfiguration(
            key: try section.string("key"), credential: credential, endpoint: try section.text("endpoint"))
        self = try section.provider { try GoogleKMSProvider(configuration, network: $0) }
    }
}
