/// A statement as it goes to the server: with its parameters in binary.
struct Statement {
    let key: PreparedStatements.Key
    let way: PreparedStatements.Way
    private let bytes: [UInt8]
    /// Where each parameter begins in `bytes`; nil: null.
    private let offsets: [Int?]
    private let lengths: [Int32]

    var isPreparedFirst: Bool { if case .prepare = way { true } else { false } }

    /// - Throws: `PostgresError.tooLarge` where it has more than 65,535 parameters, or one of more than 2 GiB.
    init(_ query: PostgresQuery, of prepared: inout PreparedStatements) throws(PostgresError) {
        let (sql, parameters) = query.rendered()
        guard parameters.count <= 65_535 else { throw PostgresError(.tooLarge) }
        var writer = BinaryWriter()
        var offsets: [Int?] = []
        var lengths: [Int32] = []
        for parameter in parameters {
            let start = writer.bytes.count
            offsets.append(parameter.isNull ? nil : start)
            try writer.append(parameter)
            guard let length = Int32(exactly: writer.bytes.count - start) else { throw PostgresError(.tooLarge) }
            lengths.append(length)
        }
        // A parameter at the very end needs an address too: empty is not null.
        writer.append(UInt8(0))
        bytes = writer.bytes
        self.offsets = offsets
        self.lengths = lengths
        key = PreparedStatements.Key(sql: sql, types: parameters.map(\.type.objectID))
        way = prepared.way(of: key)
    }

    func withParameters<Value>(_ body: ([UnsafePointer<CChar>?], [Int32]) -> Value) -> Value {
        bytes.withUnsafeBytes { bytes in
            body(
                offsets.map { offset in
                    offset.flatMap { bytes.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
                }, lengths)
        }
    }
}
