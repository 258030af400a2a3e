import FieldsealCrypto

/// The state of the whole store: every change raises the revision and extends the chain, so that a store of another
/// history, or an older one, has another head.
struct StoreRevision: Sendable, Equatable {
    /// Made once, when the store is created; the object of the master key and its other children.
    var storeID: ObjectID
    var revision: UInt64
    /// 32 bytes.
    var head: [UInt8]

    init(storeID: ObjectID, revision: UInt64, head: [UInt8]) {
        self.storeID = storeID
        self.revision = revision
        self.head = head
    }

    /// A store without a change: its head is SHA-256(label ‖ store id).
    init(creating storeID: ObjectID) throws(CryptoError) {
        let head = try SHA256.hash(Array("fieldseal/v1 store".utf8) + storeID.bytes)
        self.init(storeID: storeID, revision: 0, head: head)
    }

    /// The store after one more transaction: SHA-256(label ‖ store id ‖ head ‖ u64 revision ‖ change). A revision is
    /// skipped only where a rolled-back store goes on above all that is known of it.
    func advanced(by change: StoreChange, to later: UInt64? = nil) throws(CryptoError) -> StoreRevision {
        let next = later ?? revision + 1
        let number = withUnsafeBytes(of: next.bigEndian) { Array($0) }
        let head = try SHA256.hash(
            Array("fieldseal/v1 revision".utf8) + storeID.bytes + head + number + change.encoded)
        return StoreRevision(storeID: storeID, revision: next, head: head)
    }

    var canonical: CanonicalRow {
        var row = CanonicalRow(table: "store_state", revision: revision)
        row.append("store_id", storeID)
        row.append("head", head)
        return row
    }
}

/// The rows that one transaction wrote, 49 bytes each: the table's code, the row's id and its new MAC; 32 zero bytes where
/// the row was deleted.
struct StoreChange: Sendable, Equatable {
    enum Table: UInt8, Sendable, CaseIterable {
        case keys = 1
        case catalogTables = 2
        case catalogFields = 3
        case catalogIndexes = 4
        case quarantine = 5
        case subjectKeys = 6
        case reencryption = 7
        case masterKeyWraps = 8
        case scheduleNotes = 9
        case censuses = 10
        case rotationPauses = 11
    }

    struct Row: Hashable, Sendable {
        var table: Table
        var id: ObjectID
    }

    private static let macCount = 32
    private static let entryCount = 1 + ObjectID.byteCount + macCount

    private(set) var encoded: [UInt8]

    init(encoded: [UInt8] = []) { self.encoded = encoded }

    var isEmpty: Bool { encoded.isEmpty }

    mutating func append(_ table: Table, id: ObjectID, mac: [UInt8]) {
        encoded.append(table.rawValue)
        encoded.append(contentsOf: id.bytes)
        encoded.append(contentsOf: mac)
    }

    mutating func append(removed table: Table, id: ObjectID) {
        append(table, id: id, mac: [UInt8](repeating: 0, count: Self.macCount))
    }

    /// The rows and their MACs, in the order in which they were written; a deleted row has none. Nil where the encoding is
    /// not one of these.
    var rows: [(row: Row, mac: [UInt8]?)]? {
        guard encoded.count % Self.entryCount == 0 else { return nil }
        var rows: [(row: Row, mac: [UInt8]?)] = []
        for start in stride(from: 0, to: encoded.count, by: Self.entryCount) {
            let mac = Array(encoded[(start + 1 + ObjectID.byteCount)..<(start + Self.entryCount)])
            guard let table = Table(rawValue: encoded[start]),
                let id = ObjectID(bytes: Array(encoded[(start + 1)..<(start + 1 + ObjectID.byteCount)]))
            else { return nil }
            rows.append((Row(table: table, id: id), mac.contains { $0 != 0 } ? mac : nil))
        }
        return rows
    }
}
