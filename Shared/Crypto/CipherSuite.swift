internal import CFieldsealPlatform

/// The authenticated encryption of a field; fixed per key version. Raw values stand in every sealed value's header.
public enum CipherSuite: UInt8, Hashable, Sendable, CaseIterable {
    /// AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces.
    case aes256GCM = 1
    /// ChaCha20-Poly1305 (RFC 8439) with random 96-bit nonces.
    case chaCha20Poly1305 = 2
    /// XAES-256-GCM (C2SP): a key derived per value from a 192-bit nonce, for fields with very many writes.
    case xaes256GCM = 3
    /// XAES-256-GCM with a 32-byte commitment to the key (eprint 2025/758), for many tenants.
    case xaes256GCMCommitting = 4
    /// AES-256-SIV (RFC 5297): deterministic; equal values are equal ciphertexts under one version.
    case aes256SIV = 5

    /// The suite for fields that name none: AES-256-GCM where the CPU has instructions for it, else ChaCha20-Poly1305.
    public static let preferred: CipherSuite = fieldseal_cpu_has_aes() ? .aes256GCM : .chaCha20Poly1305

    public static let tagCount = 16
    /// The longest value that can be sealed, in bytes: 16 MiB.
    public static let maximumPlaintextCount = 1 << 24

    /// Bytes of the use key that seals values.
    public var keyCount: Int { self == .aes256SIV ? 64 : 32 }

    public var nonceCount: Int {
        switch self {
        case .aes256GCM, .chaCha20Poly1305: 12
        case .xaes256GCM, .xaes256GCMCommitting: 24
        case .aes256SIV: 0
        }
    }

    public var commitmentCount: Int { self == .xaes256GCMCommitting ? 32 : 0 }

    /// Bytes that sealing adds besides the header: nonce, commitment and tag.
    public var overhead: Int { nonceCount + commitmentCount + Self.tagCount }

    /// The name in catalogs, listings and the key store.
    public var name: String {
        switch self {
        case .aes256GCM: "aes-256-gcm"
        case .chaCha20Poly1305: "chacha20-poly1305"
        case .xaes256GCM: "xaes-256-gcm"
        case .xaes256GCMCommitting: "xaes-256-gcm-committing"
        case .aes256SIV: "aes-256-siv"
        }
    }

    public var isDeterministic: Bool { self == .aes256SIV }

    /// Random 96-bit nonces limit the number of values a key version may seal (2^32).
    public var hasSealLimit: Bool { self == .aes256GCM || self == .chaCha20Poly1305 }
}
