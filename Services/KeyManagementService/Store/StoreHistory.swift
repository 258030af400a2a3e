import FieldsealCrypto
import FieldsealPostgres

/// The store compared with its own change chain, whose head the store's state authenticates: finds a row that was removed,
/// or put back as it once was, with a MAC that holds.
struct StoreHistory {
    private static let chunk = 500

    let reader: StoreReader

    /// Reads the whole chain and the MACs of all rows; for the start of a replica and the check of a backup.
    /// - Throws: `KeyServiceError.damaged`, naming the first row that is not as the chain left it.
    func verify() async throws {
        let state = try await reader.revision()
        let expected = try await macs(upTo: state)
        for table in StoreChange.Table.allCases { try await compare(table, with: expected) }
    }

    /// What the chain wrote last to each row.
    private func macs(upTo state: StoreRevision) async throws -> [StoreChange.Row: [UInt8]] {
        var macs: [StoreChange.Row: [UInt8]] = [:]
        var replayed = try StoreRevision(creating: state.storeID)
        while true {
            let rows = try await reader.connection.query(
                """
                SELECT revision, changes, head FROM store_revisions WHERE revision > \(Int64(clamping: replayed.revision))
                ORDER BY revision LIMIT \(Int64(Self.chunk))
                """)
            for row in rows {
                let change = StoreChange(encoded: try row.value("changes"))
                replayed = try replayed.advanced(by: change, to: try row.revision())
                guard let written = change.rows, try row.value("head", as: [UInt8].self) == replayed.head else {
                    throw KeyServiceError.damaged("the change chain is broken at revision \(replayed.revision)")
                }
                for (row, mac) in written { macs[row] = mac }
            }
            guard rows.count == Self.chunk else { break }
        }
        guard replayed == state else {
            throw KeyServiceError.damaged(
                "the change chain ends at \(replayed.revision), the store at \(state.revision)")
        }
        return macs
    }

    private func compare(_ code: StoreChange.Table, with expected: [StoreChange.Row: [UInt8]]) async throws {
        let table = code.table
        var missing = expected.filter { $0.key.table == code }
        let rows = try await reader.connection.query(
            "SELECT \(identifier: table.idColumn) AS id, row_mac FROM \(identifier: table.name)")
        for row in rows {
            let key = StoreChange.Row(table: code, id: try row.objectID("id"))
            guard let mac = missing.removeValue(forKey: key), try row.value("row_mac", as: [UInt8].self) == mac else {
                throw KeyServiceError.damaged("\(table.name) \(key.id) is not as it was last written")
            }
        }
        if let row = missing.keys.min(by: { $0.id < $1.id }) {
            throw KeyServiceError.damaged("\(table.name) \(row.id) is gone")
        }
    }
}
