/// The keyed ciphers of one event loop, the least recently used leaving first: bounds how much locked memory keyed
/// contexts take (about 1.5 KiB each). Not thread-safe.
public final class CipherCache {
    public let capacity: Int
    public var count: Int { 0 }

    /// - Parameter capacity: at least 1.
    public init(capacity: Int) { self.capacity = capacity }

    /// The cipher of this key version; nil when it must be keyed.
    public func cipher(for version: KeyVersion) -> FieldCipher? { nil }
    public func insert(_ cipher: FieldCipher) {}
    public func remove(_ version: KeyVersion) {}
    public func removeAll() {}
}
