internal import FieldsealSecureMemory

struct AWSCredentials: Sendable {
    var accessKeyID: String
    var secretAccessKey: SharedSecret
    /// Of temporary credentials.
    var sessionToken: Confidential?

    /// - Throws: `MasterKeyError` where an id or token has characters that cannot stand in a header.
    init(accessKeyID: String, secretAccessKey: SharedSecret, sessionToken: String?, source: String) throws {
        let texts = [accessKeyID, sessionToken ?? "-"]
        guard texts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }) else {
            throw MasterKeyError(code: .credential, description: "\(source): the AWS credentials are malformed")
        }
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken.map { Confidential($0) }
    }
}

/// Where AWS credentials come from. The first source that is configured is used; what is wrong with it is an error, never
/// a reason to go on to the next.
enum AWSCredentialSource: Equatable {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
    case environment
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`, or the same in a profile.
    case webIdentity(roleARN: String, tokenFile: String, session: String?)
    /// Keys in the shared credentials or configuration file.
    case profile(file: String, section: String)
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI`.
    case container(url: String)
    /// The role of an EC2 instance, by IMDSv2.
    case instance

    /// - Parameter profile: from our configuration; it comes before the environment's credentials.
    static func resolve(
        profile: String?, environment: (String) -> String?, files: AWSSharedFiles
    ) throws -> AWSCredentialSource {
        if let profile { return try named(profile, files: files) }
        if environment("AWS_ACCESS_KEY_ID") != nil || environment("AWS_SECRET_ACCESS_KEY") != nil {
            return .environment
        }
        if let file = environment("AWS_WEB_IDENTITY_TOKEN_FILE") {
            guard let role = environment("AWS_ROLE_ARN") else {
                throw MasterKeyError(
                    code: .credential, description: "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not")
            }
            return .webIdentity(roleARN: role, tokenFile: file, session: environment("AWS_ROLE_SESSION_NAME"))
        }
        if let profile = environment("AWS_PROFILE") { return try named(profile, files: files) }
        if let source = try files.source(of: "default") { return source }
        if let relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            return .container(url: "http://169.254.170.2\(relative)")
        }
        if let url = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            guard isAllowedContainer(url) else {
                throw MasterKeyError(
                    code: .credential,
                    description: "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http on the loopback, "
                        + "169.254.170.2 or 169.254.170.23")
            }
            return .container(url: url)
        }
        if environment("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" {
            throw MasterKeyError(
                code: .credential,
                description: "no AWS credentials: none in the environment, in \(files.credentials) or in "
                    + "\(files.configuration), and AWS_EC2_METADATA_DISABLED forbids the instance's role")
        }
        return .instance
    }

    private static func named(_ profile: String, files: AWSSharedFiles) throws -> AWSCredentialSource {
        guard let source = try files.source(of: profile) else {
            throw MasterKeyError(
                code: .credential,
                description: "AWS profile \(profile) has no keys and no web identity in \(files.credentials) or "
                    + "\(files.configuration)")
        }
        return source
    }

    private static func isAllowedContainer(_ url: String) -> Bool {
        if url.hasPrefix("https://") { return true }
        let hosts = ["127.0.0.1", "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]
        return hosts.contains { host in
            url.hasPrefix("http://\(host)/") || url.hasPrefix("http://\(host):") && !url.contains("@")
        }
    }
}
