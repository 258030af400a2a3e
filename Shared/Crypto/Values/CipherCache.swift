/// The keyed ciphers of one event loop, the least recently used leaving first: bounds how much locked memory keyed
/// contexts take (about 1.5 KiB each). Not thread-safe.
public final class CipherCache {
    private var ciphers: LeastRecentlyUsed<UInt64, FieldCipher>

    public var capacity: Int { ciphers.capacity }
    public var count: Int { ciphers.count }

    /// - Parameter capacity: at least 1.
    public init(capacity: Int) { ciphers = LeastRecentlyUsed(capacity: capacity) }

    /// The cipher of this key version; nil when it must be keyed. Whether it is the field's own is for the caller to see.
    public func cipher(for version: KeyVersion) -> FieldCipher? { ciphers.value(for: version.rawValue) }

    public func insert(_ cipher: FieldCipher) { ciphers.insert(cipher, for: cipher.version.rawValue) }

    public func remove(_ version: KeyVersion) { ciphers.remove(version.rawValue) }

    public func removeAll() { ciphers.removeAll() }
}
