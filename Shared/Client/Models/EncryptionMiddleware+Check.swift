extension EncryptionMiddleware {
    /// Compares what models declare with the catalog: to be called when the application starts.
    ///
    /// - Throws: `ClientConfigurationError` with every difference, `FieldsealError` where the catalog cannot be read.
    public func check(_ records: any EncryptedRecord.Type...) async throws {
        let declared = records.flatMap { Self.fields(of: $0) }
        let descriptions = try await client.describeFields(declared.map(\.name), options: options)
        let differences = zip(declared, descriptions).flatMap { field, description in
            field.differences(description).map { "\(field.name): \($0)" }
        }
        guard differences.isEmpty else {
            throw ClientConfigurationError(differences.joined(separator: "\n"))
        }
    }

    private static func fields<Record: EncryptedRecord>(of _: Record.Type) -> [DeclaredField] {
        let table = Record.encryptedTable
        return table.fields.map { field in
            DeclaredField(
                name: table.fieldName(field), key: field.isRowBound ? table.key.map(\.name) : [],
                indexes: field.indexes.map(\.name), hasSubject: field.subject != nil,
                isPlaintextLost: field.acceptsPlaintext && !field.tellsPlaintext)
        }
    }
}

/// What a model says of a field.
struct DeclaredField {
    var name: String
    /// The key columns that it is bound to.
    var key: [String]
    var indexes: [String]
    var hasSubject: Bool
    /// It is to accept plaintext, which its type cannot tell from ciphertext.
    var isPlaintextLost: Bool

    func differences(_ result: Result<FieldDescription, FieldsealError>) -> [String] {
        let catalog: FieldDescription
        switch result {
        case .success(let description): catalog = description
        case .failure(let error): return ["the service does not describe it (\(error))"]
        }
        var found: [String] = []
        let isBound = catalog.rowBound || catalog.recordKeys
        let columns = catalog.keyColumns.joined(separator: ", ")
        if isBound, key.isEmpty {
            found.append("the catalog binds it to rows by \(columns); declare them as the table's key")
        } else if !isBound, !key.isEmpty {
            found.append(
                "the catalog does not bind it to rows, so that values would open in any; declare isRowBound: false")
        } else if isBound, key != catalog.keyColumns {
            found.append("the key is \(key.joined(separator: ", ")), but the catalog's key-columns are \(columns)")
        }
        if catalog.subjectKeys, !hasSubject { found.append("it has subject keys; declare whose a value is by subject") }
        if !catalog.subjectKeys, hasSubject { found.append("a subject is declared, but it has no subject keys") }
        if isPlaintextLost { found.append("plaintext bytes cannot be told from ciphertext") }
        let known = Set(catalog.indexes.map(\.name))
        found += indexes.filter { !known.contains($0) }.map { "the catalog does not have the index \($0)" }
        return found
    }
}
