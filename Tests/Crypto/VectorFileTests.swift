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
            options: options, subject: subject(value.subject, value.subjectKey))
    }

    private func subject(_ id: String?, _ key: String?) throws -> SubjectKey? {
        guard let id, let key else { return nil }
        return try SubjectKey(id: #require(ObjectID(id)), key: secret(hex(key)))
    }

    /// Opens with the newer version, and with the older one.
    private func openings(_ sealed: [UInt8], like value: VectorFile.DualValue) throws -> [() throws -> [UInt8]] {
        var options: FieldCipher.Options = []
        if value.rowBound { options.insert(.rowBound) }
        if value.recordKeys { options.insert(.recordKeys) }
        return try [value.newer, value.older].map { version in
            let cipher = try DualCipher(
                key: secret(hex(version.fieldKey)), version: #require(KeyVersion(version.version)),
                field: #require(ObjectID(value.field)), options: options,
                subject: subject(value.subject, value.subjectKey))
            return {
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
        }
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

    @Test func dualValuesOpenUnderEitherVersion() throws {
        let file = try read()
        #expect(!file.dualValues.isEmpty)
        for value in file.dualValues {
            for open in try openings(hex(value.sealed), like: value) { #expect(try open() == hex(value.plaintext)) }
        }
        #expect(file.refusedDualValues.count > 100)
        for refused in file.refusedDualValues {
            for open in try openings(hex(refused.sealed), like: file.dualValues[refused.of]) {
                let code = refusal { _ = try open() }
                #expect(code.map { CryptoError($0).isRejection } == true, "\(refused.why) of value \(refused.of)")
            }
        }
    }

    @Test func wrappedAndSealedKeysOpen() throws {
        let file = try read()
        for wrapped in file.wrappedKeys {
            let key = try KeyWrapping(under: secret(hex(wrapped.parent))).unwrap(
                hex(wrapped.wrapped), as: wrapped.identity.identity(), binding: hex(wrapped.binding))
            #expect(hexString(key.revealed) == wrapped.key)
        }
        for wrapped in file.wrappedSubjectKeys {
            let wrapping = try KeyWrapping(under: secret(hex(wrapped.parent)))
            let identity = SubjectKeyIdentity(
                id: try #require(ObjectID(wrapped.id)), table: try #require(ObjectID(wrapped.table)),
                wrapping: try #require(KeyVersion(wrapped.wrapping)))
            #expect(hexString(try wrapping.unwrap(hex(wrapped.wrapped), as: identity).revealed) == wrapped.key)
            for other in [
                SubjectKeyIdentity(id: .random(), table: identity.table, wrapping: identity.wrapping),
                SubjectKeyIdentity(id: identity.id, table: .random(), wrapping: identity.wrapping),
                SubjectKeyIdentity(id: identity.id, table: identity.table, wrapping: .random()),
            ] {
                #expect(refusal { _ = try wrapping.unwrap(hex(wrapped.wrapped), as: other) } == .tag)
            }
        }
        for sealed in file.sealedKeys {
            let pair = try KeyAgreementKeyPair(X25519PrivateKey(secret(hex(sealed.recipientPrivate))))
            let key = try pair.open(hex(sealed.sealed), identity: sealed.identity, context: hex(sealed.context))
            #expect(hexString(key.revealed) == sealed.key)
        }
    }
}
