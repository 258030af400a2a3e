internal import FieldsealHTTP
internal import FieldsealSecureMemory

/// Gets AWS credentials from their source.
struct AWSCredentialFetch: Sendable {
    let source: AWSCredentialSource
    let network: ProviderNetwork
    let files: AWSSharedFiles
    /// `https://sts.REGION.amazonaws.com` or its replacement.
    let tokenService: String

    func fetch() async throws -> Renewable<AWSCredentials>.Issued {
        switch source {
        case .environment: return .init(value: try environmentCredentials(), validUntil: nil)
        case .profile(let file, let section):
            // Read again now and then: tools that renew temporary keys write them there.
            let keys = try files.keys(file: file, section: section)
            return .init(value: keys, validUntil: keys.sessionToken == nil ? nil : network.now() + 300)
        case .webIdentity(let role, let tokenFile, let session):
            return try await assume(role, tokenFile: tokenFile, session: session ?? "fieldseal")
        case .container(let url): return try await container(url)
        case .instance: return try await instance()
        }
    }

    private func environmentCredentials() throws -> AWSCredentials {
        guard let id = network.environment("AWS_ACCESS_KEY_ID"), !id.isEmpty,
            let secret = network.environment("AWS_SECRET_ACCESS_KEY"), !secret.isEmpty
        else {
            throw MasterKeyError(
                code: .credential, description: "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither")
        }
        return try AWSCredentials(
            accessKeyID: id, secretAccessKey: SharedSecret(try SecretBytes(copying: Array(secret.utf8))),
            sessionToken: network.environment("AWS_SESSION_TOKEN"), source: "environment")
    }

    /// AssumeRoleWithWebIdentity (AWS STS API Reference); not signed: the token is the proof.
    private func assume(
        _ role: String, tokenFile: String, session: String
    ) async throws -> Renewable<AWSCredentials>.Issued {
        let token = try SecretFile(
            path: tokenFile, holding: "web identity token", length: 1...20_000, readers: .platform
        ).readText()
        let form = PercentEncoding.form([
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session), ("WebIdentityToken", token.text),
        ])
        let response = try await network.call(
            "AWS STS",
            HTTPRequest(
                .post, "\(tokenService)/",
                headers: [
                    ("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"),
                ], body: HTTPBody(form)))
        guard response.isSuccess else {
            if let away = MasterKeyError.away("AWS STS", response) { throw away }
            let word = response.string("Error", "Code") ?? XMLText.value("Code", in: response)
            throw MasterKeyError(
                code: .credential,
                description: "AWS STS does not let \(tokenFile) assume \(role): \(MasterKeyError.word(word))")
        }
        let path = ["AssumeRoleWithWebIdentityResponse", "AssumeRoleWithWebIdentityResult", "Credentials"]
        func text(_ name: String) -> String? {
            response.body.withUnsafeBytes { JSONReader($0).string(path + [name]) } ?? XMLText.value(name, in: response)
        }
        let expiration = response.body.withUnsafeBytes { JSONReader($0).integer(path + ["Expiration"]) }
        return try issued(
            id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: text("SessionToken"),
            until: expiration ?? text("Expiration").flatMap(CalendarTime.parse), source: "AWS STS")
    }

    /// "Container credential provider", AWS SDKs Reference Guide.
    private func container(_ url: String) async throws -> Renewable<AWSCredentials>.Issued {
        var request = HTTPRequest(.get, url)
        if let file = network.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            let token = SecretFile(
                path: file, holding: "container authorization token", length: 1...20_000, readers: .platform)
            request.headers.append((name: "Authorization", value: try token.readText().text))
        } else if let token = network.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            request.headers.append((name: "Authorization", value: token))
        }
        let response = try await network.callMetadata("the container's credential server", request)
        return try issued(response, source: "the container's credential server")
    }

    /// "Use instance metadata service version 2", EC2 User Guide.
    private func instance() async throws -> Renewable<AWSCredentials>.Issued {
        let base = network.environment("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254"
        let title = "the EC2 instance metadata service"
        let token: HTTPResponse
        do {
            token = try await network.callMetadata(
                title,
                HTTPRequest(
                    .put, "\(base)/latest/api/token", headers: [("X-aws-ec2-metadata-token-ttl-seconds", "300")]))
        } catch {
            throw MasterKeyError(
                code: error.code,
                description: "no AWS credentials in the environment, in \(files.credentials) or in "
                    + "\(files.configuration), and \(error.description)")
        }
        if let away = MasterKeyError.away(title, token) { throw away }
        guard token.isSuccess, let session = String(validating: token.body.bytes, as: UTF8.self) else {
            throw MasterKeyError(code: .credential, description: "\(title) gave no session token (\(token.status))")
        }
        let headers = [(name: "X-aws-ec2-metadata-token", value: session)]
        let roles = "\(base)/latest/meta-data/iam/security-credentials/"
        let list = try await network.callMetadata(title, HTTPRequest(.get, roles, headers: headers))
        if let away = MasterKeyError.away(title, list) { throw away }
        let role = String(decoding: list.body.bytes, as: UTF8.self).split(separator: "\n").first.map(String.init)
        guard list.isSuccess, let role else {
            throw MasterKeyError(code: .credential, description: "the EC2 instance has no role; attach one")
        }
        let response = try await network.callMetadata(
            title, HTTPRequest(.get, roles + PercentEncoding.encode(role), headers: headers))
        return try issued(response, source: title)
    }

    private func issued(_ response: HTTPResponse, source: String) throws -> Renewable<AWSCredentials>.Issued {
        guard response.isSuccess else {
            if let away = MasterKeyError.away(source, response) { throw away }
            throw MasterKeyError(
                code: .credential,
                description: "\(source) gave no credentials (\(response.status))")
        }
        return try issued(
            id: response.string("AccessKeyId"), secret: response.string("SecretAccessKey"),
            token: response.string("Token"), until: response.string("Expiration").flatMap(CalendarTime.parse),
            source: source)
    }

    private func issued(
        id: String?, secret: String?, token: String?, until: Int64?, source: String
    ) throws -> Renewable<AWSCredentials>.Issued {
        guard let id, let secret, let until else {
            throw MasterKeyError(code: .credential, description: "\(source) gave no credentials that can be read")
        }
        return .init(
            value: try AWSCredentials(
                accessKeyID: id, secretAccessKey: SharedSecret(try SecretBytes(copying: Array(secret.utf8))),
                sessionToken: token, source: source), validUntil: until)
    }
}

/// STS answers XML where it does not speak JSON; its values are plain text in elements without attributes.
enum XMLText {
    static func value(_ name: String, in response: HTTPResponse) -> String? {
        let text = String(decoding: response.body.bytes, as: UTF8.self)
        guard let start = text.firstRange(of: "<\(name)>"),
            let end = text[start.upperBound...].firstRange(of: "</\(name)>")
        else { return nil }
        return String(text[start.upperBound..<end.lowerBound])
    }
}
