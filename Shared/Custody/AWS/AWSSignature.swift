internal import FieldsealCrypto
internal import FieldsealHTTP
internal import FieldsealSecureMemory

/// AWS Signature Version 4 ("Create a signed AWS API request", IAM User Guide).
struct AWSSignature {
    static let algorithm = "AWS4-HMAC-SHA256"

    let region: String
    let service: String
    /// `20150830T123600Z`.
    let time: String

    init(region: String, service: String, at seconds: Int64) {
        self.region = region
        self.service = service
        time = CalendarTime.basic(seconds)
    }

    private var scope: String { "\(time.prefix(8))/\(region)/\(service)/aws4_request" }

    /// Adds `Host`, `X-Amz-Date`, the session token and `Authorization`; all headers are signed.
    func sign(_ request: inout HTTPRequest, with credentials: AWSCredentials) throws {
        let target = Target(request.url)
        request.headers.append((name: "Host", value: target.host))
        request.headers.append((name: "X-Amz-Date", value: time))
        if let token = credentials.sessionToken {
            request.headers.append((name: "X-Amz-Security-Token", value: token.text))
        }
        let hash = try (request.body ?? HTTPBody()).withUnsafeBytes { try SHA256.hash($0) }
        let canonical = Self.canonicalRequest(
            method: request.method.rawValue, target: target, headers: request.headers, payload: Self.hexadecimal(hash))
        request.headers.append(
            (name: "Authorization", value: try authorization(canonical, request.headers, with: credentials)))
    }

    func authorization(
        _ canonical: String, _ headers: [(name: String, value: String)], with credentials: AWSCredentials
    ) throws -> String {
        let signature = Self.hexadecimal(try signature(of: stringToSign(canonical), with: credentials))
        return "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope), "
            + "SignedHeaders=\(Self.signedHeaders(headers)), Signature=\(signature)"
    }

    func stringToSign(_ canonical: String) throws -> String {
        "\(Self.algorithm)\n\(time)\n\(scope)\n\(Self.hexadecimal(try SHA256.hash(Array(canonical.utf8))))"
    }

    private func signature(of text: String, with credentials: AWSCredentials) throws -> [UInt8] {
        let prefix = Array("AWS4".utf8)
        var start = try SecretBytes(count: prefix.count + credentials.secretAccessKey.bytes.count)
        start.withUnsafeMutableBytes { start in
            start.copyBytes(from: prefix)
            credentials.secretAccessKey.bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: start[prefix.count...]).copyMemory(from: $0)
            }
        }
        let signingKey = try [String(time.prefix(8)), region, service, "aws4_request"].reduce(SharedSecret(start)) {
            try Self.derive(from: $0, $1)
        }
        let mac = try HMACSHA256(key: signingKey.bytes)
        try mac.update(Array(text.utf8))
        return try mac.finish()
    }

    private static func derive(from key: SharedSecret, _ part: String) throws -> SharedSecret {
        let mac = try HMACSHA256(key: key.bytes)
        try mac.update(Array(part.utf8))
        var output = try SecretBytes(count: HMACSHA256.byteCount)
        try output.withUnsafeMutableBytes { output in try mac.finish(into: output) }
        return SharedSecret(output)
    }

    static func canonicalRequest(
        method: String, target: Target, headers: [(name: String, value: String)], payload: String
    ) -> String {
        let lines = headers.map { (name: $0.name.lowercased(), value: trimmed($0.value)) }.sorted { $0.name < $1.name }
        return [
            method, target.path, target.canonicalQuery, lines.map { "\($0.name):\($0.value)\n" }.joined(),
            signedHeaders(headers), payload,
        ].joined(separator: "\n")
    }

    private static func signedHeaders(_ headers: [(name: String, value: String)]) -> String {
        headers.map { $0.name.lowercased() }.sorted().joined(separator: ";")
    }

    /// Without spaces at the ends, and one for several.
    private static func trimmed(_ value: String) -> String {
        value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }.joined()
    }

    /// The parts of a URL that are signed. Paths and queries are taken as encoded by whoever built the URL.
    struct Target {
        var host: String
        var path: String
        var query: String

        init(_ url: String) {
            let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
            let authority = rest.prefix { $0 != "/" && $0 != "?" }
            let target = rest[authority.endIndex...]
            let path = target.prefix { $0 != "?" }
            host = authority.hasSuffix(":443") ? String(authority.dropLast(4)) : String(authority)
            self.path = path.isEmpty ? "/" : String(path)
            query = String(target[path.endIndex...].dropFirst())
        }

        var canonicalQuery: String {
            query.split(separator: "&").map { $0.contains("=") ? String($0) : "\($0)=" }.sorted()
                .joined(separator: "&")
        }
    }
}
