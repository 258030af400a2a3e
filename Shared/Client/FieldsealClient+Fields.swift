public import FieldsealMessages

extension FieldsealClient {
    /// Encrypts each item; results stand in the order of the items.
    public func encrypt(
        _ items: [EncryptItem], form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<SealedValue, FieldsealError>] {
        try await batched(items, size: \.size, options) { items, options throws(FieldsealError) in
            try await encryption.encrypt(items, form, options)
        }
    }

    /// Decrypts each item; results stand in the order of the items.
    public func decrypt(
        _ items: [DecryptItem], form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<[UInt8], FieldsealError>] {
        try await batched(items, size: \.size, options) { items, options throws(FieldsealError) in
            try await encryption.decrypt(items, form, options)
        }
    }

    /// Seals each item anew under the newest version of its field's key; no plaintext leaves the service.
    public func rewrap(
        _ items: [DecryptItem], form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<ResealedValue, FieldsealError>] {
        try await batched(items, size: \.size, options) { items, options throws(FieldsealError) in
            let request = Proto.RewrapRequest(items: items.map(\.message), encoding: form.message)
            let response: Proto.RewrapResponse = try await encryption.call("Rewrap", request, options: options)
            return response.results.map { $0.result }
        }
    }

    /// Seals each item anew for another record id or context; no plaintext leaves the service.
    public func rebind(
        _ items: [RebindItem], form: CiphertextForm = .binary, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<ResealedValue, FieldsealError>] {
        try await batched(items, size: \.size, options) { items, options throws(FieldsealError) in
            let request = Proto.RebindRequest(items: items.map(\.message), encoding: form.message)
            let response: Proto.RebindResponse = try await encryption.call("Rebind", request, options: options)
            return response.results.map { $0.result }
        }
    }

    /// The blind indexes of each item, in the order asked for.
    public func blindIndex(
        _ items: [BlindIndexItem], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<[[UInt8]], FieldsealError>] {
        try await batched(items, size: \.size, options) { items, options throws(FieldsealError) in
            try await encryption.blindIndex(items, options)
        }
    }

    /// Under which hash the audit log knows a record; a right of its own, and few a second.
    /// - Parameter field: any of the record's table that the caller may `hash-record`.
    public func hashRecord(
        _ record: RecordID, field: String, options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> RecordHash {
        try await encryption.call(
            "HashRecord", Proto.HashRecordRequest(field: field, recordID: record.message), options: options)
    }

    /// What the catalog says of each field ("table.field").
    public func describeFields(
        _ fields: [String], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<FieldDescription, FieldsealError>] {
        try await batched(fields, size: \.utf8.count, options) { fields, options throws(FieldsealError) in
            let request = Proto.DescribeFieldRequest(fields: Array(fields))
            let response: Proto.DescribeFieldResponse = try await encryption.call(
                "DescribeField", request, options: options)
            return response.results.map { result in
                switch result.outcome {
                case .description(let description): .success(description)
                case .error(let error): .failure(FieldsealError(error))
                case nil: .failure(.noOutcome)
                }
            }
        }
    }

    /// Makes sure that each field ("table.field") has a key; the key itself never leaves the services.
    public func deriveFieldKeys(
        _ fields: [String], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<FieldKeyReference, FieldsealError>] {
        try await batched(fields, size: \.utf8.count, options) { fields, options throws(FieldsealError) in
            let request = Proto.DeriveFieldKeyRequest(fields: Array(fields))
            let response: Proto.DeriveFieldKeyResponse = try await encryption.call(
                "DeriveFieldKey", request, options: options)
            return response.results.map { $0.result }
        }
    }

    /// Gives each field ("table.field") a new key version; what is encrypted under older ones stays readable.
    public func rotateKeys(
        _ fields: [String], options: CallOptions = CallOptions()
    ) async throws(FieldsealError) -> [Result<FieldKeyReference, FieldsealError>] {
        // Each repetition would make another version.
        try await batched(fields, size: \.utf8.count, options, isRepeatable: false) {
            fields, options throws(FieldsealError) in
            let request = Proto.RotateKeyRequest(fields: Array(fields))
            let response: Proto.RotateKeyResponse = try await encryption.call("RotateKey", request, options: options)
            return response.results.map { $0.result }
        }
    }

    /// Items that wait for a server behind the service are sent again, as long as the options' patience lasts.
    private func batched<Item: Sendable, Value>(
        _ items: [Item], size: (Item) -> Int, _ options: CallOptions, isRepeatable: Bool = true,
        call: (ArraySlice<Item>, CallOptions) async throws(FieldsealError) -> [Result<Value, FieldsealError>]
    ) async throws(FieldsealError) -> [Result<Value, FieldsealError>] {
        var results: [Result<Value, FieldsealError>] = []
        results.reserveCapacity(items.count)
        for range in Batches.split(items, size: size) {
            var trials = encryption.trials(options)
            var left = options
            var (waiting, sent) = (Array(range), items[range])
            while true {
                left.timeout = trials.left
                let answered = try await call(sent, left)
                guard answered.count == sent.count else { throw .wrongCount }
                if results.count == range.lowerBound {
                    results += answered
                } else {
                    for (place, result) in zip(waiting, answered) { results[place] = result }
                }
                waiting = waiting.filter { results[$0].isUnavailable }
                guard isRepeatable, !waiting.isEmpty, try await trials.pause() else { break }
                sent = waiting.map { items[$0] }[...]
            }
        }
        return results
    }
}

extension Result where Failure == FieldsealError {
    /// Something behind the service is away; nothing is wrong with the item.
    var isUnavailable: Bool {
        if case .failure(let error) = self { error.code == .unavailable } else { false }
    }
}
