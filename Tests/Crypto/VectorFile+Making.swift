import FieldsealSecureMemory
import Testing

@testable import FieldsealCrypto

/// The vectors, made by this implementation from fixed inputs and nonces.
extension VectorFile {
    static func make() throws -> VectorFile {
        let values = try makeValues()
        let dualValues = try makeDualValues()
        return VectorFile(
            values: values, refused: makeRefused(values), dualValues: dualValues,
            refusedDualValues: makeRefused(dualValues), recordIDs: try makeRecordIDs(), children: try makeChildren(),
            wrappedKeys: try makeWrapped(),
            wrappedSubjectKeys: try makeWrappedSubjectKeys(), subjectLookups: try makeSubjectLookups(),
            sealedKeys: try makeSealedKeys(), rows: try makeRows(),
            auditHashes: try makeAuditHashes(), blindIndexes: try makeIndexes(), textFilters: try makeFilters(),
            pairIndexes: try makePairs(),
            normalisation: try makeNormalised(), scrypt: try makeScrypt())
    }

    static let fieldKey = [UInt8](0..<32)
    static let version = KeyVersion(nonZero: 0x0123_4567_89AB_CDEF)
    static let object = ObjectID(high: 0x0011_2233_4455_4677, low: 0x8899_AABB_CCDD_EEFF)
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
            values.append(try value(suite, [], nil, nil, "ann@example.org", hasSubject: true))
            values.append(
                try value(suite, [.rowBound, .recordKeys], 42, "tenant 7", "ann@example.org", hasSubject: true))
        }
        return values
    }

    private static func value(
        _ suite: CipherSuite, _ options: FieldCipher.Options, _ row: Int64?, _ context: String?, _ text: String,
        hasSubject: Bool = false
    ) throws -> Value {
        let subject = hasSubject ? try makeSubject() : nil
        let cipher = try FieldCipher(
            key: secret(fieldKey), version: version, field: object, suite: suite, options: options, subject: subject)
        let nonce = (0..<suite.nonceCount).map { UInt8(0xB0 + $0) }
        let record = try row.map { try [RecordID.Column(integer: $0)].record() }
        let context = context.map { Array($0.utf8) }
        let sealed = try cipher.seal(Array(text.utf8), record: record, context: context, nonce: nonce)
        return Value(
            suite: suite.rawValue, fieldKey: hexString(fieldKey), version: version.description,
            field: object.description, rowBound: options.contains(.rowBound),
            recordKeys: options.contains(.recordKeys), recordID: record.map { hexString($0.bytes) },
            context: context.map(hexString), subject: subject?.id.description,
            subjectKey: subject.map { hexString($0.key.revealed) }, nonce: hexString(nonce),
            plaintext: hexString(Array(text.utf8)),
            key: hexString(
                try valueKey(.seal, suite.rawValue, suite.keyCount, of: fieldKey, options, record, subject)),
            associatedData: hexString(
                try associatedData(
                    CiphertextHeader(suite: suite, flags: options.flags, version: version, subject: subject?.id),
                    options, record, context)),
            sealed: hexString(sealed), text: try textForm(of: sealed))
    }

    static func makeSubject() throws -> SubjectKey {
        try SubjectKey(id: other, key: secret([UInt8](0x60..<0x80)))
    }

    /// The key that seals a value, or wraps its content key.
    static func valueKey(
        _ use: KeyUse, _ suite: UInt8, _ count: Int, of fieldKey: [UInt8], _ options: FieldCipher.Options,
        _ record: RecordIdentifier?, _ subject: SubjectKey?
    ) throws -> [UInt8] {
        guard options.contains(.recordKeys) || subject != nil else {
            let key = try use.key(from: secret(fieldKey), suite: suite, count: count)
            return key.revealed
        }
        var key: [UInt8] = []
        let keys = try RecordKeys(fieldKey: secret(fieldKey), suite: suite, field: object, subject: subject)
        let record = options.contains(.recordKeys) ? record?.bytes ?? [] : []
        try record.withBytes { record throws(CryptoError) in
            try keys.withKey(for: record) { key = Array(UnsafeRawBufferPointer(start: $0, count: 32)) }
        }
        return key
    }

    static func associatedData(
        _ header: CiphertextHeader, _ options: FieldCipher.Options, _ record: RecordIdentifier?, _ context: [UInt8]?
    ) throws -> [UInt8] {
        let data = AssociatedData(header: header, field: object)
        let bound = options.contains(.rowBound) ? record : nil
        return try withOptional(bound?.bytes) { record in
            try withOptional(context) { context in
                let header = header.with(context)
                guard case .dual(let before) = header.form else {
                    return Array(try data.build(flags: header.flags, recordID: record, context: context))
                }
                return Array(try data.build(header: header, before: before, recordID: record, context: context))
            }
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
        try KeyKind.allCases.filter { $0 != .master && $0 != .unseal }.map { kind in
            let salt = [UInt8](repeating: kind.rawValue, count: 32)
            let key = try KeyDerivation.makeChild(
                of: secret(fieldKey), kind: kind, object: object, version: version, salt: secret(salt))
            return Child(
                parent: hexString(fieldKey), kind: kind.label.description, object: object.description,
                version: version.description, salt: hexString(salt), key: hexString(key.revealed))
        }
    }
}
