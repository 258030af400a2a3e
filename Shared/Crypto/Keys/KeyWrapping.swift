internal import CFieldsealPlatform
public import FieldsealSecureMemory

/// Wraps keys under a parent key: XAES-256-GCM with key commitment (suite 4) under 192-bit nonces, so that there is no
/// limit to count. Not thread-safe.
///
/// Wrapped form, for a key of n bytes: 24 bytes nonce ‖ 32 bytes commitment ‖ n bytes ‖ 16 bytes tag.
public final class KeyWrapping {
    /// Bytes that wrapping adds.
    public static let overhead = 24 + 32 + 16
    /// The longest key that can be wrapped, in bytes.
    public static let maximumKeyCount = 64

    private static let label: StaticString = "fieldseal/v1 wrapped key"

    private let cipher: KeyedCipher

    /// - Parameter parent: 32 bytes. The wrapping key is derived from it; it is not used itself.
    public init(under parent: borrowing SecretBytes) throws(CryptoError) {
        let suite = CipherSuite.xaes256GCMCommitting
        cipher = try KeyedCipher(
            suite: suite, key: KeyUse.wrap.key(from: parent, suite: suite.rawValue, count: suite.keyCount))
    }

    /// - Parameters:
    ///   - key: 1 to 64 bytes.
    ///   - binding: further bytes to authenticate, such as a provider's parameters.
    public func wrap(
        _ key: borrowing SecretBytes, as identity: KeyIdentity, binding: [UInt8] = []
    ) throws(CryptoError) -> [UInt8] {
        try wrap(key, as: identity, binding: binding) { nonce throws(CryptoError) in try SecureRandom.fill(nonce) }
    }

    func wrap(
        _ key: borrowing SecretBytes, as identity: KeyIdentity, binding: [UInt8],
        drawNonce: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) -> [UInt8] {
        try wrap(key, Self.associatedData(identity, binding), drawNonce)
    }

    /// - Parameter key: 32 bytes.
    public func wrap(
        _ key: borrowing SecretBytes, as identity: SubjectKeyIdentity
    ) throws(CryptoError) -> [UInt8] {
        try wrap(key, as: identity) { nonce throws(CryptoError) in try SecureRandom.fill(nonce) }
    }

    func wrap(
        _ key: borrowing SecretBytes, as identity: SubjectKeyIdentity,
        drawNonce: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) -> [UInt8] {
        guard key.count == KeyDerivation.keyCount else { throw CryptoError(.size) }
        return try wrap(key, identity.associatedData, drawNonce)
    }

    private func wrap(
        _ key: borrowing SecretBytes, _ data: [UInt8],
        _ drawNonce: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) -> [UInt8] {
        guard (1...Self.maximumKeyCount).contains(key.count) else { throw CryptoError(.size) }
        var wrapped = [UInt8](repeating: 0, count: key.count + Self.overhead)
        try key.withUnsafeBytes { key throws(CryptoError) in
            try data.withBytes { data throws(CryptoError) in
                try wrapped.withMutableBytes { output throws(CryptoError) in
                    try cipher.seal(key, associatedData: data, into: output, drawNonce: drawNonce)
                }
            }
        }
        fieldseal_wipe_stack()
        return wrapped
    }

    /// - Throws: ``CryptoError`` `.malformed`, `.commitment` or `.tag` when `wrapped` is not this key's wrapped form.
    public func unwrap(
        _ wrapped: [UInt8], as identity: KeyIdentity, binding: [UInt8] = []
    ) throws(CryptoError) -> SecretBytes {
        try unwrap(wrapped, Self.associatedData(identity, binding))
    }

    /// - Throws: ``CryptoError`` `.malformed`, `.commitment` or `.tag` when `wrapped` is not this key's wrapped form.
    public func unwrap(_ wrapped: [UInt8], as identity: SubjectKeyIdentity) throws(CryptoError) -> SecretBytes {
        let key = try unwrap(wrapped, identity.associatedData)
        guard key.count == KeyDerivation.keyCount else { throw CryptoError(.malformed) }
        return key
    }

    private func unwrap(_ wrapped: [UInt8], _ data: [UInt8]) throws(CryptoError) -> SecretBytes {
        let count = wrapped.count - Self.overhead
        guard (1...Self.maximumKeyCount).contains(count) else { throw CryptoError(.malformed) }
        var key = try SecretBytes.zeros(count)
        try key.withUnsafeMutableBytes { key throws(CryptoError) in
            try data.withBytes { data throws(CryptoError) in
                try wrapped.withBytes { wrapped throws(CryptoError) in
                    try cipher.open(wrapped, associatedData: data, into: key)
                }
            }
        }
        fieldseal_wipe_stack()
        return key
    }

    /// Label, identity and binding, each after its u32 length.
    private static func associatedData(_ identity: KeyIdentity, _ binding: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard binding.count <= FieldCipher.maximumContextCount else { throw CryptoError(.size) }
        var data: [UInt8] = []
        data.append(bigEndian: UInt32(label.utf8CodeUnitCount))
        data.append(label: label)
        data.append(bigEndian: UInt32(KeyIdentity.byteCount))
        data.append(contentsOf: identity.bytes)
        data.append(bigEndian: UInt32(truncatingIfNeeded: binding.count))
        data.append(contentsOf: binding)
        return data
    }
}
