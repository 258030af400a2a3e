internal import CFieldsealPlatform
public import FieldsealSecureMemory

/// A suite under one key: the layer below the header. Its output is nonce ‖ commitment ‖ ciphertext ‖ tag, each of the
/// size that the suite says. Keyed once, reusable, for one event loop alone. Input and output must not overlap.
public final class KeyedCipher {
    private enum Engine {
        case aead(AEADContext)
        case xaes(XAES)
        case siv(SyntheticIV)
    }

    public let suite: CipherSuite
    private let engine: Engine

    /// - Parameter key: ``CipherSuite/keyCount`` bytes.
    public init(suite: CipherSuite, key: borrowing SecretBytes) throws(CryptoError) {
        self.suite = suite
        engine = try key.withUnsafeBytes { key throws(CryptoError) in
            guard key.count == suite.keyCount, let bytes = key.baseAddress else { throw CryptoError(.key) }
            defer { fieldseal_wipe_stack() }
            if suite == .aes256SIV { return .siv(try SyntheticIV(key: key)) }
            let engine = try Self.makeEngine(suite)
            try Self.setKey(bytes, of: engine)
            return engine
        }
    }

    /// A cipher without a key, for ``setKey(_:)`` before each use.
    init(unkeyed suite: CipherSuite) throws(CryptoError) {
        self.suite = suite
        engine = try Self.makeEngine(suite)
    }

    private static func makeEngine(_ suite: CipherSuite) throws(CryptoError) -> Engine {
        switch suite {
        case .aes256GCM: .aead(try AEADContext(Algorithm.aes256GCM))
        case .chaCha20Poly1305: .aead(try AEADContext(Algorithm.chaCha20Poly1305))
        case .xaes256GCM: .xaes(try XAES(committing: false))
        case .xaes256GCMCommitting: .xaes(try XAES(committing: true))
        case .aes256SIV: throw CryptoError(.parameter)
        }
    }

    private static func setKey(_ key: UnsafeRawPointer, of engine: Engine) throws(CryptoError) {
        switch engine {
        case .aead(let context): try context.setKey(key)
        case .xaes(let context): try context.setKey(key)
        case .siv: throw CryptoError(.parameter)
        }
    }

    /// Replaces the key; not for suite 5.
    ///
    /// - Parameter key: 32 bytes.
    func setKey(_ key: UnsafeRawPointer) throws(CryptoError) { try Self.setKey(key, of: engine) }

    /// Seals under a fresh nonce.
    ///
    /// - Parameter output: exactly the plaintext's size and ``CipherSuite/overhead``.
    public func seal(
        _ plaintext: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer, nonces: NonceSource,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        try seal(plaintext, associatedData: associatedData, into: output) { nonce throws(CryptoError) in
            try nonces.draw(into: nonce)
        }
    }

    /// Seals under the nonce that `drawNonce` writes.
    @inline(__always)
    func seal(
        _ plaintext: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer,
        drawNonce: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        guard plaintext.count <= CipherSuite.maximumPlaintextCount,
            output.count == suite.overhead + plaintext.count, let nonce = output.baseAddress
        else { throw CryptoError(.size) }
        if suite.nonceCount > 0 {
            try drawNonce(UnsafeMutableRawBufferPointer(start: nonce, count: suite.nonceCount))
        }
        let commitment = nonce + suite.nonceCount
        let ciphertext = commitment + suite.commitmentCount
        let tag = ciphertext + plaintext.count
        switch engine {
        case .aead(let context):
            try context.seal(
                nonce: nonce, associatedData: associatedData, plaintext: plaintext, ciphertext: ciphertext, tag: tag)
        case .xaes(let context):
            try context.seal(
                nonce: nonce, associatedData: associatedData, plaintext: plaintext, commitment: commitment,
                ciphertext: ciphertext, tag: tag)
        case .siv(let context):
            try context.seal(associatedData: associatedData, plaintext: plaintext, ciphertext: ciphertext, tag: tag)
        }
    }

    /// Opens what ``seal(_:associatedData:nonces:into:)`` wrote; on failure the output is wiped.
    ///
    /// - Parameter output: exactly the sealed size less ``CipherSuite/overhead``.
    /// - Throws: ``CryptoError`` `.malformed`, `.commitment` or `.tag`.
    public func open(
        _ sealed: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard sealed.count >= suite.overhead, let nonce = sealed.baseAddress else { throw CryptoError(.malformed) }
        guard output.count == sealed.count - suite.overhead else { throw CryptoError(.size) }
        let commitment = nonce + suite.nonceCount
        let ciphertext = UnsafeRawBufferPointer(start: commitment + suite.commitmentCount, count: output.count)
        let tag = nonce + sealed.count - CipherSuite.tagCount
        if let plaintext = output.baseAddress {
            return try open(nonce, associatedData, commitment, ciphertext, tag, into: plaintext)
        }
        var nothing: UInt8 = 0
        try withUnsafeMutableBytes(of: &nothing) { nothing throws(CryptoError) in
            guard let plaintext = nothing.baseAddress else { throw CryptoError(.size) }
            try open(nonce, associatedData, commitment, ciphertext, tag, into: plaintext)
        }
    }

    private func open(
        _ nonce: UnsafeRawPointer, _ associatedData: UnsafeRawBufferPointer, _ commitment: UnsafeRawPointer,
        _ ciphertext: UnsafeRawBufferPointer, _ tag: UnsafeRawPointer, into plaintext: UnsafeMutableRawPointer
    ) throws(CryptoError) {
        switch engine {
        case .aead(let context):
            let isAuthentic = try context.open(
                nonce: nonce, associatedData: associatedData, ciphertext: ciphertext, tag: tag, plaintext: plaintext)
            guard isAuthentic else { throw CryptoError(.tag) }
        case .xaes(let context):
            try context.open(
                nonce: nonce, associatedData: associatedData, commitment: commitment, ciphertext: ciphertext, tag: tag,
                plaintext: plaintext)
        case .siv(let context):
            try context.open(associatedData: associatedData, ciphertext: ciphertext, tag: tag, plaintext: plaintext)
        }
    }
}
