public import FieldsealSecureMemory

/// A file that holds a passphrase and that nobody but its owner may read.
public struct PassphraseFile: Sendable {
    /// Bytes, without the line end.
    public static let length = 12...1_024

    public let path: String

    public init(path: String) { self.path = path }

    /// Reads the file into locked memory. One line end (LF or CR LF) at its end is not part of the passphrase.
    ///
    /// - Throws: `MasterKeyError` with code `credential` that names the file and what is wrong with it;
    ///   `SecureMemoryError` where there is no room.
    public func read() throws -> SecretBytes {
        try SecretFile(path: path, holding: "passphrase", length: Self.length).read()
    }
}
