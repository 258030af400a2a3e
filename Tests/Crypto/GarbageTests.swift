import FieldsealSecureMemory
import Testing

@testable import FieldsealCrypto

/// Whatever a peer sends is refused with an error, never with a trap.
struct GarbageTests {
    private func garbage(_ generator: inout SystemRandomNumberGenerator, _ limit: Int) -> [UInt8] {
        (0..<Int.random(in: 0...limit, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test(arguments: CipherSuite.allCases)
    func sealedValues(suite: CipherSuite) throws {
        var generator = SystemRandomNumberGenerator()
        let field = Field()
        let cipher = try field.cipher(suite)
        let header = CiphertextHeader(suite: suite, flags: [], version: field.version).bytes
        for _ in 0..<500 {
            let noise = garbage(&generator, 120)
            #expect(refusal { _ = try cipher.open(noise) } != nil)
            #expect(refusal { _ = try cipher.open(header + noise) } != nil)
            #expect(refusal { _ = try cipher.open(Array(header.prefix(noise.count % 13))) } != nil)
        }
    }

    @Test func keysAndTexts() throws {
        var generator = SystemRandomNumberGenerator()
        let wrapping = try KeyWrapping(under: secret([UInt8](repeating: 1, count: 32)))
        let identity = KeyIdentity(kind: .fek, row: .zero, object: .zero, version: .random(), parent: nil)
        let pair = try KeyAgreementKeyPair()
        for _ in 0..<300 {
            let noise = garbage(&generator, 160)
            #expect(refusal { _ = try wrapping.unwrap(noise, as: identity) } != nil)
            #expect(refusal { _ = try pair.open(noise, identity: "", context: []) } != nil)
            let text = Array("fs1:".utf8) + noise
            var output = [UInt8](repeating: 0, count: TextForm.decodedCount(textCount: text.count) ?? 0)
            _ = refusal {
                try output.withUnsafeMutableBytes { output in
                    try text.withUnsafeBytes { try TextForm.decode($0, into: output) }
                }
            }
        }
    }

    @Test func normalisersTakeAnyBytes() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let noise = garbage(&generator, 40)
            let text = Array(String(decoding: noise, as: UTF8.self).utf8)
            for normaliser in IndexNormaliser.allCases {
                _ = refusal { _ = try noise.withUnsafeBytes { try normaliser.normalise($0) } }
                let normalised = try text.withUnsafeBytes { try normaliser.normalise($0) }
                #expect(normalised.withUnsafeBytes { $0.isUTF8 })
            }
        }
    }
}
