public import FieldsealServiceRuntime

extension VaultConfiguration {
    private enum Method: String, CaseIterable {
        case token
        case appRole = "approle"
        case kubernetes
    }

    /// `address`, `key`; `mount` (`transit`), `namespace`; `login` (`token`, `approle`, `kubernetes`) with `token-file`,
    /// `role-id` and `secret-id-file`, or `role`; `login-mount` where a method is not mounted by its own name.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let login: Login
        let mount = try section.text("login-mount")
        switch try section.choice("login", default: Method.token) {
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
        self.init(
            address: try section.string("address"), mount: try section.text("mount") ?? "transit",
            key: try section.string("key"), namespace: try section.text("namespace"), login: login)
    }
}

extension VaultTransitProvider {
    /// The keys of ``VaultConfiguration``, and those of every provider in the cloud.
    public init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let configuration = try VaultConfiguration(section)
        self = try section.connected { try VaultTransitProvider(configuration, network: $0) }
    }
}
