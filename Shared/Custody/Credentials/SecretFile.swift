internal import FieldsealSecureMemory

/// A file that holds one secret of a provider's.
struct SecretFile: Sendable {
    typealias Readers = FieldsealSecureMemory.SecretFile.Readers

    let file: FieldsealSecureMemory.SecretFile

    var path: String { file.path }

    init(
        path: String, holding: String, length: ClosedRange<Int>,
        readers: Readers = .owner
    ) {
        file = FieldsealSecureMemory.SecretFile(path: path, holding: holding, length: length, readers: readers)
    }

    /// Reads the file into locked memory. One line end (LF or CR LF) at its end is not part of the secret.
    ///
    /// - Throws: `MasterKeyError` with code `credential` that names the file and what is wrong with it;
    ///   `SecureMemoryError` where there is no room.
    func read() throws -> SecretBytes {
        do {
            return try file.read()
        } catch let error as SecretFileError {
            throw MasterKeyError(code: .credential, description: error.description)
        }
    }

    /// The secret as text that goes into a header or a form; for tokens.
    func readText() throws -> Confidential {
        let secret = try read()
        let text = secret.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
        guard let text, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw refused("holds no \(file.holding): it has spaces, line ends or what is not ASCII")
        }
        return Confidential(text)
    }

    func refused(_ reason: String) -> MasterKeyError {
        MasterKeyError(code: .credential, description: "\(file.holding) file \(path) \(reason)")
    }
}
