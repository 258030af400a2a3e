public struct VaultConfiguration: Sendable, Equatable {
    public enum Login: Sendable, Equatable {
        /// A token in a file (a Vault Agent's sink, e.g.); nil: in `VAULT_TOKEN`.
        case token(file: String?)
        /// `auth/MOUNT/login` with a role id and a secret id in a file.
        case appRole(mount: String = "approle", roleID: String, secretIDFile: String)
        /// `auth/MOUNT/login` with the pod's service account.
        case kubernetes(
            mount: String = "kubernetes", role: String,
            tokenFile: String = "/var/run/secrets/kubernetes.io/serviceaccount/token")
    }

    /// `https://HOST:8200`.
    public var address: String
    /// Where the Transit engine is mounted.
    public var mount: String
    /// A key of type `aes256-gcm96` (the default) or `chacha20-poly1305`, not derived: only these take associated data. Of a
    /// key that signs, see ``VaultTransitSigningKey``.
    public var key: String
    /// Of Vault Enterprise, HCP and OpenBao.
    public var namespace: String?
    public var login: Login

    public init(address: String, mount: String = "transit", key: String, namespace: String? = nil, login: Login) {
        self.address = address
        self.mount = mount
        self.key = key
        self.namespace = namespace
        self.login = login
    }
}
