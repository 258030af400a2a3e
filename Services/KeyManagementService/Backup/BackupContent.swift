/// What a backup's chunks hold, once they are opened: tables one after the other, each with its columns, its rows and their
/// number. Pure.
///
/// u16 tables, then of each: name, u16 columns, of each its name and type (texts after a u16 length); rows: u8 1, then per
/// column an i32 length (-1: null) and the value in PostgreSQL's binary format; at the end u8 0 and u64 number of rows.
enum BackupContent {
    struct Column: Equatable, Sendable {
        var name: String
        /// As PostgreSQL writes it, e.g. `timestamp with time zone`.
        var type: String
    }

    typealias Row = [[UInt8]?]

    enum Item: Equatable, Sendable {
        case table(name: String, columns: [Column])
        case row(Row)
        case end(rows: UInt64)
    }

    static func encodedBeginning(tables: Int) -> [UInt8] {
        var encoder = BackupEncoder()
        encoder.append(UInt16(truncatingIfNeeded: tables))
        return encoder.bytes
    }

    static func encoded(_ item: Item) -> [UInt8] {
        var encoder = BackupEncoder()
        switch item {
        case .table(let name, let columns):
            encoder.append(name)
            encoder.append(UInt16(truncatingIfNeeded: columns.count))
            for column in columns {
                encoder.append(column.name)
                encoder.append(column.type)
            }
        case .row(let values):
            encoder.append(UInt8(1))
            for value in values {
                encoder.append(value.map { Int32(truncatingIfNeeded: $0.count) } ?? -1)
                if let value { encoder.append(value) }
            }
        case .end(let rows):
            encoder.append(UInt8(0))
            encoder.append(rows)
        }
        return encoder.bytes
    }
}

/// Reads the content as it comes, in pieces of any size.
struct BackupContentReader {
    private static let longestValue: Int32 = 256 << 20

    private var bytes: [UInt8] = []
    private var offset = 0
    private var tablesLeft: UInt16?
    /// The columns and rows of the table that is being read.
    private var table: (columns: Int, rows: UInt64)?

    mutating func append(_ piece: [UInt8]) {
        bytes.removeFirst(offset)
        offset = 0
        bytes.append(contentsOf: piece)
    }

    /// Whether all tables were read and nothing follows.
    var isComplete: Bool { tablesLeft == 0 && table == nil && offset == bytes.count }

    /// The next item; nil where more bytes are needed.
    mutating func next() throws(BackupError) -> BackupContent.Item? {
        var decoder = BackupDecoder(bytes[offset...])
        if tablesLeft == nil {
            guard let count = decoder.number(UInt16.self) else { return nil }
            tablesLeft = count
            offset = decoder.offset
        }
        guard let item = try item(&decoder) else { return nil }
        offset = decoder.offset
        switch item {
        case .table(_, let columns):
            tablesLeft = (tablesLeft ?? 1) - 1
            table = (columns.count, 0)
        case .row: table?.rows += 1
        case .end: table = nil
        }
        return item
    }

    private func item(_ decoder: inout BackupDecoder) throws(BackupError) -> BackupContent.Item? {
        guard let table else {
            guard tablesLeft != 0 else {
                guard decoder.isAtEnd else { throw .misshapen }
                return nil
            }
            return try heading(&decoder)
        }
        switch decoder.number(UInt8.self) {
        case nil: return nil
        case 0:
            guard let rows = decoder.number(UInt64.self) else { return nil }
            guard rows == table.rows else { throw .misshapen }
            return .end(rows: rows)
        case 1: return try row(&decoder, columns: table.columns)
        default: throw .misshapen
        }
    }

    private func heading(_ decoder: inout BackupDecoder) throws(BackupError) -> BackupContent.Item? {
        guard let name = decoder.text(), let count = decoder.number(UInt16.self) else { return nil }
        var columns: [BackupContent.Column] = []
        for _ in 0..<count {
            guard let name = decoder.text(), let type = decoder.text() else { return nil }
            columns.append(.init(name: name, type: type))
        }
        guard !columns.isEmpty else { throw .misshapen }
        return .table(name: name, columns: columns)
    }

    private func row(_ decoder: inout BackupDecoder, columns: Int) throws(BackupError) -> BackupContent.Item? {
        var row: BackupContent.Row = []
        row.reserveCapacity(columns)
        for _ in 0..<columns {
            guard let length = decoder.number(Int32.self) else { return nil }
            if length == -1 {
                row.append(nil)
                continue
            }
            guard (0...Self.longestValue).contains(length) else { throw .misshapen }
            guard let value = decoder.part(Int(length)) else { return nil }
            row.append(Array(value))
        }
        return .row(row)
    }
}
