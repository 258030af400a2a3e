import FieldsealSecureMemory
import Testing

@testable import FieldsealCrypto

/// Two versions of a field's key and the values that both seal.
private struct Transition {
    let field = Field()
    let newer = KeyVersion.random()
    let older = KeyVersion.random()
    let newerKey = [UInt8](repeating: 1, count: 32)
    let olderKey = [UInt8](repeating: 2, count: 32)

    func after(_ options: FieldCipher.Options = [], subject: SubjectKey? = nil) throws -> DualCipher {
        try field.dualCipher(options, version: newer, key: newerKey, subject: subject)
    }

    func before(_ options: FieldCipher.Options = [], subject: SubjectKey? = nil) throws -> DualCipher {
        try field.dualCipher(options, version: older, key: olderKey, subject: subject)
    }

    func both(_ options: FieldCipher.Options = [], subject: SubjectKey? = nil) throws -> [DualCipher] {
        [try after(options, subject: subject), try before(options, subject: subject)]
    }
}

private let allOptions: [FieldCipher.Options] = [[], .rowBound, .recordKeys, [.rowBound, .recordKeys]]

struct DualCipherTests {
    private let transition = Transition()
    private let text = Array("héllo, wörld".utf8)

    @Test(arguments: allOptions, [false, true])
    func eitherVersionOpensWhatBothSealed(options: FieldCipher.Options, hasSubject: Bool) throws {
        let subject = hasSubject ? try SubjectKey.test() : nil
        for count in [0, 1, 15, 16, 17, 1000, 70_000] {
            let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            for context in [nil, [], Array("tenant".utf8)] as [[UInt8]?] {
                let sealed = try transition.after(options, subject: subject).seal(
                    plaintext, before: transition.before(options, subject: subject), record: record(1), context: context
                )
                #expect(sealed.count == count + 212 + (hasSubject ? 16 : 0))
                for cipher in try transition.both(options, subject: subject) {
                    #expect(try cipher.open(sealed, record: record(1), context: context) == plaintext)
                }
            }
        }
    }

    @Test func theOverheadIsTheSumOfTheParts() {
        let wrap: Int = CipherSuite.xaes256GCM.overhead + KeyDerivation.keyCount
        let parts: [Int] = [KeyVersion.byteCount, wrap, wrap, DualCipher.commitmentCount, CipherSuite.tagCount]
        #expect(parts == [8, 72, 72, 32, 16])
        #expect(parts.reduce(0, +) == DualCipher.overhead)
        #expect(CiphertextHeader.fixedCount + DualCipher.overhead == 212)
    }

    @Test func layout() throws {
        let sealed = try transition.after().seal(text, before: transition.before())
        #expect(sealed[1] == 6)
        let header = try sealed.withBytes { bytes throws(CryptoError) in try CiphertextHeader(reading: bytes) }
        #expect(header.form == .dual(before: transition.older))
        #expect(header.version == transition.newer)
        #expect(header.suite == nil)
    }

    @Test(arguments: [false, true])
    func everyFlippedBitIsRefusedByEitherVersion(hasSubject: Bool) throws {
        let subject = hasSubject ? try SubjectKey.test() : nil
        let sealed = try transition.after(.rowBound, subject: subject).seal(
            text, before: transition.before(.rowBound, subject: subject), record: record(1),
            context: Array("tenant".utf8))
        for cipher in try transition.both(.rowBound, subject: subject) {
            for index in sealed.indices {
                for bit in 0..<8 {
                    var changed = sealed
                    changed[index] ^= 1 << bit
                    let code = refusal {
                        _ = try cipher.open(changed, record: record(1), context: Array("tenant".utf8))
                    }
                    #expect(code != nil && CryptoError(code ?? .library).isRejection, "bit \(bit) of byte \(index)")
                }
            }
            #expect(try cipher.open(sealed, record: record(1), context: Array("tenant".utf8)) == text)
        }
    }

    @Test func everyOtherLengthIsRefused() throws {
        let sealed = try transition.after().seal(text, before: transition.before())
        for cipher in try transition.both() {
            for count in 0..<sealed.count {
                #expect(refusal { _ = try cipher.open(Array(sealed.prefix(count))) } != nil, "\(count) bytes")
            }
            #expect(refusal { _ = try cipher.open(sealed + [0]) } == .tag)
        }
    }

    @Test func swappedPartsAreRefused() throws {
        let sealed = try transition.after().seal(text, before: transition.before())
        let other = try transition.after().seal(text, before: transition.before())
        let wraps = (20..<92, 92..<164)
        var swapped = sealed
        swapped.replaceSubrange(wraps.0, with: sealed[wraps.1])
        swapped.replaceSubrange(wraps.1, with: sealed[wraps.0])
        var exchanged = sealed
        exchanged.replaceSubrange(3..<11, with: sealed[12..<20])
        exchanged.replaceSubrange(12..<20, with: sealed[3..<11])
        var both = swapped
        both.replaceSubrange(0..<20, with: exchanged[0..<20])
        var mixed: [[UInt8]] = [swapped, exchanged, both]
        for part in [wraps.0, wraps.1, 20..<164, 164..<196, 196..<sealed.count, 20..<196] {
            var value = sealed
            value.replaceSubrange(part, with: other[part])
            mixed.append(value)
        }
        for value in mixed {
            for cipher in try transition.both() {
                let code = refusal { _ = try cipher.open(value) }
                #expect(code.map { CryptoError($0).isRejection } == true)
            }
        }
    }

    /// A sealer that holds both keys cannot make a value that opens to one text under one version and to another under
    /// the other: the commitment stands for one content key.
    @Test func theVersionsCannotBeToldDifferentTexts() throws {
        var draws = 0
        let (after, before) = (try transition.after(), try transition.before())
        let one = try after.seal(text, before: before) { key in
            key.copyBytes(from: [UInt8](repeating: 5, count: 32))
        }
        let other = try after.seal(text, before: before) { key in
            draws += 1
            key.copyBytes(from: [UInt8](repeating: 6, count: 32))
        }
        #expect(draws == 1)
        var forged = one
        // The older wrap now holds another key; it opens, since its associated data is the same in both values.
        forged.replaceSubrange(92..<164, with: other[92..<164])
        #expect(refusal { _ = try before.open(forged) } == .commitment)
        #expect(refusal { _ = try after.open(forged) } == .tag)
    }

    @Test(arguments: allOptions)
    func anotherFieldVersionKeyOrRowIsRefused(options: FieldCipher.Options) throws {
        let sealed = try transition.after(options).seal(text, before: transition.before(options), record: record(1))
        let field = transition.field
        for (version, key) in [(transition.newer, transition.newerKey), (transition.older, transition.olderKey)] {
            let elsewhere = try field.dualCipher(options, id: .random(), version: version, key: key)
            #expect(refusal { _ = try elsewhere.open(sealed, record: record(1)) } == .tag)
            let otherKey = try field.dualCipher(options, version: version, key: [UInt8](repeating: 9, count: 32))
            #expect(refusal { _ = try otherKey.open(sealed, record: record(1)) } == .tag)
            let cipher = try field.dualCipher(options, version: version, key: key)
            let isOpened = options.isEmpty
            #expect((refusal { _ = try cipher.open(sealed, record: record(2)) } == nil) == isOpened)
            for others in allOptions where others != options {
                let other = try field.dualCipher(others, version: version, key: key)
                #expect(refusal { _ = try other.open(sealed, record: record(1)) } == .flags)
            }
            #expect(refusal { _ = try cipher.open(sealed, record: record(1), context: []) } == .flags)
        }
        let third = try field.dualCipher(options, version: .random(), key: transition.newerKey)
        #expect(refusal { _ = try third.open(sealed, record: record(1)) } == .version)
    }

    @Test func plainAndDualValuesAreNotTakenForEachOther() throws {
        let dual = try transition.after().seal(text, before: transition.before())
        for suite in CipherSuite.allCases {
            let plain = try transition.field.cipher(suite, version: transition.newer, key: transition.newerKey)
            #expect(refusal { _ = try plain.open(dual) } == .suite)
            #expect(refusal { _ = try transition.after().open(plain.seal(text)) } == .suite)
        }
    }

    @Test func bothVersionsHaveToAgree() throws {
        let after = try transition.after()
        #expect(refusal { _ = try after.seal(text, before: after) } == .parameter)
        #expect(
            refusal { _ = try after.seal(text, before: transition.before(.rowBound), record: record(1)) } == .parameter)
        #expect(refusal { _ = try after.seal(text, before: Field().dualCipher()) } == .parameter)
        let owned = try transition.before(subject: .test())
        #expect(refusal { _ = try after.seal(text, before: owned) } == .parameter)
        let bound = try transition.after(.recordKeys)
        #expect(refusal { _ = try bound.seal(text, before: transition.before(.recordKeys)) } == .parameter)
    }

    @Test func aFailedOpenWipesTheOutputAndTheNextOneWorks() throws {
        let sealed = try transition.after().seal(text, before: transition.before())
        for cipher in try transition.both() {
            for index in [sealed.count - 1, 164, 30, 100] {
                var changed = sealed
                changed[index] ^= 1
                var output = [UInt8](repeating: 0xAA, count: text.count)
                let code = refusal {
                    try output.withUnsafeMutableBytes { output in
                        try changed.withUnsafeBytes { try cipher.open($0, recordID: nil, context: nil, into: output) }
                    }
                }
                #expect(code == (index == 164 ? .commitment : .tag))
                // Nothing was written yet, or what was is wiped.
                #expect(Set(output).count == 1)
            }
            #expect(try cipher.open(sealed) == text)
        }
    }

    @Test func garbage() throws {
        var generator = SystemRandomNumberGenerator()
        let front = CiphertextHeader(
            form: .dual(before: transition.older), flags: [], version: transition.newer
        ).bytes
        for _ in 0..<500 {
            let count = Int.random(in: 0...400, using: &generator)
            let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            for cipher in try transition.both() {
                #expect(refusal { _ = try cipher.open(noise) } != nil)
                #expect(refusal { _ = try cipher.open(front + noise) } != nil)
            }
        }
    }
}

struct SubjectKeyTests {
    private let field = Field()
    private let text = Array("héllo, wörld".utf8)

    @Test(arguments: randomisedSuites, allOptions)
    func onlyTheSubjectsOwnKeyOpens(suite: CipherSuite, options: FieldCipher.Options) throws {
        let subject = try SubjectKey.test()
        let cipher = try field.cipher(suite, options, subject: subject)
        let sealed = try cipher.seal(text, record: record(1))
        #expect(sealed.count == text.count + 28 + suite.overhead)
        #expect(try cipher.open(sealed, record: record(1)) == text)
        #expect(sealed[2] & 4 == 4)
        #expect(Array(sealed[12..<28]) == subject.id.bytes)

        let otherID = try SubjectKey(id: .random(), key: secret([UInt8](repeating: 11, count: 32)))
        let other = try field.cipher(suite, options, subject: otherID)
        #expect(refusal { _ = try other.open(sealed, record: record(1)) } == .subject)
        let otherKey = try SubjectKey(id: subject.id, key: secret([UInt8](repeating: 12, count: 32)))
        let forged = try field.cipher(suite, options, subject: otherKey)
        #expect(
            refusal { _ = try forged.open(sealed, record: record(1)) }
                == (suite == .xaes256GCMCommitting ? .commitment : .tag))
        #expect(refusal { _ = try field.cipher(suite, options).open(sealed, record: record(1)) } == .flags)
        if options.isEmpty {
            #expect(try cipher.open(sealed, record: record(2)) == text)
        } else {
            #expect(refusal { _ = try cipher.open(sealed, record: record(2)) } != nil)
        }
    }

    @Test(arguments: randomisedSuites)
    func everyFlippedBitIsRefused(suite: CipherSuite) throws {
        let cipher = try field.cipher(suite, .recordKeys, subject: .test())
        let sealed = try cipher.seal(text, record: record(1))
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << bit
                let code = refusal { _ = try cipher.open(changed, record: record(1)) }
                #expect(code != nil && CryptoError(code ?? .library).isRejection, "bit \(bit) of byte \(index)")
            }
        }
    }

    /// The id is authenticated even where its key were the same.
    @Test func theIdIsPartOfTheAssociatedData() throws {
        let key = [UInt8](repeating: 11, count: 32)
        let (one, other) = (ObjectID.random(), ObjectID.random())
        let sealed = try field.cipher(.aes256GCM, subject: SubjectKey(id: one, key: secret(key))).seal(text)
        var changed = sealed
        changed.replaceSubrange(12..<28, with: other.bytes)
        let cipher = try field.cipher(.aes256GCM, subject: SubjectKey(id: other, key: secret(key)))
        #expect(refusal { _ = try cipher.open(changed) } == .tag)
    }

    @Test func theDeterministicSuiteRefusesSubjects() throws {
        #expect(refusal { _ = try field.cipher(.aes256SIV, subject: .test()) } == .parameter)
    }

    @Test func aKeyOfTheWrongSizeIsRefused() throws {
        for count in [0, 16, 31, 33] {
            #expect(
                refusal { _ = try SubjectKey(id: .zero, key: secret([UInt8](repeating: 0, count: count))) } == .key)
        }
    }
}

struct SubjectLookupTests {
    @Test func hashesDifferByTableKeyAndSubject() throws {
        let table = ObjectID.random()
        func hash(_ subject: String, _ table: ObjectID, key: UInt8 = 1) throws -> [UInt8] {
            try SubjectLookup(key: secret([UInt8](repeating: key, count: 32)), table: table)
                .hash(of: Array(subject.utf8))
        }
        #expect(try hash("ann", table) == hash("ann", table))
        let hashes = try [hash("ann", table), hash("ben", table), hash("ann", .random()), hash("ann", table, key: 2)]
        #expect(Set(hashes).count == 4)
    }

    @Test func sizes() throws {
        let lookup = try SubjectLookup(key: secret([UInt8](repeating: 1, count: 32)), table: .zero)
        #expect(refusal { _ = try lookup.hash(of: []) } == .size)
        #expect(refusal { _ = try lookup.hash(of: [UInt8](repeating: 0, count: 257)) } == .size)
        #expect(try lookup.hash(of: [UInt8](repeating: 0, count: 256)).count == 32)
    }
}

extension SubjectKey {
    static func test(_ byte: UInt8 = 11) throws -> SubjectKey {
        try SubjectKey(
            id: ObjectID(high: 0x1122_3344_5566_7788, low: UInt64(byte)),
            key: secret([UInt8](repeating: byte, count: 32)))
    }
}

extension DualCipher {
    func seal(
        _ plaintext: [UInt8], before: DualCipher, record: RecordIdentifier? = nil, context: [UInt8]? = nil,
        nonces: [[UInt8]]? = nil, drawKey: (UnsafeMutableRawBufferPointer) -> Void = { try? SecureRandom.fill($0) }
    ) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xAA, count: try #require(sealedCount(plaintextCount: plaintext.count)))
        var nonces = nonces
        try output.withUnsafeMutableBytes { output in
            try plaintext.withUnsafeBytes { plaintext in
                try withOptional(record?.bytes) { record in
                    try withOptional(context) { context in
                        try seal(
                            plaintext, before: before, recordID: record, context: context, into: output,
                            drawKey: { key throws(CryptoError) in drawKey(key) },
                            drawNonce: { target throws(CryptoError) in
                                if let nonce = nonces?.removeFirst() {
                                    target.copyBytes(from: nonce)
                                } else {
                                    try SecureRandom.fill(target)
                                }
                            })
                    }
                }
            }
        }
        return output
    }

    func open(_ sealed: [UInt8], record: RecordIdentifier? = nil, context: [UInt8]? = nil) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xAA, count: openedCount(sealedCount: sealed.count) ?? 0)
        try output.withUnsafeMutableBytes { output in
            try sealed.withUnsafeBytes { sealed in
                try withOptional(record?.bytes) { record in
                    try withOptional(context) { context in
                        try open(sealed, recordID: record, context: context, into: output)
                    }
                }
            }
        }
        return output
    }
}
