/// Calls with one item: made together with others of the same time, or each by itself where coalescing is off.
struct SingleCalls: Sendable {
    private let encryption: ServiceChannel
    private let encrypting: Coalescer<CiphertextForm, EncryptItem, SealedValue>?
    private let decrypting: Coalescer<CiphertextForm, DecryptItem, [UInt8]>?
    private let indexing: Coalescer<Bool, BlindIndexItem, [[UInt8]]>?

    init(_ encryption: ServiceChannel, _ settings: ClientConfiguration.Calls) {
        self.encryption = encryption
        guard settings.coalescing else {
            (encrypting, decrypting, indexing) = (nil, nil, nil)
            return
        }
        let (delay, items, clock) = (settings.delay, settings.items, encryption.clock)
        encrypting = Coalescer(delay: delay, items: items, clock: clock) {
            items, form, options throws(FieldsealError) in try await encryption.encrypt(items, form, options)
        }
        decrypting = Coalescer(delay: delay, items: items, clock: clock) {
            items, form, options throws(FieldsealError) in try await encryption.decrypt(items, form, options)
        }
        indexing = Coalescer(delay: delay, items: items, clock: clock) {
            items, _, options throws(FieldsealError) in try await encryption.blindIndex(items, options)
        }
    }

    func encrypt(
        _ item: EncryptItem, _ form: CiphertextForm, _ options: CallOptions
    ) async throws(FieldsealError) -> SealedValue {
        try await patiently(options) { options throws(FieldsealError) in
            if let encrypting, options.requestID == nil {
                return try await encrypting.value(item, size: item.size, form: form, options: options)
            }
            return try Self.only(await encryption.encrypt([item], form, options))
        }
    }

    func decrypt(
        _ item: DecryptItem, _ form: CiphertextForm, _ options: CallOptions
    ) async throws(FieldsealError) -> [UInt8] {
        try await patiently(options) { options throws(FieldsealError) in
            if let decrypting, options.requestID == nil {
                return try await decrypting.value(item, size: item.size, form: form, options: options)
            }
            return try Self.only(await encryption.decrypt([item], form, options))
        }
    }

    func blindIndex(_ item: BlindIndexItem, _ options: CallOptions) async throws(FieldsealError) -> [[UInt8]] {
        try await patiently(options) { options throws(FieldsealError) in
            if let indexing, options.requestID == nil {
                return try await indexing.value(item, size: item.size, form: true, options: options)
            }
            return try Self.only(await encryption.blindIndex([item], options))
        }
    }

    /// How many callers wait for a batch.
    var callers: Int { (encrypting?.callers ?? 0) + (decrypting?.callers ?? 0) + (indexing?.callers ?? 0) }

    /// Waits for what is under way.
    func drain() async {
        await encrypting?.drain()
        await decrypting?.drain()
        await indexing?.drain()
    }

    /// One item waits for what is behind the service without those that it was sent with.
    private func patiently<Value>(
        _ options: CallOptions, _ call: (CallOptions) async throws(FieldsealError) -> Value
    ) async throws(FieldsealError) -> Value {
        var trials = encryption.trials(options)
        var left = options
        while true {
            do throws(FieldsealError) {
                return try await call(left)
            } catch {
                guard error.code == .unavailable, try await trials.pause() else { throw error }
                left.timeout = trials.left
            }
        }
    }

    static func only<Value>(
        _ results: [Result<Value, FieldsealError>]
    ) throws(FieldsealError) -> Value {
        guard results.count == 1 else { throw .wrongCount }
        return try results[0].get()
    }
}
