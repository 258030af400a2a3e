internal import FieldsealSecureMemory
internal import FieldsealServiceRuntime
internal import NIOCore

/// A destination of kind `email`.
struct EmailSettings: Sendable {
    enum TLSBeginning: String, CaseIterable {
        case implicit, starttls
    }

    let host: String
    let port: Int
    let startsTLS: Bool
    /// PEM; nil: the system's certificate authorities.
    let authorities: String?
    let credentials: SMTPCredentials?
    let sender: String
    let recipients: [String]
    let clientName: String

    /// Reads `server` (host:port), `tls` (implicit or starttls; by default implicit on port 465), `ca`, `username` and
    /// `password-file`, `from`, `to` (a list) and `client-name` (by default the domain of `from`).
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let server = try section.required("server").endpoint()
        host = server.host
        port = server.port
        startsTLS =
            try section.choice("tls", default: server.port == 465 ? TLSBeginning.implicit : .starttls) == .starttls
        authorities = try section.pathIfPresent(of: "ca")
        let from = try section.required("from")
        sender = try Self.address(from)
        var recipients: [String] = []
        for value in try section.values("to") { recipients.append(try Self.address(value)) }
        guard (1...50).contains(recipients.count) else { throw section.missing("to") }
        self.recipients = recipients
        if let user = try section.value("username") {
            guard (1...255).contains(user.text.utf8.count), user.text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                throw user.error("1 to 255 bytes without control characters are wanted")
            }
            credentials = SMTPCredentials(
                userName: user.text,
                password: SecretFile(
                    path: try section.path(of: "password-file"), holding: "mail password", length: 1...512))
        } else {
            credentials = nil
        }
        let domain = sender.split(separator: "@").last.map(String.init) ?? "localhost"
        if let name = try section.value("client-name") {
            guard Self.isHostName(name.text) else { throw name.error("a host name is wanted") }
            clientName = name.text
        } else {
            clientName = domain
        }
    }

    var plan: SMTPExchange.Plan {
        SMTPExchange.Plan(
            clientName: clientName, startsTLS: startsTLS, wantsAuthentication: credentials != nil, sender: sender,
            recipients: recipients)
    }

    /// Whether the host is an IP address.
    var isAddress: Bool { (try? SocketAddress(ipAddress: host, port: port)) != nil }

    private static func address(_ value: ConfigurationValue) throws(ConfigurationError) -> String {
        guard MailMessage.isAddress(value.text) else {
            throw value.error("an address like someone@example.com is wanted")
        }
        return value.text
    }

    private static func isHostName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
                    || $0 == 0x2E
            }
    }
}
