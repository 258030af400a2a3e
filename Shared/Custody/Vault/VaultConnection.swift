internal import FieldsealHTTP

/// Calls of Vault's HTTP API.
struct VaultConnection: Sendable {
    static let title = "Vault"

    let address: String
    let namespace: String?
    let network: ProviderNetwork

    func call(
        _ method: HTTPRequest.Method, _ path: String, token: Confidential?, body: HTTPBody? = nil
    ) async throws(MasterKeyError) -> HTTPResponse {
        var headers: [(name: String, value: String)] = [(name: "X-Vault-Request", value: "true")]
        if let token { headers.append((name: "X-Vault-Token", value: token.text)) }
        if let namespace { headers.append((name: "X-Vault-Namespace", value: namespace)) }
        if body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        let request = HTTPRequest(method, "\(address)/v1/\(path)", headers: headers, body: body)
        return try await network.call(Self.title, request, worthwhile: Self.isWorthwhile)
    }

    /// Beside the usual: 412 (not yet replicated here), 472 and 473 (a secondary or standby that does not serve).
    @Sendable private static func isWorthwhile(_ outcome: HTTPRetries.Outcome) -> Bool {
        if case .answered(let response) = outcome, [412, 472, 473].contains(response.status) { return true }
        return HTTPRetries.isTransient(outcome)
    }

    /// The slashes of mounts are kept.
    static func path(_ mount: String) -> String {
        mount.split(separator: "/").map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
    }

    /// Nil where the answer is not that Vault is away.
    static func unavailable(_ response: HTTPResponse) -> MasterKeyError? {
        let reason: String
        switch response.status {
        case 503: reason = "is sealed or in maintenance: unseal it"
        case 429: reason = "limits the rate of calls"
        case 472: reason = "is a disaster recovery secondary: name the active cluster"
        case 473: reason = "is a performance standby that cannot reach the active node"
        case 412: reason = "has not yet replicated the token"
        case 500...: reason = "answered \(response.status)"
        default: return nil
        }
        return MasterKeyError(code: .unavailable, description: "Vault \(reason)")
    }
}
