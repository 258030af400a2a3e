import FieldsealSecureMemory
import Testing

@testable import FieldsealCrypto

/// The vectors, made by this implementation from fixed inputs and nonces.
extension VectorFile {
    static func make() throws -> VectorFile {
        let values = try makeValues()
        return VectorFile(
            values: values, refused: makeRefused(values), recordIDs: try makeRecordIDs(), children: try makeChildren(),
            wrappedKeys: try makeWrapped(), sealedKeys: try makeSealedKeys(), rows: try makeRows(),
            auditHashes: try makeAuditHashes(), blindIndexes: try makeIndexes(), normalisation: try makeNormalised(),
            scrypt: try makeScrypt())
    }

    private static let fieldKey = [UInt8](0..<32)
    private static let version = KeyVersion(nonZero: 0x0123_4567_89AB_CDEF)
    private static let object = ObjectID(high: 0x0011_2233_4455_4677, low: 0x8899_AABB_CCDD_EEFF)
    private static let other = ObjectID(high: 0xA0A1_A2A3_A4A5_46A7, low: 0x88A9_AAAB_ACAD_AEAF)

    private static func makeValues() throws -> [Value] {
        var values: [Value] = []
        for suite in CipherSuite.allCases {
            values.append(try value(suite, [], nil, nil, "ann@example.org"))
            values.append(try value(suite, [], nil, "tenant 7", ""))
            values.append(try value(suite, [], nil, "", "héllo, wörld: a text of more than thirty-two bytes"))
            guard !suite.isDeterministic else { continue }
            values.append(try value(suite, .rowBound, 42, nil, "ann@example.org"))
            values.append(try value(suite, .recordKeys, 42, "tenant 7", "ann@example.org"))
            values.append(try value(suite, [.rowBound, .recordKeys], -1, nil, ""))
        }
        return values
    }

    private static func value(
        _ suite: CipherSuite, _ options: FieldCipher.Options, _ row: Int64?, _ context: String?, _ text: String
    ) throws -> Value {
        let cipher = try FieldCipher(
            key: secret(fieldKey), version: version, field: object, suite: suite, options: options)
        let nonce = (0..<suite.nonceCount).map { UInt8(0xB0 + $0) }
        let record = try row.map { try [RecordID.Column(integer: $0)].record() }
        let context = context.map { Array($0.utf8) }
        let sealed = try cipher.seal(Array(text.utf8), record: record, context: context, nonce: nonce)
        return Value(
            suite: suite.rawValue, fieldKey: hexString(fieldKey), version: version.description,
            field: object.description, rowBound: options.contains(.rowBound),
            recordKeys: options.contains(.recordKeys), recordID: record.map { hexString($0.bytes) },
            context: context.map(hexString), nonce: hexString(nonce), plaintext: hexString(Array(text.utf8)),
            key: hexString(try sealingKey(suite, options, record)),
            associatedData: hexString(try associatedData(suite, options, record, context)),
            sealed: hexString(sealed), text: try textForm(of: sealed))
    }

    private static func sealingKey(
        _ suite: CipherSuite, _ options: FieldCipher.Options, _ record: RecordIdentifier?
    ) throws -> [UInt8] {
        guard options.contains(.recordKeys), let record else {
            let key = try KeyUse.seal.key(from: secret(fieldKey), suite: suite, count: suite.keyCount)
            return key.revealed
        }
        var key: [UInt8] = []
        let keys = try RecordKeys(fieldKey: secret(fieldKey), suite: suite, field: object)
        try record.withUnsafeBytes { record throws(CryptoError) in
            try keys.withKey(for: record) { key = Array(UnsafeRawBufferPointer(start: $0, count: 32)) }
        }
        return key
    }

    private static func associatedData(
        _ suite: CipherSuite, _ options: FieldCipher.Options, _ record: RecordIdentifier?, _ context: [UInt8]?
    ) throws -> [UInt8] {
        var flags: CiphertextHeader.Flags = []
        if options.contains(.rowBound) { flags.insert(.rowBound) }
        if options.contains(.recordKeys) { flags.insert(.recordKey) }
        if context != nil { flags.insert(.context) }
        let data = AssociatedData(
            header: CiphertextHeader(suite: suite, flags: flags, version: version), field: object)
        let bound = options.contains(.rowBound) ? record : nil
        return try withOptional(bound?.bytes) { record in
            try withOptional(context) { Array(try data.build(flags: flags, recordID: record, context: $0)) }
        }
    }

    static func textForm(of sealed: [UInt8]) throws -> String {
        var text = [UInt8](repeating: 0, count: TextForm.encodedCount(byteCount: sealed.count))
        try text.withUnsafeMutableBytes { text in try sealed.withUnsafeBytes { try TextForm.encode($0, into: text) } }
        return String(decoding: text, as: UTF8.self)
    }

    private static func makeRefused(_ values: [Value]) -> [Refused] {
        values.indices.flatMap { index in
            let sealed = hex(values[index].sealed)
            func changed(_ position: Int, _ why: String) -> Refused {
                var bytes = sealed
                bytes[position] ^= 1
                return Refused(of: index, why: why, sealed: hexString(bytes))
            }
            return [
                changed(0, "format byte"), changed(1, "another suite"), changed(2, "another flag"),
                changed(5, "another version"), changed(11, "zero byte"), changed(12, "nonce, ciphertext or tag"),
                changed(sealed.count - 1, "tag"),
                Refused(of: index, why: "a trailing byte", sealed: values[index].sealed + "00"),
                Refused(of: index, why: "cut short", sealed: String(values[index].sealed.dropLast(2))),
            ]
        }
    }

    private static func makeRecordIDs() throws -> [RecordID] {
        let columns: [[RecordID.Column]] = [
            [], [.init(integer: 42)], [.init(integer: -1)], [.init(text: "42")], [.init(text: "")],
            [.init(uuid: object.description)], [.init(binary: "0001ff")], [.init(date: -1)],
            [.init(text: "é"), .init(integer: .min), .init(date: 20_000)],
        ]
        return try columns.map { RecordID(columns: $0, encoding: hexString(try $0.record().bytes)) }
    }

    private static func makeChildren() throws -> [Child] {
        try KeyKind.allCases.filter { $0 != .master }.map { kind in
            let salt = [UInt8](repeating: kind.rawValue, count: 32)
            let key = try KeyDerivation.makeChild(
                of: secret(fieldKey), kind: kind, object: object, version: version, salt: secret(salt))
            return Child(
                parent: hexString(fieldKey), kind: kind.label.description, object: object.description,
                version: version.description, salt: hexString(salt), key: hexString(key.revealed))
        }
    }
}
