/// A secret with several owners; wiped when the last lets go.
public final class SharedSecret: Sendable {
    public let bytes: SecretBytes

    public init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
}
