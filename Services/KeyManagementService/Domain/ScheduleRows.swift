import FieldsealCrypto

// What the MAC of a row of the schedule covers: all its columns and the revision that wrote it.

extension ScheduleNote {
    func canonical(revision: UInt64) -> CanonicalRow {
        var row = CanonicalRow(table: "key_schedule", revision: revision)
        row.append("id", id)
        row.append("failures", Int64(failures))
        row.append("next_attempt_at", nextAttemptUnixUs)
        row.append("cause", cause)
        row.append("overdue_told", isOverdueTold)
        row.append("order_wanted", order?.isWanted)
        row.append("order_identity", order?.identity)
        row.append("order_at", order?.unixUs)
        row.append("proposal_identity", proposal?.identity)
        row.append("proposal_at", proposal?.unixUs)
        return row
    }
}

extension Census {
    /// The row's id: that of the field, with the location in it.
    static func id(field: ObjectID, location: String) throws(CryptoError) -> ObjectID {
        let hash = try SHA256.hash(Array("fieldseal/v1 census".utf8) + field.bytes + Array(location.utf8))
        return ObjectID(bytes: Array(hash.prefix(16))) ?? field
    }

    func canonical(id: ObjectID, revision: UInt64) -> CanonicalRow {
        var row = CanonicalRow(table: "key_census", revision: revision)
        row.append("id", id)
        row.append("field_id", field)
        row.append("location", location)
        row.append("begun_at", begunUnixUs)
        row.append("reported_at", reportedUnixUs)
        row.append("reporter", reporter)
        row.append("is_primary", isPrimary)
        row.append("entries", encodedEntries)
        return row
    }

    /// For each entry u64 version (0: no ciphertext), u64 rows and i64 microseconds (0: never empty), big endian.
    var encodedEntries: [UInt8] {
        entries.flatMap { entry in
            [entry.version?.rawValue ?? 0, entry.rows, UInt64(bitPattern: entry.emptySinceUnixUs ?? 0)].flatMap {
                number in withUnsafeBytes(of: number.bigEndian) { Array($0) }
            }
        }
    }

    /// Nil where the bytes are no entries.
    static func entries(encoded bytes: [UInt8]) -> [Entry]? {
        guard bytes.count % 24 == 0 else { return nil }
        return bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / 24).map { position in
                func number(_ index: Int) -> UInt64 {
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: position * 24 + index * 8, as: UInt64.self))
                }
                let since = Int64(bitPattern: number(2))
                return Entry(
                    version: KeyVersion(rawValue: number(0)), rows: number(1),
                    emptySinceUnixUs: since == 0 ? nil : since)
            }
        }
    }
}

extension RotationPause {
    /// The row's id: one pause an object, and one for all.
    var id: ObjectID { object?.id ?? .zero }

    func canonical(revision: UInt64) -> CanonicalRow {
        var row = CanonicalRow(table: "rotation_pauses", revision: revision)
        row.append("id", id)
        row.append("key_type", object?.kind.name)
        row.append("key_id", object?.id)
        row.append("since_at", sinceUnixUs)
        row.append("until_at", untilUnixUs)
        row.append("identity", identity)
        row.append("is_resumed", isResumed)
        return row
    }
}
