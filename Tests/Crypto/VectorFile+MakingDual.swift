import FieldsealSecureMemory
import Testing

@testable import FieldsealCrypto

extension VectorFile {
    private static let olderKey = [UInt8](0x80..<0xA0)
    private static let olderVersion = KeyVersion(nonZero: 0xFEDC_BA98_7654_3210)

    static func makeDualValues() throws -> [DualValue] {
        [
            try dualValue([], nil, nil, "ann@example.org"),
            try dualValue([], nil, "", ""),
            try dualValue(.rowBound, 42, "tenant 7", "héllo, wörld: a text of more than thirty-two bytes"),
            try dualValue(.recordKeys, 42, nil, "ann@example.org"),
            try dualValue([.rowBound, .recordKeys], -1, nil, "ann@example.org"),
            try dualValue([], nil, nil, "ann@example.org", hasSubject: true),
            try dualValue([.rowBound, .recordKeys], 42, "tenant 7", "ann@example.org", hasSubject: true),
        ]
    }

    private static func dualValue(
        _ options: FieldCipher.Options, _ row: Int64?, _ context: String?, _ text: String, hasSubject: Bool = false
    ) throws -> DualValue {
        let subject = hasSubject ? try makeSubject() : nil
        let newer = try DualCipher(
            key: secret(fieldKey), version: version, field: object, options: options, subject: subject)
        let older = try DualCipher(
            key: secret(olderKey), version: olderVersion, field: object, options: options, subject: subject)
        let record = try row.map { try [RecordID.Column(integer: $0)].record() }
        let context = context.map { Array($0.utf8) }
        let contentKey = [UInt8](0xD0..<0xF0)
        let nonces = [[UInt8](0xB0..<0xC8), [UInt8](0x10..<0x28)]
        let sealed = try newer.seal(
            Array(text.utf8), before: older, record: record, context: context, nonces: nonces
        ) { $0.copyBytes(from: contentKey) }
        let header = CiphertextHeader(
            form: .dual(before: olderVersion), flags: options.flags, version: version, subject: subject?.id)
        func part(_ version: KeyVersion, _ key: [UInt8], _ nonce: [UInt8]) throws -> DualValue.Version {
            DualValue.Version(
                version: version.description, fieldKey: hexString(key),
                key: hexString(
                    try valueKey(.dual, CiphertextHeader.dualSuite, 32, of: key, options, record, subject)),
                nonce: hexString(nonce))
        }
        let commitment = header.count + KeyVersion.byteCount + 2 * DualCipher.wrapCount
        return DualValue(
            newer: try part(version, fieldKey, nonces[0]), older: try part(olderVersion, olderKey, nonces[1]),
            field: object.description, rowBound: options.contains(.rowBound),
            recordKeys: options.contains(.recordKeys), recordID: record.map { hexString($0.bytes) },
            context: context.map(hexString), subject: subject?.id.description,
            subjectKey: subject.map { hexString($0.key.revealed) }, contentKey: hexString(contentKey),
            plaintext: hexString(Array(text.utf8)),
            associatedData: hexString(try associatedData(header, options, record, context)),
            commitment: hexString(sealed[commitment..<(commitment + 32)]), sealed: hexString(sealed),
            text: try textForm(of: sealed))
    }

    static func makeRefused(_ values: [DualValue]) -> [Refused] {
        values.indices.flatMap { index in
            let sealed = hex(values[index].sealed)
            let front = values[index].subject == nil ? 12 : 28
            func changed(_ position: Int, _ why: String) -> Refused {
                var bytes = sealed
                bytes[position] ^= 1
                return Refused(of: index, why: why, sealed: hexString(bytes))
            }
            let (newer, older) = (front + 8..<front + 80, front + 80..<front + 152)
            let swapped = sealed[..<newer.lowerBound] + sealed[older] + sealed[newer] + sealed[older.upperBound...]
            return [
                changed(0, "format byte"), changed(1, "another suite"), changed(2, "another flag"),
                changed(5, "another newer version"), changed(11, "zero byte"),
                changed(front, "another older version"),
                changed(newer.lowerBound, "the newer wrap"), changed(newer.upperBound - 1, "the newer wrap's tag"),
                changed(older.lowerBound, "the older wrap"), changed(older.upperBound - 1, "the older wrap's tag"),
                changed(older.upperBound, "commitment"), changed(sealed.count - 1, "tag"),
                Refused(of: index, why: "swapped wraps", sealed: hexString(swapped)),
                Refused(of: index, why: "a trailing byte", sealed: values[index].sealed + "00"),
                Refused(of: index, why: "cut short", sealed: String(values[index].sealed.dropLast(2))),
            ]
        }
    }
}
