internal import FieldsealCrypto
internal import FieldsealSecureMemory

/// A service account's key as Google issues it ("Create and delete service account keys", IAM).
struct GoogleServiceAccount: Sendable {
    let email: String
    let keyID: String?
    let tokenURL: String
    let signer: RSASigner

    init(file path: String) throws {
        let file = SecretFile(path: path, holding: "Google service account", length: 2...16_384)
        let text = try file.read()
        self = try text.withUnsafeBytes { text in
            let json = JSONReader(text)
            switch json.string("type") {
            case "service_account": break
            case "external_account", "authorized_user", "impersonated_service_account":
                throw file.refused("is of a kind other than service_account: give a service account's key")
            default: throw file.refused("is not a service account's key in JSON")
            }
            guard let email = json.string("client_email"), let tokenURL = json.string("token_uri"),
                tokenURL.hasPrefix("https://"), let pem = try json.secret("private_key")
            else { throw file.refused("lacks client_email, private_key or a token_uri by https") }
            guard let signer = RSASigner(pem: pem.bytes) else {
                throw file.refused("holds no RSA private key of 2,048 to 8,192 bits in PEM")
            }
            return GoogleServiceAccount(
                email: email, keyID: json.string("private_key_id"), tokenURL: tokenURL, signer: signer)
        }
    }

    init(email: String, keyID: String?, tokenURL: String, signer: RSASigner) {
        self.email = email
        self.keyID = keyID
        self.tokenURL = tokenURL
        self.signer = signer
    }

    /// A signed claim for an access token, good for an hour ("Using OAuth 2.0 for server to server applications").
    func assertion(scope: String, at now: Int64) -> Confidential? {
        let key = keyID.map { ",\"kid\":\(JSONWriter.quoted($0))" } ?? ""
        let header = "{\"alg\":\"RS256\",\"typ\":\"JWT\"\(key)}"
        let claims =
            "{\"iss\":\(JSONWriter.quoted(email)),\"scope\":\(JSONWriter.quoted(scope)),"
            + "\"aud\":\(JSONWriter.quoted(tokenURL)),\"iat\":\(now),\"exp\":\(now + 3_600)}"
        let signed = Base64.encode(Array(header.utf8), .url) + "." + Base64.encode(Array(claims.utf8), .url)
        return signer.sign(Array(signed.utf8)).map { Confidential(signed + "." + Base64.encode($0, .url)) }
    }
}
