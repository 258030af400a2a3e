import FieldsealCustody
import FieldsealTransparencyLog

/// Whoever signs checkpoints for the log.
protocol CheckpointSigner: Sendable {
    var verifier: NoteVerifier { get }

    func signature(of text: String) async throws -> SignedNote.Signature
}

extension Ed25519Signer: CheckpointSigner {
    func signature(of text: String) async throws -> SignedNote.Signature {
        SignedNote.Signature(key: key, bytes: try sign(text))
    }
}

/// Signs with a key that never leaves its token.
struct TokenSigner: CheckpointSigner {
    let verifier: NoteVerifier
    private let key: PKCS11SigningKey

    /// - Throws: `MasterKeyError` where the token cannot be used; `NoteError` for a name that is none.
    init(name: String, key: PKCS11SigningKey) async throws {
        verifier = try NoteVerifier(name: name, type: .note, publicKey: try await key.publicKey())
        self.key = key
    }

    func signature(of text: String) async throws -> SignedNote.Signature {
        SignedNote.Signature(key: verifier.key, bytes: try await key.sign(Array(text.utf8)))
    }
}

extension SignedNote {
    /// The text with the signatures of all, each of which holds.
    init(text: String, signedBy signers: [any CheckpointSigner]) async throws {
        try self.init(text: text)
        for signer in signers { add([try await signer.signature(of: text)]) }
        let verifiers = signers.map(\.verifier)
        guard try verified(by: verifiers) == Set(verifiers) else { throw NoteError.unsigned }
    }
}
