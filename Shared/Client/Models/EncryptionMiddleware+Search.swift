extension EncryptionMiddleware {
    /// What the companion column of rows with this value holds, for a query. Short indexes find other values as well: drop those
    /// after `afterLoad`.
    ///
    ///     let index = try await middleware.blindIndex(of: "ada@example.org", in: \User.email)
    ///
    /// - Parameter name: of the index in the catalog; nil: the property's first.
    public func blindIndex<Record: EncryptedRecord, Coding>(
        of value: Coding.Plain, in property: KeyPath<Record, Encrypted<Coding>>, index name: String? = nil
    ) async throws -> BlindIndex {
        try await blindIndex(Coding.self, of: value, Record.self, property, name)
    }

    /// The same for a property whose value may be missing.
    public func blindIndex<Record: EncryptedRecord, Coding>(
        of value: Coding.Plain, in property: KeyPath<Record, Encrypted<Coding>?>, index name: String? = nil
    ) async throws -> BlindIndex {
        try await blindIndex(Coding.self, of: value, Record.self, property, name)
    }

    private func blindIndex<Record: EncryptedRecord, Coding: PlaintextCoding>(
        _: Coding.Type, of value: Coding.Plain, _: Record.Type, _ property: AnyKeyPath, _ name: String?
    ) async throws -> BlindIndex {
        let table = Record.encryptedTable
        guard let field = table.fields.first(where: { $0.property == property }),
            let index = field.indexes.first(where: { name == nil || $0.name == name })
        else { throw EncryptedValueError(.notDeclared) }
        let fieldName = table.fieldName(field)
        guard let plaintext = try? Coding.encode(value) else {
            throw EncryptedValueError(.notRepresentable, field: fieldName)
        }
        return BlindIndex(
            try await client.blindIndexField(fieldName, plaintext, index: index.name, options: options))
    }
}
