internal import FieldsealHTTP
internal import FieldsealServiceRuntime

/// A destination of kind `webhook`.
struct WebhookSettings: Sendable {
    let url: String
    let secrets: [WebhookSecret]
    /// PEM; nil: the system's certificate authorities.
    let authorities: String?

    /// Reads `url`, `secret-file`, `next-secret-file` and `ca`.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let url = try section.required("url")
        guard Self.isAcceptable(url.text) else {
            throw url.error("an https URL is wanted; http is for this machine only")
        }
        self.url = url.text
        secrets = [try section.path(of: "secret-file"), try section.pathIfPresent(of: "next-secret-file")]
            .compactMap(\.self).map { WebhookSecret(path: $0) }
        authorities = try section.pathIfPresent(of: "ca")
    }

    /// - Throws: a configuration error that names the file of certificates that cannot be used.
    func makeCaller() throws(StartupError) -> HTTPCaller {
        do {
            return try HTTPCaller(
                HTTPClientConfiguration(authoritiesFile: authorities, allowsPlaintext: url.hasPrefix("http://")))
        } catch {
            throw .configuration(error.description)
        }
    }

    /// `https`, or `http` to a loopback address; without user information, which would be a second name of the host.
    static func isAcceptable(_ url: String) -> Bool {
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x5C }), url.utf8.count <= 2_000,
            let scheme = ["https://", "http://"].first(where: { url.hasPrefix($0) })
        else { return false }
        let authority = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        guard !authority.isEmpty, !authority.contains("@") else { return false }
        guard scheme == "http://" else { return true }
        return ["127.0.0.1", "[::1]", "localhost"].contains { host in
            authority.hasPrefix(host) && (authority.count == host.count || authority.dropFirst(host.count).first == ":")
        }
    }
}
