import FieldsealAuditTrail
import FieldsealCrypto
import Testing

@testable import EncryptionService

struct RecordHashesTests {
    private let table = ObjectID(high: 1, low: 2)

    /// Asks for the records' hashes in turn, and answers which of them had to be made. Each is a number of its own.
    private func made(
        _ hashes: inout RecordHashes, _ records: [(table: ObjectID, bytes: [UInt8])]
    ) throws -> [Int] {
        var made: [Int] = []
        for (number, record) in records.enumerated() {
            _ = try record.bytes.withUnsafeBytes { bytes in
                try hashes.hash(table: record.table, record: bytes) { () throws(CryptoError) in
                    made.append(number)
                    return EventIdentifier(high: UInt64(number), low: 0)
                }
            }
        }
        return made
    }

    @Test func aRecordIsHashedOnce() throws {
        var hashes = RecordHashes()
        let records = (0..<40).map { (table, [UInt8](repeating: UInt8($0), count: 21)) }
        let first = try made(&hashes, records)
        #expect(first == Array(0..<40))
        // Two may share a place; most do not.
        #expect(try made(&hashes, records).count < 20)
        hashes.removeAll()
        #expect(try made(&hashes, records) == first)
    }

    @Test func theHashIsThatOfTheRecord() throws {
        var hashes = RecordHashes()
        for round in 0..<2 {
            for number in 0..<1000 {
                let bytes = [UInt8](repeating: UInt8(number % 251), count: 1 + number % 32)
                let expected = EventIdentifier(high: UInt64(number % 251), low: UInt64(bytes.count))
                let hash = try bytes.withUnsafeBytes { bytes in
                    try hashes.hash(table: table, record: bytes) { () throws(CryptoError) in expected }
                }
                #expect(hash == expected, "round \(round), record \(number)")
            }
        }
    }

    @Test func recordsThatLookAlikeAreOthers() throws {
        var hashes = RecordHashes()
        let records: [(ObjectID, [UInt8])] = [
            (table, [1, 2, 3]), (table, [1, 2, 3, 0]), (ObjectID(high: 2, low: 2), [1, 2, 3]),
            (ObjectID(high: 1, low: 3), [1, 2, 3]),
        ]
        for other in records.dropFirst() { #expect(try made(&hashes, [records[0], other]).last == 1) }
    }

    @Test func longOnesAreNotKept() throws {
        var hashes = RecordHashes()
        let (kept, long) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 1, count: 33))
        #expect(try made(&hashes, [(table, kept), (table, kept), (table, long), (table, long)]) == [0, 2, 3])
    }
}
