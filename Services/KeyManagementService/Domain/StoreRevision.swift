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

    /// The store after one more transaction: SHA-256(label ‖ store id ‖ head ‖ u64 revision ‖ change).
    func advanced(by change: StoreChange) throws(CryptoError) -> StoreRevision {
        let next = revision + 1
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

/// The rows that one transaction wrote, 49 bytes each: the table's code, the row's id and its new MAC.
struct StoreChange: Sendable {
    enum Table: UInt8, Sendable {
        case keys = 1
        case catalogTables = 2
        case catalogFields = 3
        case catalogIndexes = 4
    }

    private(set) var encoded: [UInt8]

    init(encoded: [UInt8] = []) { self.encoded = encoded }

    var isEmpty: Bool { encoded.isEmpty }

    mutating func append(_ table: Table, id: ObjectID, mac: [UInt8]) {
        encoded.append(table.rawValue)
        encoded.append(contentsOf: id.bytes)
        encoded.append(contentsOf: mac)
    }
}
