import FieldsealPostgres
import FieldsealTransparencyLog

extension EventLog {
    /// Stores the tiles that are complete in a tree of `new` leaves and were not in one of `old`.
    func storeTiles(from old: UInt64, to new: UInt64, _ connection: PostgresConnection) async throws {
        var level = 0
        var (begin, end) = (old / Tile.width, new / Tile.width)
        if begin < end { try await storeSpans(of: begin..<end, connection) }
        while begin < end {
            let rows = try await connection.query(Self.hashes(level, begin * Tile.width..<end * Tile.width))
            let hashes = try rows.map { try $0.hash("hash") }
            guard UInt64(hashes.count) == (end - begin) * Tile.width else { throw AuditServiceError.corrupt }
            let tiles = (begin..<end).map { index in
                let first = Int((index - begin) * Tile.width)
                return Self.row(Tile(level: level, index: index), hashes[first..<first + Int(Tile.width)])
            }
            _ = try await connection.copy(tiles, into: "audit_tiles", columns: ["level", "index", "root", "hashes"])
            (level, begin, end) = (level + 1, begin / Tile.width, end / Tile.width)
        }
    }

    /// The hashes of these subtrees of the tree of this size, in their order.
    func hashes(of paths: [[Subtree]], in size: UInt64) async throws -> [[TreeHash]] {
        let tiles = try await tiles(TileHashes.tiles(of: paths.joined()), in: size)
        // Proofs of neighbouring leaves have most of their hashes in common.
        var hashes: [Subtree: TreeHash] = [:]
        for subtree in Set(paths.joined()) { hashes[subtree] = tiles.hash(of: subtree) }
        return try paths.map { path in
            try path.map { subtree in
                guard let hash = hashes[subtree] else { throw AuditServiceError.corrupt }
                return hash
            }
        }
    }

    private func tiles(_ wanted: Set<Tile>, in size: UInt64) async throws -> TileHashes {
        let complete = wanted.filter { $0.isComplete(in: size) }
        let partial = wanted.subtracting(complete)
        let queries: [PostgresQuery] =
            [
                """
                SELECT level, index, hashes FROM audit_tiles JOIN unnest(\(complete.map { Int32($0.level) }),
                    \(complete.map { Int64(clamping: $0.index) })) AS wanted (level, index) USING (level, index)
                """
            ]
            + partial.map { tile in
                let first = tile.index * Tile.width
                return Self.hashes(tile.level, first..<first + UInt64(tile.count(in: size)))
            }
        let results = try await pool.withConnection { try await $0.pipeline(queries) }
        var tiles = TileHashes()
        for row in results[0] {
            let index = UInt64(clamping: try row.value("index", as: Int64.self))
            tiles[Tile(level: try row.value("level"), index: index)] = try row.hashes("hashes")
        }
        for (tile, rows) in zip(partial, results.dropFirst()) { tiles[tile] = try rows.map { try $0.hash("hash") } }
        return tiles
    }

    /// Those of a level: of the leaves, or the roots of the level below's tiles.
    private static func hashes(_ level: Int, _ range: Range<UInt64>) -> PostgresQuery {
        let (first, end) = (Int64(clamping: range.lowerBound), Int64(clamping: range.upperBound))
        guard level > 0 else {
            return """
                SELECT leaf_hash AS hash FROM audit_blocks WHERE position > \(first) AND position <= \(end)
                ORDER BY position
                """
        }
        return """
            SELECT root AS hash FROM audit_tiles WHERE level = \(Int32(level - 1)) AND index >= \(first) AND index < \(end)
            ORDER BY index
            """
    }

    private static func row(_ tile: Tile, _ hashes: ArraySlice<TreeHash>) -> [PostgresValue] {
        [
            .int32(Int32(tile.level)), .int64(Int64(clamping: tile.index)), .bytes(MerkleTree.root(of: hashes).bytes),
            .bytes(hashes.flatMap(\.bytes)),
        ]
    }
}
