internal import FieldsealSecureMemory

extension SecretBytes {
    /// `count` zero bytes, in this module's error type.
    static func zeros(_ count: Int) throws(CryptoError) -> SecretBytes {
        do { return try SecretBytes(count: count) } catch { throw CryptoError(.memory) }
    }

    static func copy(of bytes: UnsafeRawBufferPointer) throws(CryptoError) -> SecretBytes {
        do { return try SecretBytes(copying: bytes) } catch { throw CryptoError(.memory) }
    }

    /// `count` bytes from the kernel's CSPRNG.
    static func drawn(_ count: Int) throws(CryptoError) -> SecretBytes {
        do { return try SecretBytes.random(count: count) } catch {
            throw CryptoError(error.code == .system ? .library : .memory)
        }
    }
}
