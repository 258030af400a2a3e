import FieldsealSecureMemory
import Testing

@testable import FieldsealCrypto

struct KeyDerivationTests {
    private let parent = [UInt8](repeating: 3, count: 32)
    private let object = ObjectID(high: 1, low: 2)
    private let version = KeyVersion(nonZero: 3)

    private func child(
        _ kind: KeyKind = .fek, object: ObjectID? = nil, version: KeyVersion? = nil, salt: UInt8 = 9
    ) throws -> [UInt8] {
        try KeyDerivation.makeChild(
            of: secret(parent), kind: kind, object: object ?? self.object, version: version ?? self.version,
            salt: secret([UInt8](repeating: salt, count: 32))
        ).revealed
    }

    @Test func childrenDifferInAllThatTheyAreDerivedFrom() throws {
        let children = [
            try child(), try child(.dek), try child(object: .zero), try child(version: KeyVersion(nonZero: 4)),
            try child(salt: 8),
        ]
        #expect(Set(children).count == children.count)
        #expect(try child() == children[0])
    }

    /// The salt is fresh and kept nowhere: the same parent gives another key each time.
    @Test func aChildCannotBeDerivedAgain() throws {
        let make = {
            let key = try KeyDerivation.makeChild(
                of: secret(parent), kind: .fek, object: object, version: version)
            return key.revealed
        }
        #expect(try make() != make())
    }

    @Test func useKeysDiffer() throws {
        var keys: [[UInt8]] = []
        for suite in CipherSuite.allCases {
            for use in [KeyUse.seal, .record, .dual, .wrap] {
                let key = try use.key(from: secret(parent), suite: suite.rawValue, count: 32)
                keys.append(key.revealed)
            }
        }
        #expect(Set(keys).count == keys.count)
        #expect(!keys.contains(parent))
    }

    @Test func checkValues() throws {
        let identity = KeyIdentity(kind: .fek, row: .random(), object: object, version: version, parent: nil)
        let other = KeyIdentity(kind: .fek, row: .random(), object: object, version: version, parent: nil)
        let key = try secret(parent)
        let check = try KeyDerivation.checkValue(of: key, as: identity)
        #expect(check.count == 32)
        #expect(try KeyDerivation.isCheckValue(check, of: key, as: identity))
        #expect(try !KeyDerivation.isCheckValue(check, of: key, as: other))
        #expect(try !KeyDerivation.isCheckValue(check, of: secret([UInt8](repeating: 4, count: 32)), as: identity))
        #expect(try !KeyDerivation.isCheckValue([], of: key, as: identity))
        #expect(try check != SHA256.hash(parent))
    }
}

struct KeyWrappingTests {
    private let identity = KeyIdentity(
        kind: .fek, row: .random(), object: .random(), version: .random(),
        parent: .init(object: .random(), version: .random()))
    private let key = [UInt8](0..<32)

    private func wrapping(_ byte: UInt8 = 1) throws -> KeyWrapping {
        try KeyWrapping(under: secret([UInt8](repeating: byte, count: 32)))
    }

    @Test func unwrapsWhatItWrapped() throws {
        for count in [1, 32, 64] {
            let key = [UInt8](repeating: 5, count: count)
            let wrapped = try wrapping().wrap(secret(key), as: identity)
            #expect(wrapped.count == count + 72)
            let unwrapped = try wrapping().unwrap(wrapped, as: identity)
            #expect(unwrapped.revealed == key)
        }
    }

    @Test func everyFlippedByteAndOtherLengthIsRefused() throws {
        let wrapped = try wrapping().wrap(secret(key), as: identity)
        for index in wrapped.indices {
            var changed = wrapped
            changed[index] ^= 0x40
            #expect(refusal { _ = try wrapping().unwrap(changed, as: identity) } != nil)
            #expect(refusal { _ = try wrapping().unwrap(Array(wrapped.prefix(index)), as: identity) } != nil)
        }
        #expect(refusal { _ = try wrapping().unwrap(wrapped + [0], as: identity) } != nil)
    }

    @Test func anotherParentIsRefusedByItsCommitment() throws {
        let wrapped = try wrapping().wrap(secret(key), as: identity)
        #expect(refusal { _ = try wrapping(2).unwrap(wrapped, as: identity) } == .commitment)
    }

    @Test func anotherIdentityIsRefused() throws {
        let wrapped = try wrapping().wrap(secret(key), as: identity, binding: [1])
        let parent = try #require(identity.parent)
        let others = [
            KeyIdentity(
                kind: .dek, row: identity.row, object: identity.object, version: identity.version, parent: parent),
            KeyIdentity(kind: .fek, row: .random(), object: identity.object, version: identity.version, parent: parent),
            KeyIdentity(kind: .fek, row: identity.row, object: .random(), version: identity.version, parent: parent),
            KeyIdentity(kind: .fek, row: identity.row, object: identity.object, version: .random(), parent: parent),
            KeyIdentity(kind: .fek, row: identity.row, object: identity.object, version: identity.version, parent: nil),
        ]
        for other in others {
            #expect(refusal { _ = try wrapping().unwrap(wrapped, as: other, binding: [1]) } == .tag)
        }
        #expect(refusal { _ = try wrapping().unwrap(wrapped, as: identity) } == .tag)
        #expect(refusal { _ = try wrapping().unwrap(wrapped, as: identity, binding: [1, 0]) } == .tag)
        #expect(refusal { _ = try wrapping().unwrap(wrapped, as: identity, binding: [1]) } == nil)
    }
}

struct KeyAgreementTests {
    private let identity = "spiffe://fieldseal.local/service/encryption"
    private let key = [UInt8](0..<32)

    @Test func opensForItsRecipientOnly() throws {
        let (pair, stranger) = (try KeyAgreementKeyPair(), try KeyAgreementKeyPair())
        let sealed = try KeyAgreement.seal(secret(key), to: pair.publicKey, identity: identity, context: [1, 2])
        #expect(sealed.count == 32 + 48)
        let opened = try pair.open(sealed, identity: identity, context: [1, 2])
        #expect(opened.revealed == key)
        #expect(refusal { _ = try stranger.open(sealed, identity: identity, context: [1, 2]) } == .tag)
        #expect(refusal { _ = try pair.open(sealed, identity: identity + "x", context: [1, 2]) } == .tag)
        #expect(refusal { _ = try pair.open(sealed, identity: identity, context: [1]) } == .tag)
    }

    @Test func everyFlippedByteAndOtherLengthIsRefused() throws {
        let pair = try KeyAgreementKeyPair()
        let sealed = try KeyAgreement.seal(secret(key), to: pair.publicKey, identity: identity, context: [])
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x10
            #expect(refusal { _ = try pair.open(changed, identity: identity, context: []) } != nil)
            #expect(refusal { _ = try pair.open(Array(sealed.prefix(index)), identity: identity, context: []) } != nil)
        }
    }

    /// Points of low order would make the secret zero for any private key.
    @Test(arguments: [
        String(repeating: "00", count: 32), "01" + String(repeating: "00", count: 31),
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ])
    func pointsOfLowOrderAreRefused(point: String) {
        #expect(
            refusal { _ = try KeyAgreement.seal(secret(key), to: hex(point), identity: identity, context: []) } == .key)
    }

    @Test func publicKeysOfTheWrongSizeAreRefused() {
        for count in [0, 31, 33] {
            let point = [UInt8](repeating: 9, count: count)
            #expect(
                refusal { _ = try KeyAgreement.seal(secret(key), to: point, identity: identity, context: []) } == .key)
        }
    }
}

struct RowMACTests {
    private func row(_ build: (inout CanonicalRow) -> Void = { _ in }) -> CanonicalRow {
        var row = CanonicalRow(table: "encryption_keys", revision: 7)
        build(&row)
        return row
    }

    @Test func differentRowsHaveDifferentMACs() throws {
        let rows = [
            row(), CanonicalRow(table: "encryption_keys", revision: 8), CanonicalRow(table: "fields", revision: 7),
            row { $0.append("a", Int64(1)) }, row { $0.append("a", Int64(2)) }, row { $0.append("b", Int64(1)) },
            row { $0.append("a", "1") }, row { $0.append("a", [UInt8(1)]) }, row { $0.append("a", true) },
            row { $0.append("a", false) }, row { $0.append("a", String?.none) }, row { $0.append("a", "") },
            row { $0.append("a", [UInt8]()) }, row { $0.append("a", ObjectID.zero) },
            row {
                $0.append("a", "b"); $0.append("c", "d")
            },
            row {
                $0.append("a", "bc"); $0.append("", "d")
            },
        ]
        let mac = try RowMAC(key: secret([UInt8](repeating: 1, count: 32)))
        let macs = try rows.map { try mac.authenticate($0) }
        #expect(Set(macs).count == rows.count)
        for (row, value) in zip(rows, macs) { #expect(try mac.isValid(value, for: row)) }
        #expect(try !mac.isValid(macs[1], for: rows[0]))
        #expect(try !mac.isValid([], for: rows[0]))
        let other = try RowMAC(key: secret([UInt8](repeating: 2, count: 32)))
        #expect(try !other.isValid(macs[0], for: rows[0]))
    }
}

struct ScryptTests {
    @Test(arguments: [(16, 1), (21, 1), (17, 0), (17, 5), (0, 1), (255, 255)] as [(UInt8, UInt8)])
    func parametersOutOfBoundsAreRefused(cost: UInt8, parallelism: UInt8) {
        #expect(refusal { _ = try Scrypt(costExponent: cost, parallelism: parallelism) } == .parameter)
    }

    @Test func derivesWithTheLeastParameters() throws {
        let scrypt = try Scrypt()
        let salt = [UInt8](repeating: 1, count: 32)
        let key = try scrypt.deriveKey(passphrase: secret(Array("correct horse".utf8)), salt: salt)
        // Python: hashlib.scrypt(b"correct horse", salt=b"\1" * 32, n=1 << 17, r=8, p=1, dklen=32, maxmem=1 << 28)
        #expect(hexString(key.revealed) == "676e7425012cd597c1e3a20175a0e113314d780137d01e3ca7b002d3c0cd95e6")
        #expect(refusal { _ = try scrypt.deriveKey(passphrase: secret([]), salt: salt) } == .parameter)
        #expect(refusal { _ = try scrypt.deriveKey(passphrase: secret([1]), salt: [1]) } == .parameter)
    }
}
