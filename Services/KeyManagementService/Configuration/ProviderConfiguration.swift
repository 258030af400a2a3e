import FieldsealCrypto
import FieldsealCustody
import FieldsealServiceRuntime

/// What a section's `provider` can be.
private enum ProviderName: String, CaseIterable {
    case passphrase
    case shares
    case pkcs11
    case awsKMS = "aws-kms"
    case vault
    case azureKeyVault = "azure-key-vault"
    case googleKMS = "google-kms"
}

extension ConfigurationSection {
    /// The provider that a section's `provider` names (default `passphrase`), made of the section's other keys. Nothing is
    /// called yet.
    func masterKeyProvider() throws(ConfigurationError) -> any MasterKeyProvider {
        switch try choice("provider", default: ProviderName.passphrase) {
        case .passphrase: try PassphraseProvider(self)
        case .shares: SharesProvider()
        case .pkcs11: PKCS11Provider(try PKCS11Configuration(self))
        case .awsKMS: try AWSKMSProvider(self)
        case .vault: try VaultTransitProvider(self)
        case .azureKeyVault: try AzureKeyVaultProvider(self)
        case .googleKMS: try GoogleKMSProvider(self)
        }
    }
}

extension PassphraseProvider {
    /// `passphrase-file`, and scrypt's `cost` (log2 N) and `parallelism` for new wraps.
    fileprivate init(_ section: ConfigurationSection) throws(ConfigurationError) {
        let cost = try section.integer("cost", default: 17, in: 17...20)
        let parallelism = try section.integer("parallelism", default: 1, in: 1...4)
        let path = try section.path(of: "passphrase-file")
        let scrypt: Scrypt
        do throws(CryptoError) {
            scrypt = try Scrypt(costExponent: UInt8(clamping: cost), parallelism: UInt8(clamping: parallelism))
        } catch {
            throw section.missing("cost")
        }
        self.init(file: PassphraseFile(path: path), scrypt: scrypt)
    }
}
