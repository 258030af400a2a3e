internal import CFieldsealPKCS11
internal import FieldsealCrypto

extension PKCS11Token {
    /// DER of the curve's name, as the specification has it for Ed25519: a PrintableString.
    private static let curve = [UInt8](arrayLiteral: 0x13, 0x0c) + Array("edwards25519".utf8)

    /// The public half of the key: 32 bytes.
    func publicKey() throws -> Ed25519PublicKey {
        try inSession(.verifying) { session in
            var point = [UInt8](repeating: 0, count: 64)
            let count = try point.withUnsafeMutableBytes { point in
                var attribute = CK_ATTRIBUTE(
                    type: Cryptoki.Attribute.point, pValue: point.baseAddress, ulValueLen: CK_ULONG(point.count))
                try check(
                    "C_GetAttributeValue",
                    functions.C_GetAttributeValue?(session.handle, session.key, &attribute, 1))
                return Int(exactly: attribute.ulValueLen) ?? 0
            }
            // Modules give the point as it is, or as a DER OCTET STRING.
            let bytes = point.prefix(count)
            let isWrapped = bytes.count == Ed25519PublicKey.byteCount + 2 && bytes.starts(with: [0x04, 0x20])
            guard let key = Ed25519PublicKey(Array(isWrapped ? bytes.dropFirst(2) : bytes)) else {
                throw MasterKeyError(
                    code: .credential, description: "the key \(configuration.keyLabel) of the token is none of Ed25519")
            }
            return key
        }
    }

    /// 64 bytes of Ed25519 (PureEdDSA).
    func sign(_ message: [UInt8]) throws -> [UInt8] {
        try inSession(.signing) { session in
            var mechanism = CK_MECHANISM(mechanism: Cryptoki.Mechanism.edDSA, pParameter: nil, ulParameterLen: 0)
            try check("C_SignInit", functions.C_SignInit?(session.handle, &mechanism, session.key))
            var signature = [UInt8](repeating: 0, count: Ed25519PublicKey.signatureCount)
            var count = CK_ULONG(signature.count)
            try check(
                "C_Sign",
                functions.C_Sign?(session.handle, message, CK_ULONG(message.count), &signature, &count))
            guard Int(exactly: count) == signature.count else { throw CryptokiFailure(function: "C_Sign", code: 0x150) }
            return signature
        }
    }

    /// Makes the key: Ed25519, on the token for good, its private half never leaving it. What an administrator otherwise does
    /// with `pkcs11-tool --keypairgen --key-type EC:edwards25519`.
    func makeSigningKey() throws {
        try perform {
            let handle = try logIn(writable: true)
            defer { _ = functions.C_CloseSession?(handle) }
            guard try findKey(.signing, handle) == nil, try findKey(.verifying, handle) == nil else {
                throw MasterKeyError(
                    code: .credential,
                    description: "the token has an Ed25519 key with the label \(configuration.keyLabel) already")
            }
            var (yes, no): (CK_BYTE, CK_BYTE) = (1, 0)
            var (curve, label) = (Self.curve, Array(configuration.keyLabel.utf8))
            try withUnsafeMutablePointer(to: &yes) { yes in
                try withUnsafeMutablePointer(to: &no) { no in
                    try curve.withUnsafeMutableBytes { curve in
                        try label.withUnsafeMutableBytes { label in
                            try generate(handle, curve, label, yes: yes, no: no)
                        }
                    }
                }
            }
        }
    }

    private func generate(
        _ handle: CK_SESSION_HANDLE, _ curve: UnsafeMutableRawBufferPointer, _ label: UnsafeMutableRawBufferPointer,
        yes: UnsafeMutablePointer<CK_BYTE>, no: UnsafeMutablePointer<CK_BYTE>
    ) throws {
        typealias Attribute = Cryptoki.Attribute
        var verifying = [
            CK_ATTRIBUTE(type: Attribute.curve, pValue: curve.baseAddress, ulValueLen: CK_ULONG(curve.count)),
            CK_ATTRIBUTE(type: Attribute.label, pValue: label.baseAddress, ulValueLen: CK_ULONG(label.count)),
            CK_ATTRIBUTE(type: Attribute.token, pValue: yes, ulValueLen: 1),
            CK_ATTRIBUTE(type: Attribute.verify, pValue: yes, ulValueLen: 1),
        ]
        var signing = [
            CK_ATTRIBUTE(type: Attribute.label, pValue: label.baseAddress, ulValueLen: CK_ULONG(label.count)),
            CK_ATTRIBUTE(type: Attribute.token, pValue: yes, ulValueLen: 1),
            CK_ATTRIBUTE(type: Attribute.isPrivate, pValue: yes, ulValueLen: 1),
            CK_ATTRIBUTE(type: Attribute.sensitive, pValue: yes, ulValueLen: 1),
            CK_ATTRIBUTE(type: Attribute.sign, pValue: yes, ulValueLen: 1),
            CK_ATTRIBUTE(type: Attribute.extractable, pValue: no, ulValueLen: 1),
        ]
        var mechanism = CK_MECHANISM(
            mechanism: Cryptoki.Mechanism.edwardsKeyPairGeneration, pParameter: nil, ulParameterLen: 0)
        var (publicKey, privateKey): (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) = (0, 0)
        try check(
            "C_GenerateKeyPair",
            functions.C_GenerateKeyPair?(
                handle, &mechanism, &verifying, CK_ULONG(verifying.count), &signing, CK_ULONG(signing.count),
                &publicKey, &privateKey))
    }
}
