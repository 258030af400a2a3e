internal import FieldsealHTTP
internal import FieldsealServiceRuntime

// Providers that are reached over HTTPS. Credentials come from where their users have them; a section names them.

extension ConfigurationSection {
    /// How a provider is reached: `ca` (PEM; default: the system's authorities), `proxy` (host:port), and
    /// `client-certificate` with `client-key` where it asks for one.
    private func clientConfiguration() throws(ConfigurationError) -> HTTPClientConfiguration {
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

    func text(_ name: String) throws(ConfigurationError) -> String? { try value(name)?.text }

    /// Makes what calls a provider; nothing is called yet.
    /// - Throws: what the maker finds wrong with the configuration, as an error of the section's `provider`.
    func connected<Value>(
        limits: HTTPCaller.Limits = HTTPCaller.Limits(), _ make: (ProviderNetwork) throws -> Value
    ) throws(ConfigurationError) -> Value {
        let configuration = try clientConfiguration()
        do {
            return try make(try ProviderNetwork(configuration, limits: limits))
        } catch {
            throw try required("provider").error((error as? MasterKeyError)?.description ?? "cannot be set up")
        }
    }
}
