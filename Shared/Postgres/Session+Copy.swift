internal import CFieldsealPostgres
internal import Glibc

extension Session {
    /// COPY … FROM STDIN in the binary format; a value's type must be its column's. The number of rows.
    func copy(
        _ rows: some Sequence<[PostgresValue]>, into table: String, columns: [String], timeout: Duration,
        cancellation: Cancellation?
    ) throws(PostgresError) -> Int {
        try limited(timeout: timeout, cancellation: cancellation) { () throws(PostgresError) in
            let names = columns.map(PostgresQuery.quoted).joined(separator: ", ")
            let sql = "COPY \(PostgresQuery.quoted(table)) (\(names)) FROM STDIN (FORMAT binary)"
            guard PQsendQuery(pointer, sql) == 1 else { throw lost() }
            guard let ready = try nextResult() else { throw lost() }
            do throws(PostgresError) { _ = try checked(ready) } catch {
                while isUsable, let _ = try nextResult() {}
                throw error
            }
            do throws(PostgresError) {
                try send(rows)
                try end(error: nil)
            } catch {
                guard isUsable, error.code == .tooLarge else { throw error }
                try end(error: "abandoned")
                while isUsable, let _ = try nextResult() {}
                throw error
            }
            return PostgresRows(try lastResult()).affected
        }
    }

    private func send(_ rows: some Sequence<[PostgresValue]>) throws(PostgresError) {
        var writer = BinaryWriter()
        writer.append(
            contentsOf: Array("PGCOPY\n\u{FF}\r\n\0".unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }))
        writer.append(Int32(0))
        writer.append(Int32(0))
        for row in rows {
            guard let count = Int16(exactly: row.count) else { throw PostgresError(.tooLarge) }
            writer.append(count)
            for value in row { try writer.appendField(value) }
            if writer.bytes.count > 1 << 16 {
                try put(writer.bytes)
                writer = BinaryWriter()
            }
        }
        writer.append(Int16(-1))
        try put(writer.bytes)
    }

    private func put(_ bytes: [UInt8]) throws(PostgresError) {
        guard let count = Int32(exactly: bytes.count) else { throw PostgresError(.tooLarge) }
        while true {
            let queued = bytes.withUnsafeBytes {
                PQputCopyData(pointer, $0.baseAddress?.assumingMemoryBound(to: CChar.self), count)
            }
            if queued == 1 { return }
            guard queued == 0 else { throw lost() }
            try wait(for: POLLIN | POLLOUT)
            guard PQconsumeInput(pointer) == 1 else { throw lost() }
        }
    }

    private func end(error: String?) throws(PostgresError) {
        while true {
            let queued = PQputCopyEnd(pointer, error)
            if queued == 1 { return try flush() }
            guard queued == 0 else { throw lost() }
            try wait(for: POLLOUT)
        }
    }
}
