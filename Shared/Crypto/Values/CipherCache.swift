/// The keyed ciphers of one event loop, the least recently used leaving first: bounds how much locked memory keyed
/// contexts take (about 1.5 KiB each). Not thread-safe.
public final class CipherCache {
    private struct Key: Hashable {
        var version: UInt64
        var subject: ObjectID?
        var isDual: Bool
    }

    private enum Cipher {
        case plain(FieldCipher)
        case dual(DualCipher)
    }

    private var ciphers: LeastRecentlyUsed<Key, Cipher>

    public var capacity: Int { ciphers.capacity }
    public var count: Int { ciphers.count }

    /// - Parameter capacity: at least 1.
    public init(capacity: Int) { ciphers = LeastRecentlyUsed(capacity: capacity) }

    /// The cipher of this key version and subject key; nil when it must be keyed. Whether it is the field's own is for the
    /// caller to see.
    public func cipher(for version: KeyVersion, subject: ObjectID? = nil) -> FieldCipher? {
        let key = Key(version: version.rawValue, subject: subject, isDual: false)
        return if case .plain(let cipher) = ciphers.value(for: key) { cipher } else { nil }
    }

    /// The cipher of this key version and subject key for dual values; nil when it must be keyed.
    public func dualCipher(for version: KeyVersion, subject: ObjectID? = nil) -> DualCipher? {
        let key = Key(version: version.rawValue, subject: subject, isDual: true)
        return if case .dual(let cipher) = ciphers.value(for: key) { cipher } else { nil }
    }

    public func insert(_ cipher: FieldCipher) {
        let key = Key(version: cipher.version.rawValue, subject: cipher.subject, isDual: false)
        ciphers.insert(.plain(cipher), for: key)
    }

    public func insert(_ cipher: DualCipher) {
        let key = Key(version: cipher.version.rawValue, subject: cipher.subject, isDual: true)
        ciphers.insert(.dual(cipher), for: key)
    }

    public func removeAll() { ciphers.removeAll() }
}
