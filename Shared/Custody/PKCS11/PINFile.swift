internal import FieldsealSecureMemory

/// A file that holds a token's PIN, 4 to 255 bytes, and that nobody but its owner may read.
public struct PINFile: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    func read() throws -> SecretBytes { try SecretFile(path: path, holding: "PIN", length: 4...255).read() }
}
