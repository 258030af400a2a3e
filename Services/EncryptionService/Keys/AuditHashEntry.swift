import FieldsealSecureMemory

/// The key under which record ids are hashed for the audit log.
final class AuditHashMaterial: Sendable {
    let version: UInt64
    /// 32 bytes, in locked memory.
    let key: SecretBytes
    /// Seconds that key management allows the key to be kept.
    let ttl: UInt32

    init(version: UInt64, key: consuming SecretBytes, ttl: UInt32) {
        self.version = version
        self.key = key
        self.ttl = ttl
    }
}

/// The cached hash key.
final class AuditHashEntry: Sendable {
    let material: AuditHashMaterial
    let lifetime: CacheLifetime

    init(material: AuditHashMaterial, lifetime: CacheLifetime) {
        self.material = material
        self.lifetime = lifetime
    }
}
