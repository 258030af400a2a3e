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

/// Signs with a key that never leaves its keeper, a token or a key service.
struct RemoteSigner: CheckpointSigner {
    let verifier: NoteVerifier
    private let key: any RemoteSigningKey

    /// - Throws: `MasterKeyError` where the key cannot be used; `NoteError` for a name that is none.
    init(name: String, key: any RemoteSigningKey) async throws {
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
