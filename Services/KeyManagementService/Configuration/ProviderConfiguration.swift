import FieldsealCrypto
import FieldsealCustody
import FieldsealServiceRuntime

private enum ProviderName: String, CaseIterable {
    case passphrase
    case shares
}

extension ConfigurationSection {
    /// The provider that a section's `provider` names (default `passphrase`), made of the section's other keys; and how
    /// it calls its key, for people: never a credential.
    func masterKeyProvider() throws(ConfigurationError) -> (provider: any MasterKeyProvider, key: String) {
        switch try choice("provider", default: ProviderName.passphrase) {
        case .passphrase:
            let provider = try PassphraseProvider(self)
            return (provider, provider.file.path)
        case .shares: return (SharesProvider(), "")
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
