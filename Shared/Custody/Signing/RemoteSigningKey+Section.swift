internal import FieldsealHTTP
public import FieldsealServiceRuntime

/// What a section's `provider` can be.
private enum SigningService: String, CaseIterable {
    case awsKMS = "aws-kms"
    case vault
    case googleKMS = "google-kms"
}

extension ConfigurationSection {
    /// The signing key with the key service that a section's `provider` names, made of the section's other keys: those of a
    /// custodian, and `key-version` (1), where keys have versions. Nothing is called yet.
    public func remoteSigningKey() throws(ConfigurationError) -> any RemoteSigningKey {
        let provider = try required("provider")
        guard provider.text != "azure-key-vault" else {
            throw provider.error("Azure Key Vault has no keys of Ed25519, which checkpoints are signed with")
        }
        switch try provider.choice(SigningService.self) {
        case .awsKMS:
            let configuration = try AWSKMSConfiguration(self)
            return try connected(limits: .signing) { try AWSKMSSigningKey(configuration, network: $0) }
        case .vault:
            let (configuration, version) = (try VaultConfiguration(self), try keyVersion())
            return try connected(limits: .signing) {
                try VaultTransitSigningKey(configuration, version: version, network: $0)
            }
        case .googleKMS:
            let (configuration, version) = (try GoogleKMSConfiguration(self), try keyVersion())
            return try connected(limits: .signing) {
                try GoogleKMSSigningKey(configuration, version: version, network: $0)
            }
        }
    }

    private func keyVersion() throws(ConfigurationError) -> Int {
        try integer("key-version", default: 1, in: 1...Int(Int32.max))
    }
}

extension HTTPCaller.Limits {
    /// Whoever waits for a checkpoint waits for these calls; the next beat makes them again.
    fileprivate static let signing = HTTPCaller.Limits(
        attempt: .seconds(2), overall: .seconds(4), answerCount: 64 << 10)
}
