import FieldsealCrypto
import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

@Suite struct EnvelopeTests {
    /// Keeps the key in its ciphertext, which stands for a provider that works.
    struct PlainKey: RemoteKey {
        static let title = "the test's provider"
        static let format = WrapFormat.vaultTransit
        var name = "key:v1"
        var padding = 0

        func encrypt(_ key: SharedSecret, for identity: KeyIdentity) async throws -> EncryptedKey {
            let bytes = key.bytes.withUnsafeBytes { Array($0) }
            return EncryptedKey(keyName: name, ciphertext: bytes + [UInt8](repeating: 0, count: padding))
        }

        func decrypt(_ encrypted: EncryptedKey, for identity: KeyIdentity) async throws -> SharedSecret {
            SharedSecret(try SecretBytes(copying: Array(encrypted.ciphertext.prefix(32))))
        }
    }

    @Test func theFormIsAsDocumented() async throws {
        let key = try SecretBytes.random(count: 32)
        let wrapped = try await Envelope.wrap(key, as: ProviderTrial.identity, under: PlainKey())
        #expect(Array(wrapped[..<9]) == [3, 0, 6] + Array("key:v1".utf8))
        #expect(Array(wrapped[9..<11]) == [0, 32])
        #expect(wrapped.count == 11 + 32 + 32 + KeyWrapping.overhead)
        let envelope = try Envelope(parsing: wrapped, format: .vaultTransit, title: "")
        #expect(envelope.encrypted.keyName == "key:v1")
        #expect(throws: MasterKeyError.self) { _ = try Envelope(parsing: wrapped, format: .awsKMS, title: "AWS KMS") }
        let opened = try await Envelope.unwrap(wrapped, as: ProviderTrial.identity, under: PlainKey())
        let isSame = constantTimeEquals(key, opened)
        #expect(isSame)
    }

    @Test func everyByteIsBound() async throws {
        let key = try SecretBytes.random(count: 32)
        let wrapped = try await Envelope.wrap(key, as: ProviderTrial.identity, under: PlainKey())
        for position in wrapped.indices {
            var altered = wrapped
            altered[position] ^= 1
            let code = await code {
                _ = try await Envelope.unwrap(altered, as: ProviderTrial.identity, under: PlainKey())
            }
            #expect(code == .refused || code == .malformed, "byte \(position)")
        }
        for count in 0..<wrapped.count {
            let code = await code {
                _ = try await Envelope.unwrap(Array(wrapped[..<count]), as: ProviderTrial.identity, under: PlainKey())
            }
            #expect(code == .malformed || code == .refused, "\(count) bytes")
        }
    }

    @Test func partsAreBounded() async throws {
        let key = try SecretBytes.random(count: 32)
        for remote in [
            PlainKey(name: ""), PlainKey(name: String(repeating: "x", count: 4_097)), PlainKey(padding: 4_065),
        ] {
            #expect(
                await code { _ = try await Envelope.wrap(key, as: ProviderTrial.identity, under: remote) } == .malformed
            )
        }
        let longest = PlainKey(name: String(repeating: "x", count: 4_096), padding: 4_064)
        let wrapped = try await Envelope.wrap(key, as: ProviderTrial.identity, under: longest)
        _ = try await Envelope.unwrap(wrapped, as: ProviderTrial.identity, under: longest)
    }
}
