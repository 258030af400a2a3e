#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension ClientConfiguration {
    /// Reads the file at `path`, or the one that `FIELDSEAL_CONFIG` names. Environment variables take precedence over the file
    /// and can do without one: `FIELDSEAL_TLS_CERTIFICATE`, `FIELDSEAL_TLS_KEY`, `FIELDSEAL_TLS_CA`, and for each of
    /// `ENCRYPTION`, `KEYS` and `AUDIT`: `FIELDSEAL_ENCRYPTION_ADDRESSES` (separated by commas), `FIELDSEAL_ENCRYPTION_IDENTITY`;
    /// `FIELDSEAL_CALLS_PATIENCE_SECONDS`, `FIELDSEAL_CALLS_COALESCING` (`on` or `off`), `FIELDSEAL_CALLS_DELAY_MICROSECONDS` and
    /// `FIELDSEAL_CALLS_ITEMS`.
    public static func load(_ path: String? = nil) throws(ClientConfigurationError) -> Self {
        try load(path) { name in getenv(name).map { String(cString: $0) } }
    }

    /// - Parameter environment: the value of a variable, nil where it is not set.
    package static func load(
        _ path: String?, environment: (String) -> String?
    ) throws(ClientConfigurationError) -> Self {
        guard let path = path ?? environment("FIELDSEAL_CONFIG") else {
            guard environment("FIELDSEAL_TLS_CERTIFICATE") != nil else {
                throw ClientConfigurationError(
                    "no configuration: name a file by --config or FIELDSEAL_CONFIG, or set FIELDSEAL_TLS_CERTIFICATE and so on"
                )
            }
            return try Self(file: nil, name: "environment", folder: "", environment: environment)
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        return try Self(
            file: try SimpleYAML.parse(try text(of: path), name: path), name: path, folder: folder,
            environment: environment)
    }

    /// - Parameter folder: where relative paths of the file start; empty or ending with a slash.
    init(
        file: SimpleYAML?, name: String, folder: String, environment: (String) -> String?
    ) throws(ClientConfigurationError) {
        let root = try Section(file, path: name, allowed: ["tls", "encryption", "keys", "audit", "calls"])
        let tls = try Section(root["tls"], path: "\(name): tls", allowed: ["certificate", "key", "ca"])
        func pem(_ key: String) throws(ClientConfigurationError) -> String {
            if let path = environment("FIELDSEAL_TLS_\(key.uppercased())") { return path }
            let path = try tls.text(key)
            return path.hasPrefix("/") ? path : folder + path
        }
        func service(_ key: String) throws(ClientConfigurationError) -> Service? {
            try Service(
                root[key], path: "\(name): \(key)", variable: "FIELDSEAL_\(key.uppercased())", environment: environment)
        }
        self.init(
            certificate: try pem("certificate"), key: try pem("key"), ca: try pem("ca"),
            encryption: try service("encryption"), keys: try service("keys"), audit: try service("audit"),
            calls: try Calls(
                root["calls"], path: "\(name): calls", environment: environment))
    }

    private static func text(of path: String) throws(ClientConfigurationError) -> String {
        let most = 1 << 16
        guard let file = fopen(path, "re") else {
            throw ClientConfigurationError("\(path): cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: most + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw ClientConfigurationError("\(path): cannot be read") }
        guard count <= most else { throw ClientConfigurationError("\(path): longer than 64 KiB") }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw ClientConfigurationError("\(path): not UTF-8")
        }
        return text
    }
}

extension ClientConfiguration.Service {
    /// Nil where neither the file nor the environment names the service.
    fileprivate init?(
        _ node: SimpleYAML?, path: String, variable: String, environment: (String) -> String?
    ) throws(ClientConfigurationError) {
        let section = try Section(node, path: path, allowed: ["addresses", "identity"])
        let list = environment("\(variable)_ADDRESSES")
        guard node != nil || list != nil else { return nil }
        let texts: [String]
        if let list {
            texts = list.split(separator: ",").map(String.init)
        } else {
            texts = try section.texts("addresses")
        }
        guard !texts.isEmpty else {
            throw ClientConfigurationError("\(path).addresses: at least one host:port is wanted")
        }
        var addresses: [ClientConfiguration.Address] = []
        for text in texts {
            guard let address = ClientConfiguration.Address(text) else {
                throw ClientConfigurationError("\(path).addresses: host:port is wanted")
            }
            addresses.append(address)
        }
        let identity: String
        if let text = environment("\(variable)_IDENTITY") {
            identity = text
        } else {
            identity = try section.text("identity")
        }
        guard identity.hasPrefix("spiffe://") else {
            throw ClientConfigurationError("\(path).identity: a SPIFFE URI (spiffe://domain/path) is wanted")
        }
        self.init(addresses: addresses, identity: identity)
    }
}
