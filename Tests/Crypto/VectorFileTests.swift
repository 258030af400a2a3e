import FieldsealSecureMemory
import Foundation
import Testing

@testable import FieldsealCrypto

/// The committed vectors are what this implementation makes, and it opens them from the file alone.
///
/// With FIELDSEAL_WRITE_VECTORS set, the file is written anew.
struct VectorFileTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Vectors/ciphertext.json")

    private func read() throws -> VectorFile {
        try JSONDecoder().decode(VectorFile.self, from: Data(contentsOf: Self.file))
    }

    @Test func theFileIsWhatThisImplementationMakes() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let made = try VectorFile.make()
        if ProcessInfo.processInfo.environment["FIELDSEAL_WRITE_VECTORS"] != nil {
            try (encoder.encode(made) + Data("\n".utf8)).write(to: Self.file)
        }
        #expect(try read() == made)
    }

    private func cipher(_ value: VectorFile.Value) throws -> FieldCipher {
        var options: FieldCipher.Options = []
        if value.rowBound { options.insert(.rowBound) }
        if value.recordKeys { options.insert(.recordKeys) }
        return try FieldCipher(
            key: secret(hex(value.fieldKey)), version: #require(KeyVersion(value.version)),
            field: #require(ObjectID(value.field)), suite: #require(CipherSuite(rawValue: value.suite)),
            options: options)
    }

    private func open(_ sealed: [UInt8], like value: VectorFile.Value) throws -> [UInt8] {
        let cipher = try cipher(value)
        var output = [UInt8](repeating: 0, count: cipher.openedCount(sealedCount: sealed.count) ?? 0)
        try output.withUnsafeMutableBytes { output in
            try sealed.withUnsafeBytes { sealed in
                try withOptional(value.recordID.map(hex)) { record in
                    try withOptional(value.context.map(hex)) { context in
                        try cipher.open(sealed, recordID: record, context: context, into: output)
                    }
                }
            }
        }
        return output
    }

    @Test func valuesOpen() throws {
        for (index, value) in try read().values.enumerated() {
            #expect(try open(hex(value.sealed), like: value) == hex(value.plaintext), "value \(index)")
        }
    }

    @Test func refusedValuesDoNotOpen() throws {
        let file = try read()
        #expect(file.refused.count > 200)
        for refused in file.refused {
            let code = refusal { _ = try open(hex(refused.sealed), like: file.values[refused.of]) }
            #expect(code.map { CryptoError($0).isRejection } == true, "\(refused.why) of value \(refused.of)")
        }
    }

    @Test func wrappedAndSealedKeysOpen() throws {
        let file = try read()
        for wrapped in file.wrappedKeys {
            let key = try KeyWrapping(under: secret(hex(wrapped.parent))).unwrap(
                hex(wrapped.wrapped), as: wrapped.identity.identity(), binding: hex(wrapped.binding))
            #expect(hexString(key.revealed) == wrapped.key)
        }
        for sealed in file.sealedKeys {
            let pair = try KeyAgreementKeyPair(X25519PrivateKey(secret(hex(sealed.recipientPrivate))))
            let key = try pair.open(hex(sealed.sealed), identity: sealed.identity, context: hex(sealed.context))
            #expect(hexString(key.revealed) == sealed.key)
        }
    }
}
