import FieldsealAuditTrail
import FieldsealCrypto

/// The audit hashes of the records that were named last, under one key: the values of a row are hashed once and not once each.
struct RecordHashes {
    /// Record ids as they are looked up: padded with zeros, of their size.
    private struct Record: Equatable {
        /// Longer ones are not kept.
        static let longest = 32

        let table: ObjectID
        let count: Int
        let words: SIMD4<UInt64>

        @inline(__always)
        init?(table: ObjectID, _ bytes: UnsafeRawBufferPointer) {
            guard bytes.count <= Self.longest else { return nil }
            var words = SIMD4<UInt64>.zero
            withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
            (self.table, count, self.words) = (table, bytes.count, words)
        }

        var place: Int {
            let mixed = (words.wrappedSum() ^ table.low) &* 0x9E37_79B9_7F4A_7C15
            return Int(truncatingIfNeeded: mixed >> (64 - RecordHashes.bits))
        }
    }

    private static let bits: UInt64 = 8

    private var kept = [(record: Record, hash: EventIdentifier)?](repeating: nil, count: 1 << bits)

    mutating func removeAll() { for place in kept.indices { kept[place] = nil } }

    /// The hash of a record, made where it is not kept.
    @inline(__always)
    mutating func hash(
        table: ObjectID, record bytes: UnsafeRawBufferPointer,
        _ make: () throws(CryptoError) -> EventIdentifier
    ) throws(CryptoError) -> EventIdentifier {
        guard let record = Record(table: table, bytes) else { return try make() }
        let place = record.place
        if let known = kept[place], known.record == record { return known.hash }
        let hash = try make()
        kept[place] = (record, hash)
        return hash
    }
}
