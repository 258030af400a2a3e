import FieldsealSecureMemory

/// A secret with several owners; wiped when the last lets go.
final class SharedSecret: Sendable {
    let bytes: SecretBytes

    init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
}
