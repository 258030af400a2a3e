import FieldsealSecureMemory
import Foundation
import Testing

@testable import FieldsealCrypto

/// A field, its key and ciphers over them.
struct Field {
    let id = ObjectID.random()
    let version = KeyVersion.random()
    let key = [UInt8](repeating: 7, count: 32)

    func cipher(
        _ suite: CipherSuite, _ options: FieldCipher.Options = [], id: ObjectID? = nil, version: KeyVersion? = nil,
        key: [UInt8]? = nil, subject: SubjectKey? = nil
    ) throws -> FieldCipher {
        try FieldCipher(
            key: secret(key ?? self.key), version: version ?? self.version, field: id ?? self.id, suite: suite,
            options: options, subject: subject)
    }

    func dualCipher(
        _ options: FieldCipher.Options = [], id: ObjectID? = nil, version: KeyVersion? = nil, key: [UInt8]? = nil,
        subject: SubjectKey? = nil
    ) throws -> DualCipher {
        try DualCipher(
            key: secret(key ?? self.key), version: version ?? self.version, field: id ?? self.id, options: options,
            subject: subject)
    }
}

func record(_ number: Int64) throws -> RecordIdentifier {
    var record = RecordIdentifier()
    try record.append(integer: number)
    return record
}

let randomisedSuites = CipherSuite.allCases.filter { !$0.isDeterministic }

struct FieldCipherTests {
    private let field = Field()
    private let text = Array("héllo, wörld".utf8)

    @Test(arguments: CipherSuite.allCases, [0, 1, 15, 16, 17, 31, 32, 33, 1000, 70_000])
    func opensWhatItSealed(suite: CipherSuite, count: Int) throws {
        let cipher = try field.cipher(suite)
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = try cipher.seal(plaintext)
        #expect(sealed.count == count + 12 + suite.overhead)
        #expect(try cipher.open(sealed) == plaintext)
        #expect(try field.cipher(suite).open(sealed) == plaintext)
    }

    @Test func sizes() {
        let added = CipherSuite.allCases.map { CiphertextHeader.fixedCount + $0.overhead }
        #expect(added == [40, 40, 52, 84, 28])
    }

    @Test func theDeterministicSuiteGivesEqualCiphertextsOthersDoNot() throws {
        for suite in CipherSuite.allCases {
            let cipher = try field.cipher(suite)
            #expect((try cipher.seal(text) == cipher.seal(text)) == suite.isDeterministic)
        }
    }

    @Test(arguments: CipherSuite.allCases)
    func everyFlippedBitIsRefused(suite: CipherSuite) throws {
        let cipher = try field.cipher(suite)
        let sealed = try cipher.seal(text, context: Array("tenant".utf8))
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << bit
                let code = refusal { _ = try cipher.open(changed, context: Array("tenant".utf8)) }
                #expect(code != nil && CryptoError(code ?? .library).isRejection, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test(arguments: CipherSuite.allCases)
    func everyOtherLengthIsRefused(suite: CipherSuite) throws {
        let cipher = try field.cipher(suite)
        let sealed = try cipher.seal(text)
        for count in 0..<sealed.count {
            #expect(refusal { _ = try cipher.open(Array(sealed.prefix(count))) } != nil, "\(count) bytes")
        }
        for extra in [[0], [0xFF], [UInt8](repeating: 0, count: 16)] as [[UInt8]] {
            #expect(refusal { _ = try cipher.open(sealed + extra) } == .tag)
        }
    }

    @Test(arguments: CipherSuite.allCases)
    func aValueOfAnotherFieldVersionOrKeyIsRefused(suite: CipherSuite) throws {
        let sealed = try field.cipher(suite).seal(text)
        #expect(refusal { _ = try field.cipher(suite, id: .random()).open(sealed) } == .tag)
        #expect(refusal { _ = try field.cipher(suite, version: .random()).open(sealed) } == .version)
        let otherKey = [UInt8](repeating: 8, count: 32)
        let expected: CryptoError.Code = suite == .xaes256GCMCommitting ? .commitment : .tag
        #expect(refusal { _ = try field.cipher(suite, key: otherKey).open(sealed) } == expected)
        for other in CipherSuite.allCases where other != suite {
            let code = refusal { _ = try field.cipher(other).open(sealed) }
            #expect(code == .suite || code == .malformed)
        }
    }

    @Test(arguments: randomisedSuites, [FieldCipher.Options.rowBound, .recordKeys, [.rowBound, .recordKeys]])
    func aValueOfAnotherRowIsRefused(suite: CipherSuite, options: FieldCipher.Options) throws {
        let cipher = try field.cipher(suite, options)
        let sealed = try cipher.seal(text, record: record(1))
        #expect(try cipher.open(sealed, record: record(1)) == text)
        #expect(refusal { _ = try cipher.open(sealed, record: record(2)) } != nil)
        #expect(refusal { _ = try cipher.open(sealed, record: RecordIdentifier()) } != nil)
        #expect(refusal { _ = try cipher.open(sealed) } == .parameter)
        #expect(refusal { _ = try cipher.seal(text) } == .parameter)
        #expect(refusal { _ = try field.cipher(suite).open(sealed, record: record(1)) } == .flags)
        // The cipher still works after refusals.
        #expect(try cipher.open(cipher.seal(text, record: record(3)), record: record(3)) == text)
    }

    @Test(arguments: CipherSuite.allCases)
    func anotherContextIsRefused(suite: CipherSuite) throws {
        let cipher = try field.cipher(suite)
        let sealed = try cipher.seal(text, context: [])
        #expect(sealed[2] == 16)
        #expect(try cipher.open(sealed, context: []) == text)
        #expect(refusal { _ = try cipher.open(sealed) } == .flags)
        #expect(refusal { _ = try cipher.open(sealed, context: [0]) } == .tag)
        #expect(refusal { _ = try cipher.open(cipher.seal(text), context: []) } == .flags)
    }

    @Test func aRecordIdThatIsNotBoundIsIgnored() throws {
        let cipher = try field.cipher(.aes256GCM)
        #expect(try cipher.open(cipher.seal(text, record: record(1)), record: record(2)) == text)
    }

    @Test func recordAndContextCannotTradeBytes() throws {
        let cipher = try field.cipher(.aes256GCM, .rowBound)
        var whole = RecordIdentifier()
        try whole.append(text: "ab")
        var front = RecordIdentifier()
        try front.append(text: "a")
        let sealed = try cipher.seal(text, record: whole, context: [])
        #expect(refusal { _ = try cipher.open(sealed, record: front, context: Array("b".utf8)) } == .tag)
    }

    @Test func theDeterministicSuiteRefusesRows() {
        for options in [FieldCipher.Options.rowBound, .recordKeys] {
            #expect(refusal { _ = try field.cipher(.aes256SIV, options) } == .parameter)
        }
    }

    @Test func limits() throws {
        let cipher = try field.cipher(.aes256GCM, .rowBound)
        #expect(cipher.sealedCount(plaintextCount: 1 << 24) == (1 << 24) + 40)
        #expect(cipher.sealedCount(plaintextCount: (1 << 24) + 1) == nil)
        #expect(cipher.sealedCount(plaintextCount: -1) == nil)
        #expect(cipher.openedCount(sealedCount: 39) == nil)
        #expect(cipher.openedCount(sealedCount: .min) == nil)
        #expect(cipher.openedCount(sealedCount: .max) == nil)
        let long = [UInt8](repeating: 0, count: FieldCipher.maximumContextCount)
        #expect(
            try cipher.open(cipher.seal(text, record: record(1), context: long), record: record(1), context: long)
                == text)
        #expect(refusal { _ = try cipher.seal(text, record: record(1), context: long + [0]) } == .size)
    }

    @Test func wrongBufferSizesAreRefused() throws {
        let cipher = try field.cipher(.aes256GCM)
        let nonces = try NonceSource()
        for count in [0, 39, 41] {
            var output = [UInt8](repeating: 0, count: count)
            #expect(
                refusal {
                    try output.withUnsafeMutableBytes {
                        try cipher.seal(.empty, recordID: nil, context: nil, nonces: nonces, into: $0)
                    }
                } == .size)
        }
    }

    @Test func aFailedOpenWipesTheOutput() throws {
        for suite in CipherSuite.allCases {
            let cipher = try field.cipher(suite)
            var sealed = try cipher.seal(text)
            sealed[sealed.count - 1] ^= 1
            var output = [UInt8](repeating: 0xAA, count: text.count)
            let code = refusal {
                try output.withUnsafeMutableBytes { output in
                    try sealed.withUnsafeBytes { try cipher.open($0, recordID: nil, context: nil, into: output) }
                }
            }
            #expect(code == .tag)
            #expect(output == [UInt8](repeating: 0, count: text.count))
        }
    }

    @Test func aKeyOfTheWrongSizeIsRefused() {
        for count in [0, 16, 31, 33, 64] {
            #expect(refusal { _ = try field.cipher(.aes256GCM, key: [UInt8](repeating: 0, count: count)) } == .key)
        }
    }
}

struct CipherSuiteTests {
    @Test func thePreferredSuiteFollowsTheCPU() throws {
        let cpu = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        let features = Set(cpu.split { " \t\n".contains($0) })
        let hasAES = features.contains("aes") && (features.contains("pclmulqdq") || features.contains("pmull"))
        #expect(CipherSuite.preferred == (hasAES ? .aes256GCM : .chaCha20Poly1305))
    }
}

struct CiphertextHeaderTests {
    /// What parses says the same bytes again.
    @Test func oneEncodingForEachHeader() throws {
        var parsed = 0
        for suite in UInt8.min...8 {
            for flags in UInt8.min...UInt8.max {
                for last in [UInt8(0), 1] {
                    let bytes = [0xF5, suite, flags, 1, 2, 3, 4, 5, 6, 7, 8, last] + [UInt8](repeating: 9, count: 216)
                    let header = try? bytes.withBytes { bytes throws(CryptoError) in
                        try CiphertextHeader(reading: bytes)
                    }
                    guard let header else { continue }
                    #expect(header.bytes == Array(bytes.prefix(flags & 4 == 0 ? 12 : 28)))
                    #expect(header.bytes.count == header.count)
                    parsed += 1
                }
            }
        }
        #expect(parsed == 6 * 16)
    }

    @Test func layout() throws {
        let version = try #require(KeyVersion("0123456789abcdef"))
        let header = CiphertextHeader(suite: .xaes256GCM, flags: [.rowBound, .context], version: version)
        #expect(hexString(header.bytes) == "f503110123456789abcdef00")
        let sealed = header.bytes + [UInt8](repeating: 0, count: 40)
        #expect(try sealed.withBytes { bytes throws(CryptoError) in try CiphertextHeader(reading: bytes) } == header)
    }

    @Test func aSubjectKeyAndAnOlderVersionFollow() throws {
        let version = try #require(KeyVersion("0123456789abcdef"))
        let before = try #require(KeyVersion("fedcba9876543210"))
        let subject = try #require(ObjectID("00112233-4455-4677-8899-aabbccddeeff"))
        let header = CiphertextHeader(form: .dual(before: before), flags: .context, version: version, subject: subject)
        #expect(hexString(header.bytes) == "f506140123456789abcdef0000112233445546778899aabbccddeeff")
        #expect(header.overhead == 212 + 16)
        let front = header.bytes + hex("fedcba9876543210")
        func read(_ sealed: [UInt8]) throws(CryptoError) -> CiphertextHeader {
            try sealed.withBytes { bytes throws(CryptoError) in try CiphertextHeader(reading: bytes) }
        }
        #expect(try read(front + [UInt8](repeating: 0, count: 192)) == header)
        #expect(refusal { _ = try read(front + [UInt8](repeating: 0, count: 191)) } == .malformed)
        // An older version that is none, or the newer one.
        for older in ["0000000000000000", "0123456789abcdef"] {
            #expect(
                refusal { _ = try read(header.bytes + hex(older) + [UInt8](repeating: 0, count: 192)) } == .malformed)
        }
        let short = hex("f501040123456789abcdef00") + [UInt8](repeating: 0, count: 43)
        #expect(refusal { _ = try read(short) } == .malformed)
        #expect(try read(short + [0]).subject == .zero)
    }

    @Test(arguments: [
        ("f4010001000000000000000 0".filter { $0 != " " }, CryptoError.Code.malformed),
        ("f50000010000000000000000", .suite), ("f50700010000000000000000", .suite),
        ("f5ff00010000000000000000", .suite), ("f50140010000000000000000", .flags),
        ("f50108010000000000000000", .flags), ("f50120010000000000000000", .flags),
        ("f50180010000000000000000", .flags), ("f50100010000000000000001", .malformed),
        ("f50100000000000000000000", .malformed),
    ])
    func refuses(digits: String, code: CryptoError.Code) {
        let sealed = hex(digits) + [UInt8](repeating: 0, count: 100)
        #expect(
            refusal { _ = try sealed.withBytes { bytes throws(CryptoError) in try CiphertextHeader(reading: bytes) } }
                == code)
    }
}
