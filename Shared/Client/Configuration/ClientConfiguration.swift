/// Where the services are, who they must be, and the certificate that says who the caller is.
///
///     tls: {certificate: backend.crt, key: backend.key, ca: ca.crt}
///     encryption:
///       addresses: [127.0.0.1:7401]
///       identity: spiffe://fieldseal.local/service/encryption
///     keys: …
///     audit: …
///     calls: {patience-seconds: 10, coalescing: on, delay-microseconds: 200, items: 512}
///
/// Each of `encryption`, `keys`, `audit` and `calls` may be missing. Relative paths start at the file's folder.
public struct ClientConfiguration: Sendable, Hashable {
    /// One service: the addresses of its replicas and the one identity (a SPIFFE URI) expected there.
    public struct Service: Sendable, Hashable {
        /// Where its replicas listen; never empty.
        public var addresses: [Address]
        /// The SPIFFE URI that each of them must show.
        public var identity: String

        public init(addresses: [Address], identity: String) {
            self.addresses = addresses
            self.identity = identity
        }
    }

    /// A host, by name or number, and a port.
    public struct Address: Sendable, Hashable, CustomStringConvertible {
        public var host: String
        public var port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// Reads `host:port`; an IPv6 address stands in brackets.
        public init?(_ text: String) {
            guard let colon = text.lastIndex(of: ":") else { return nil }
            let digits = text[text.index(after: colon)...]
            guard digits.allSatisfy(\.isWholeNumber), let port = UInt16(digits), port > 0 else { return nil }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
            } else if host.contains(":") {
                return nil
            }
            guard !host.isEmpty else { return nil }
            self.init(host: String(host), port: Int(port))
        }

        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// How calls are made.
    public struct Calls: Sendable, Hashable {
        /// How long an unreachable service, or an item that waits for an unreachable key service, is tried again, within
        /// the call's timeout. Zero: not at all.
        public var patience: Duration
        /// Whether single values that are asked for at the same time are sent together.
        public var coalescing: Bool
        /// The longest that a single value waits for others, while a call is under way: at most a second. A value that
        /// finds none under way is sent at once.
        public var delay: Duration
        /// The most values that are sent together, 1 to 5,000.
        public var items: Int

        /// Out of range, a setting is the nearest that is allowed.
        public init(
            patience: Duration = .zero, coalescing: Bool = true, delay: Duration = .microseconds(200), items: Int = 512
        ) {
            self.patience = max(.zero, patience)
            self.coalescing = coalescing
            self.delay = min(max(.zero, delay), .seconds(1))
            self.items = min(max(1, items), Batches.mostItems)
        }
    }

    /// Path of a PEM file with the caller's certificate and its intermediates.
    public var certificate: String
    /// Path of a PEM file with the certificate's private key.
    public var key: String
    /// Path of a PEM file with the authorities that the services' certificates must come from.
    public var ca: String
    /// The encryption service; nil where it is not used.
    public var encryption: Service?
    /// Key management, for operators.
    public var keys: Service?
    /// The audit service, for auditors.
    public var audit: Service?
    /// How calls are made.
    public var calls: Calls

    public init(
        certificate: String, key: String, ca: String, encryption: Service? = nil, keys: Service? = nil,
        audit: Service? = nil, calls: Calls = Calls()
    ) {
        self.certificate = certificate
        self.key = key
        self.ca = ca
        self.encryption = encryption
        self.keys = keys
        self.audit = audit
        self.calls = calls
    }
}

/// What is wrong with a client's configuration. It names file, line and key, and never repeats a value.
public struct ClientConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
