public import FieldsealCrypto
internal import FieldsealSecureMemory

/// Signs notes with a key in locked memory.
public struct Ed25519Signer: NoteSigner {
    public let key: KeyName
    public let verifier: NoteVerifier
    private let privateKey: Ed25519PrivateKey

    /// - Throws: ``NoteError`` `.malformed` for a name that is none.
    public init(name: String, privateKey: Ed25519PrivateKey) throws(NoteError) {
        verifier = try NoteVerifier(name: name, type: .note, publicKey: privateKey.publicKey)
        key = verifier.key
        self.privateKey = privateKey
    }

    public func sign(_ text: String) throws -> [UInt8] { try privateKey.sign(Array(text.utf8)) }
}

/// Cosigns checkpoints with a key in locked memory.
public struct CosignatureSigner: NoteSigner {
    public let key: KeyName
    public let verifier: NoteVerifier
    private let privateKey: Ed25519PrivateKey
    /// Seconds since 1970.
    private let clock: @Sendable () -> UInt64

    /// - Throws: ``NoteError`` `.malformed` for a name that is none.
    public init(name: String, privateKey: Ed25519PrivateKey, clock: @escaping @Sendable () -> UInt64) throws(NoteError)
    {
        verifier = try NoteVerifier(name: name, type: .cosignature, publicKey: privateKey.publicKey)
        key = verifier.key
        (self.privateKey, self.clock) = (privateKey, clock)
    }

    /// The same key, whose signatures bear that time where the clock says an earlier one.
    public func notBefore(_ time: UInt64) -> Self {
        Self(key: key, verifier: verifier, privateKey: privateKey) { [clock] in max(clock(), time) }
    }

    private init(
        key: KeyName, verifier: NoteVerifier, privateKey: Ed25519PrivateKey, clock: @escaping @Sendable () -> UInt64
    ) {
        (self.key, self.verifier, self.privateKey, self.clock) = (key, verifier, privateKey, clock)
    }

    public func sign(_ text: String) throws -> [UInt8] {
        let unsigned = Cosignature(timestamp: clock(), signature: [])
        let signature = try privateKey.sign(unsigned.message(text))
        return Cosignature(timestamp: unsigned.timestamp, signature: signature).encoded
    }
}
