import FieldsealSecureMemory
import Testing

@testable import FieldsealCrypto

extension [VectorFile.RecordID.Column] {
    func record() throws -> RecordIdentifier {
        var record = RecordIdentifier()
        for column in self {
            if let integer = column.integer { try record.append(integer: integer) }
            if let text = column.text { try record.append(text: text) }
            if let uuid = column.uuid { try record.append(uuid: #require(ObjectID(uuid))) }
            if let binary = column.binary {
                try hex(binary).withBytes { binary throws(CryptoError) in try record.append(binary: binary) }
            }
            if let date = column.date { try record.append(date: date) }
        }
        return record
    }
}

extension VectorFile.Identity {
    func identity() throws -> KeyIdentity {
        var parent: KeyIdentity.Parent?
        if let object = parentObject, let version = parentVersion {
            parent = .init(object: try #require(ObjectID(object)), version: try #require(KeyVersion(version)))
        }
        return KeyIdentity(
            kind: try #require(KeyKind(rawValue: kind)), row: try #require(ObjectID(row)),
            object: try #require(ObjectID(object)), version: try #require(KeyVersion(version)), parent: parent)
    }
}

extension VectorFile {
    private static let key = [UInt8](0x40..<0x60)
    private static let parent = [UInt8](0x20..<0x40)
    private static let ids = ["6b1f4c1e-2f4a-4d5b-8c6d-7e8f90a1b2c3", "00112233-4455-4677-8899-aabbccddeeff"]

    static func makeWrapped() throws -> [Wrapped] {
        let identities = [
            Identity(
                kind: KeyKind.fek.rawValue, row: ids[0], object: ids[1], version: "0123456789abcdef",
                parentObject: "a0a1a2a3-a4a5-46a7-88a9-aaabacadaeaf", parentVersion: "fedcba9876543210"),
            Identity(kind: KeyKind.master.rawValue, row: ids[0], object: ids[1], version: "0000000000000001"),
        ]
        return try identities.map { fields in
            let identity = try fields.identity()
            let binding = fields.parentObject == nil ? [1, 17, 8, 1] + [UInt8](0xE0...0xFF) : []
            let nonce = [UInt8](0xC0..<0xD8)
            let wrapped = try KeyWrapping(under: secret(parent)).wrap(secret(key), as: identity, binding: binding) {
                $0.copyBytes(from: nonce)
            }
            return Wrapped(
                parent: hexString(parent), identity: fields, binding: hexString(binding), nonce: hexString(nonce),
                key: hexString(key), wrapped: hexString(wrapped),
                check: hexString(try KeyDerivation.checkValue(of: secret(key), as: identity)))
        }
    }

    static func makeSealedKeys() throws -> [SealedKey] {
        let (recipient, ephemeral) = ([UInt8](0x60..<0x80), [UInt8](0x80..<0xA0))
        let identity = "spiffe://fieldseal.local/service/encryption"
        let publicKey = try X25519PrivateKey(secret(recipient)).publicKey()
        let object = try #require(ObjectID(ids[1]))
        let contexts = [
            KeyAgreement.context(.fek, object: object, version: KeyVersion(nonZero: 7)),
            KeyAgreement.context(.index, object: object, version: nil),
            KeyAgreement.subjectContext(object),
        ]
        return try contexts.map { context in
            let sealed = try KeyAgreement.seal(
                secret(key), to: publicKey, identity: identity, context: context,
                ephemeral: X25519PrivateKey(secret(ephemeral)))
            return SealedKey(
                recipientPrivate: hexString(recipient), recipientPublic: hexString(publicKey),
                ephemeralPrivate: hexString(ephemeral), identity: identity, context: hexString(context),
                key: hexString(key), sealed: hexString(sealed))
        }
    }

    static func makeWrappedSubjectKeys() throws -> [WrappedSubjectKey] {
        let (id, table) = (try #require(ObjectID(ids[0])), try #require(ObjectID(ids[1])))
        let identity = SubjectKeyIdentity(id: id, table: table, wrapping: KeyVersion(nonZero: 7))
        let nonce = [UInt8](0xC0..<0xD8)
        let wrapped = try KeyWrapping(under: secret(parent)).wrap(secret(key), as: identity) {
            $0.copyBytes(from: nonce)
        }
        return [
            WrappedSubjectKey(
                parent: hexString(parent), id: ids[0], table: ids[1], wrapping: identity.wrapping.description,
                nonce: hexString(nonce), key: hexString(key), wrapped: hexString(wrapped))
        ]
    }

    static func makeSubjectLookups() throws -> [SubjectLookupHash] {
        try ["ann@example.org", "7"].map { subject in
            let lookup = try SubjectLookup(key: secret(key), table: #require(ObjectID(ids[1])))
            return SubjectLookupHash(
                key: hexString(key), table: ids[1], subject: hexString(Array(subject.utf8)),
                hash: hexString(try lookup.hash(of: Array(subject.utf8))))
        }
    }

    static func makeRows() throws -> [Row] {
        let columns: [Row.Column] = [
            .init(name: "id", uuid: ids[0]), .init(name: "key_type", text: "fek"),
            .init(name: "is_active", boolean: true),
            .init(name: "encrypted_key", binary: "00ff"), .init(name: "expires_at"),
            .init(name: "rotation_count", integer: -3),
        ]
        var row = CanonicalRow(table: "encryption_keys", revision: 7)
        for column in columns { try row.append(column) }
        return [
            Row(
                key: hexString(key), table: "encryption_keys", revision: 7, columns: columns,
                encoding: hexString(row.bytes), mac: hexString(try RowMAC(key: secret(key)).authenticate(row)))
        ]
    }

    static func makeAuditHashes() throws -> [AuditHashValue] {
        try ["", "0100000008000000000000002a"].map { encoding in
            let hash = try AuditHash(key: secret(key))
            var output = [UInt8](repeating: 0, count: 16)
            let table = try #require(ObjectID(ids[1]))
            try output.withUnsafeMutableBytes { output in
                try hex(encoding).withUnsafeBytes { try hash.hash(table: table, recordID: $0, into: output) }
            }
            return AuditHashValue(key: hexString(key), table: ids[1], recordID: encoding, hash: hexString(output))
        }
    }

    static func makeIndexes() throws -> [Index] {
        let values: [(String, IndexNormaliser, Int)] = [
            ("ann@example.org", .none, 256), ("", .none, 1), ("Ann", .none, 13),
            ("\u{3000} Straße ﬁn \u{85}", .trim, 64), (" Ann@EXAMPLE.org\n", .email, 128),
            ("STRASSE ẞ ﬁ ① ｶﾞ Å İ Σίσυφος", .casefold, 128),
            ("q\u{307}\u{323} \u{1E9B}\u{323} \u{345}\u{301}", .casefold, 128),
            ("각 \u{1100}\u{1161}\u{11A8} 한글", .casefold, 128), ("\u{1F80}\u{1FB7} ﷺ 𝕳 ǅ", .casefold, 128),
            ("(+49) 30/12-34", .phoneDigits, 128), ("00 49 30 ①２34", .phoneDigits, 128),
            ("030 1234", .phoneDigits, 128),
            ("＋0012", .phoneDigits, 64), ("none", .phoneDigits, 64), ("4111 1111 1111 1234", .lastFour, 13),
            ("n° ７-８", .lastFour, 128),
        ]
        return try values.map { text, normaliser, bits in
            let value = Array(text.utf8)
            let index = try BlindIndex(
                key: secret(key), id: #require(ObjectID(ids[0])), normaliser: normaliser, bits: bits)
            let normalised = try value.withUnsafeBytes { try normaliser.normalise($0) }
            return Index(
                key: hexString(key), id: ids[0], normaliser: normaliser.rawValue, bits: bits, value: hexString(value),
                normalised: hexString(normalised), index: hexString(try value.withUnsafeBytes { try index.compute($0) })
            )
        }
    }

    static func makeFilters() throws -> [Filter] {
        let kinds: [(IndexKind, IndexNormaliser, Int)] = [
            (.prefix(lengths: 2...5, hashes: 3), .trim, 256), (.trigram(hashes: 8), .casefold, 64),
            (.trigram(hashes: 1), .none, 4_096), (.prefix(lengths: 1...64, hashes: 2), .phoneDigits, 512),
        ]
        let texts = ["", "ab", " Straße 7 ", "0049 (30) 1234", "🙂🙃🙂🙃", String(repeating: "ab ", count: 683)]
        return try kinds.flatMap { kind, normaliser, bits in
            let index = try BlindIndex(
                key: secret(key), id: #require(ObjectID(ids[0])), normaliser: normaliser, bits: bits, kind: kind)
            return texts.flatMap { text in
                [false, true].compactMap { isTerm -> Filter? in
                    var output = [UInt8](repeating: 0, count: index.byteCount)
                    let code = refusal {
                        try Array(text.utf8).withBytes { text throws(CryptoError) in
                            try output.withMutableBytes { output throws(CryptoError) in
                                if isTerm {
                                    try index.compute(term: text, into: output)
                                } else {
                                    try index.compute(text, into: output)
                                }
                            }
                        }
                    }
                    guard code == nil else { return nil }
                    let numbers = kind.numbers
                    return Filter(
                        key: hexString(key), id: ids[0], normaliser: normaliser.rawValue, kind: numbers.kind + 1,
                        bits: bits, hashes: numbers.hashes, shortest: numbers.shortest, longest: numbers.longest,
                        value: hexString(Array(text.utf8)), isTerm: isTerm, index: hexString(output))
                }
            }
        }
    }

    static func makePairs() throws -> [Pair] {
        let values: [(String, IndexNormaliser, String, IndexNormaliser, Int)] = [
            ("Lovelace", .casefold, "1815-12-10", .none, 128), ("ab", .none, "c", .none, 256),
            ("a", .none, "bc", .none, 256),
            ("", .trim, "", .email, 64), (" Ann ", .trim, "+49 1", .phoneDigits, 13),
        ]
        return try values.map { value, normaliser, beside, besideNormaliser, bits in
            let index = try BlindIndex(
                key: secret(key), id: #require(ObjectID(ids[0])), normaliser: normaliser, bits: bits,
                kind: .pair(besideNormaliser))
            var output = [UInt8](repeating: 0, count: index.byteCount)
            try Array(value.utf8).withUnsafeBytes { value in
                try Array(beside.utf8).withUnsafeBytes { beside in
                    try output.withUnsafeMutableBytes { try index.compute(value, beside: beside, into: $0) }
                }
            }
            return Pair(
                key: hexString(key), id: ids[0], normaliser: normaliser.rawValue,
                besideNormaliser: besideNormaliser.rawValue, bits: bits, value: hexString(Array(value.utf8)),
                beside: hexString(Array(beside.utf8)), index: hexString(output))
        }
    }

    static func makeNormalised() throws -> [Normalised] {
        let ranges: [ClosedRange<UInt32>] = [
            0...0x33FF, 0xA640...0xABFF, 0xAC00...0xADFF, 0xD700...0xD7FF, 0xE000...0xE0FF, 0xF900...0xFFFF,
            0x10400...0x118FF, 0x16E40...0x16E9F, 0x1D000...0x1F2FF, 0x2F800...0x2FA1F, 0xE0000...0xE01FF,
        ]
        return try ranges.flatMap { range in
            try ["", "\u{301}\u{323}", "\u{1161}\u{11A8}"].map { after in
                let hash = try SHA256()
                for scalar in range.compactMap(Unicode.Scalar.init) {
                    let text = Array("a\(scalar)\(after)".utf8)
                    try hash.update(text.withUnsafeBytes { try IndexNormaliser.casefold.normalise($0) } + [0x0A])
                }
                return Normalised(
                    first: range.lowerBound, last: range.upperBound, after: hexString(after.utf8),
                    digest: hexString(try hash.finish()))
            }
        }
    }

    static func makeScrypt() throws -> [ScryptKey] {
        let salt = [UInt8](0xE0...0xFF)
        let scrypt = try Scrypt(costExponent: 17, parallelism: 1)
        let key = try scrypt.deriveKey(passphrase: secret(Array("correct horse".utf8)), salt: salt)
        return [
            ScryptKey(
                passphrase: hexString("correct horse".utf8), salt: hexString(salt), costExponent: 17, parallelism: 1,
                key: hexString(key.revealed))
        ]
    }
}

extension CanonicalRow {
    mutating func append(_ column: VectorFile.Row.Column) throws {
        if let integer = column.integer {
            append(column.name, integer)
        } else if let text = column.text {
            append(column.name, text)
        } else if let uuid = column.uuid {
            let id: ObjectID = try #require(ObjectID(uuid))
            append(column.name, id)
        } else if let binary = column.binary {
            append(column.name, hex(binary))
        } else {
            append(column.name, column.boolean)
        }
    }
}
