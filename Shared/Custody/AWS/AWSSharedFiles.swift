internal import FieldsealSecureMemory
internal import Glibc

/// The shared credentials and configuration files ("Shared config and credentials files", AWS SDKs Reference Guide).
struct AWSSharedFiles: Sendable {
    var credentials: String
    var configuration: String

    init(environment: (String) -> String?) {
        let home = environment("HOME") ?? ""
        credentials = environment("AWS_SHARED_CREDENTIALS_FILE") ?? "\(home)/.aws/credentials"
        configuration = environment("AWS_CONFIG_FILE") ?? "\(home)/.aws/config"
    }

    /// The sections that make a profile: of the credentials file before the configuration.
    private func sections(of profile: String) -> [(file: String, section: String)] {
        [(credentials, profile), (configuration, profile == "default" ? profile : "profile \(profile)")]
    }

    func source(of profile: String) throws -> AWSCredentialSource? {
        for (file, section) in sections(of: profile) {
            if let text = try read(file), try value("aws_access_key_id", text, section) != nil {
                return .profile(file: file, section: section)
            }
        }
        for (file, section) in sections(of: profile) {
            guard let text = try read(file), let role = try value("role_arn", text, section) else { continue }
            guard let tokens = try value("web_identity_token_file", text, section) else {
                throw MasterKeyError(
                    code: .credential,
                    description: "AWS profile \(profile) assumes a role by other means than web_identity_token_file; "
                        + "name a profile with keys or a web identity")
            }
            let session = try value("role_session_name", text, section)
            return .webIdentity(roleARN: role, tokenFile: tokens, session: session)
        }
        return nil
    }

    func region(of profile: String) throws -> String? {
        for (file, section) in sections(of: profile) {
            if let text = try read(file), let region = try value("region", text, section) { return region }
        }
        return nil
    }

    func keys(file: String, section: String) throws -> AWSCredentials {
        guard let text = try read(file), let id = try value("aws_access_key_id", text, section),
            let secret = try text.bytes.withUnsafeBytes({ text in
                try INIText.value("aws_secret_access_key", in: section, of: text).map {
                    SharedSecret(try SecretBytes(copying: $0))
                }
            })
        else {
            throw MasterKeyError(
                code: .credential, description: "\(file): [\(section)] has no aws_access_key_id with its secret")
        }
        return try AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: try value("aws_session_token", text, section),
            source: file)
    }

    private func value(_ name: String, _ text: SharedSecret, _ section: String) throws -> String? {
        text.bytes.withUnsafeBytes { text in
            INIText.value(name, in: section, of: text).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Nil where there is no such file.
    private func read(_ path: String) throws -> SharedSecret? {
        guard access(path, F_OK) == 0 else { return nil }
        let readers: SecretFile.Readers = path == credentials ? .owner : .platform
        let file = SecretFile(path: path, holding: "AWS profiles", length: 0...65_536, readers: readers)
        return SharedSecret(try file.read())
    }
}

/// Sections of `name = value` lines; lines that begin with `#` or `;` are comments, indented ones belong to nested values.
enum INIText {
    static func value(
        _ name: String, in section: String, of text: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        var isInside = false
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
            guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { continue }
            if first == UInt8(ascii: "[") {
                let title = trimmed(line.dropFirst().prefix { $0 != UInt8(ascii: "]") })
                isInside = title.split(separator: 0x20).elementsEqual(section.utf8.split(separator: 0x20)) {
                    $0.elementsEqual($1)
                }
                continue
            }
            guard isInside, first != 0x20, first != 0x09, let equals = line.firstIndex(of: UInt8(ascii: "=")),
                trimmed(line[..<equals]).elementsEqual(name.utf8)
            else { continue }
            let value = trimmed(line[line.index(after: equals)...])
            return value.isEmpty ? nil : UnsafeRawBufferPointer(rebasing: value)
        }
        return nil
    }

    private static func trimmed(_ line: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var line = line.drop(while: isSpace)
        while let last = line.last, isSpace(last) { line = line.dropLast() }
        return line
    }
}
