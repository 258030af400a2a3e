/// Seals the encrypted properties of rows before they are written, and opens them after they are loaded: whole batches of rows
/// with one call to the service, or one for each message that 4 MB hold.
///
///     let middleware = EncryptionMiddleware(client)
///     try await middleware.check(User.self)                           // at start
///
///     users = try await middleware.beforeInsert(users)                // then insert or update them
///     users = try await middleware.afterLoad(users)                   // after they were fetched
///
/// It knows no database: whatever makes rows of models, and models of rows, fits in between.
public struct EncryptionMiddleware: Sendable {
    let client: FieldsealClient
    let options: CallOptions

    /// - Parameter options: of its calls.
    public init(_ client: FieldsealClient, options: CallOptions = CallOptions()) {
        self.client = client
        self.options = options
    }

    /// The rows as they can be written, by an INSERT or an UPDATE. What was set is sealed, together with its blind indexes; what
    /// was loaded and not changed keeps its ciphertext, unless its row has another key now. Values can still be read.
    ///
    /// - Throws: `EncryptedValueError` for the first value that cannot be sealed, `FieldsealError` where the service cannot be
    ///   called. Then no row is changed.
    public func beforeInsert<Record: EncryptedRecord>(_ rows: [Record]) async throws -> [Record] {
        var rows = rows
        let table = Record.encryptedTable
        for form in CiphertextForm.allCases {
            var sealing = Sealing(table)
            for index in rows.indices { try sealing.add(&rows[index], at: index, form) }
            guard !sealing.items.isEmpty else { continue }
            let outcomes = try await client.encrypt(sealing.items, form: form, options: options)
            for (place, outcome) in zip(sealing.places, outcomes) { try sealing.take(outcome, place, &rows) }
        }
        return rows
    }

    /// The same of one row.
    public func beforeInsert<Record: EncryptedRecord>(_ row: Record) async throws -> Record {
        try await beforeInsert([row])[0]
    }

    /// The rows with their values opened. A value that does not open stays with its row, and throws when it is read:
    /// `EncryptedValueError`, with field and row.
    ///
    /// - Throws: `FieldsealError` where the service cannot be called.
    public func afterLoad<Record: EncryptedRecord>(_ rows: [Record]) async throws(FieldsealError) -> [Record] {
        var rows = rows
        let table = Record.encryptedTable
        for form in CiphertextForm.allCases {
            var opening = Opening(table)
            for index in rows.indices { opening.add(&rows[index], at: index, form) }
            guard !opening.items.isEmpty else { continue }
            let outcomes = try await client.decrypt(opening.items, form: form, options: options)
            for (place, outcome) in zip(opening.places, outcomes) {
                table.fields[place.field].access.open(&rows[place.row], outcome, for: place.binding)
            }
        }
        return rows
    }

    /// The same of one row.
    public func afterLoad<Record: EncryptedRecord>(_ row: Record) async throws(FieldsealError) -> Record {
        try await afterLoad([row])[0]
    }
}

/// Where the value of an item stands.
struct ValuePlace {
    var row: Int
    /// Among those of the table.
    var field: Int
    var binding: ValueBinding
}

/// The values of rows that are to be sealed in one form.
private struct Sealing<Record> {
    let table: EncryptedTable<Record>
    private(set) var items: [EncryptItem] = []
    private(set) var places: [ValuePlace] = []

    init(_ table: EncryptedTable<Record>) { self.table = table }

    mutating func add(_ row: inout Record, at index: Int, _ form: CiphertextForm) throws(EncryptedValueError) {
        for (number, field) in table.fields.enumerated() where field.form == form {
            guard !field.access.isMissing(row) else {
                for companion in field.indexes { companion.set(&row, nil) }
                continue
            }
            let binding = try table.binding(of: row, for: field)
            let isIndexed = field.indexes.allSatisfy { $0.get(row)?.made != nil }
            guard let plaintext = try field.access.plaintext(of: row, for: binding, anew: !isIndexed) else { continue }
            items.append(
                EncryptItem(
                    field: binding.field, plaintext: plaintext, recordID: binding.recordID, context: binding.context,
                    indexes: field.indexes.map(\.name), subject: binding.subject))
            places.append(ValuePlace(row: index, field: number, binding: binding))
        }
    }

    func take(
        _ outcome: Result<SealedValue, FieldsealError>, _ place: ValuePlace, _ rows: inout [Record]
    ) throws(EncryptedValueError) {
        let field = table.fields[place.field]
        switch outcome {
        case .success(let sealed):
            guard sealed.indexes.count == field.indexes.count else {
                throw place.binding.error(.refused, cause: .wrongCount)
            }
            field.access.seal(&rows[place.row], sealed.ciphertext, for: place.binding)
            for (index, bytes) in zip(field.indexes, sealed.indexes) { index.set(&rows[place.row], BlindIndex(bytes)) }
        case .failure(let cause): throw place.binding.error(.refused, cause: cause)
        }
    }
}

/// The values of rows that are to be opened, of one form.
private struct Opening<Record> {
    let table: EncryptedTable<Record>
    private(set) var items: [DecryptItem] = []
    private(set) var places: [ValuePlace] = []

    init(_ table: EncryptedTable<Record>) { self.table = table }

    mutating func add(_ row: inout Record, at index: Int, _ form: CiphertextForm) {
        for (number, field) in table.fields.enumerated() where field.form == form {
            guard let ciphertext = field.access.ciphertext(of: row) else { continue }
            let binding: ValueBinding
            do throws(EncryptedValueError) {
                binding = try table.binding(of: row, for: field)
            } catch {
                field.access.fail(&row, error)
                continue
            }
            if field.acceptsPlaintext, field.tellsPlaintext, !Ciphertext.has(form, ciphertext) {
                field.access.adopt(&row, ciphertext, for: binding)
                continue
            }
            items.append(
                DecryptItem(
                    field: binding.field, ciphertext: ciphertext, recordID: binding.recordID,
                    context: binding.context))
            places.append(ValuePlace(row: index, field: number, binding: binding))
        }
    }
}
