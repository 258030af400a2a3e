import FieldsealAuditTrail

/// The keys as one event loop sees them: references into the shared store, dropped whenever the store changes.
final class LoopKeys {
    enum Resolution {
        case key(LoopField, FieldKeyEntry)
        /// Has to be loaded first.
        case missing(KeySelector)
        case failed(ItemFailure)
    }

    private let store: FieldKeyStore
    private let makeHandle: (_ table: String, _ field: String) -> FieldHandle
    @exclusivity(unchecked) private var generation: UInt64 = 0
    @exclusivity(unchecked) private var table = FieldTable()
    @exclusivity(unchecked) private var fields: [LoopField] = []
    @exclusivity(unchecked) private(set) var now = BootTime(nanoseconds: 0)
    @exclusivity(unchecked) private var hashKey: AuditHashEntry?
    @exclusivity(unchecked) private var loaded: LoadedKeys?

    init(store: FieldKeyStore, makeHandle: @escaping (_ table: String, _ field: String) -> FieldHandle) {
        self.store = store
        self.makeHandle = makeHandle
    }

    /// Begins a call.
    /// - Parameter loaded: what a load brought for it; nil where nothing was loaded, so that what misses may be.
    /// - Returns: whether references were dropped; what was keyed by them is then dropped too.
    func begin(at now: BootTime, loaded: LoadedKeys?) -> Bool {
        self.now = now
        self.loaded = loaded
        return renew()
    }

    /// Whether what misses may be loaded for this call; once is enough.
    var mayLoad: Bool { loaded == nil }

    /// Ends the call.
    func end() { loaded = nil }

    /// Drops all references where the store has changed: it may not hold them any more.
    /// - Returns: whether it has.
    func renew() -> Bool {
        let current = store.generation
        guard current != generation else { return false }
        generation = current
        hashKey = nil
        for field in fields { field.dropKeys() }
        return true
    }

    /// The field, where the loop has seen a key of it.
    @inline(__always)
    func field(_ name: UnsafeRawBufferPointer) -> LoopField? {
        table.find(name).map { fields[$0] }
    }

    /// - Parameters:
    ///   - version: 0 for the active one.
    ///   - forRewrap: for a caller who may move values away from compromised versions.
    @inline(__always)
    func resolve(
        _ name: UnsafeRawBufferPointer, field: LoopField?, version: UInt64, forRewrap: Bool = false
    ) -> Resolution {
        if let field, let entry = field.key(version, at: now) { return .key(field, entry) }
        if forRewrap { return resolveForRewrap(name, field: field, version: version) }
        return resolveInStore(name, field: field, version: version)
    }

    /// A compromised version is only where the call itself has just loaded it.
    private func resolveForRewrap(
        _ name: UnsafeRawBufferPointer, field: LoopField?, version: UInt64
    ) -> Resolution {
        guard let text = field?.name ?? FieldName.text(name) else { return .failed(.fieldName) }
        if store.entry(for: KeySelector(field: text, version: version), at: now) != nil {
            return resolveInStore(name, field: field, version: version)
        }
        let selector = KeySelector(field: text, version: version, forRewrap: true)
        guard let loaded else { return .missing(selector) }
        guard let entry = loaded.entries[selector], now < entry.lifetime.expires else {
            return .failed(loaded.failures[selector] ?? .loadLimit)
        }
        return .key(field ?? intern(text, name), entry)
    }

    private func resolveInStore(_ name: UnsafeRawBufferPointer, field: LoopField?, version: UInt64) -> Resolution {
        guard let text = field?.name ?? FieldName.text(name) else { return .failed(.fieldName) }
        let selector = KeySelector(field: text, version: version)
        let brought = loaded?.entries[selector].flatMap { $0.isRevoked ? nil : $0 }
        if let entry = brought ?? store.entry(for: selector, at: now), now < entry.lifetime.expires {
            let field = field ?? intern(text, name)
            field.keep(entry, as: version)
            entry.markUse()
            return .key(field, entry)
        }
        guard let loaded else { return .missing(selector) }
        return .failed(loaded.failures[selector] ?? .loadLimit)
    }

    enum SubjectResolution {
        case key(SubjectKeyEntry)
        /// Has to be loaded first.
        case missing(KeySelector)
        case failed(ItemFailure)
    }

    /// The key of a subject. Loops keep none of their own: what is keyed by it is dropped with everything else.
    func resolve(_ subject: KeySelector.Subject, of name: UnsafeRawBufferPointer, field: LoopField?)
        -> SubjectResolution
    {
        guard let text = field?.name ?? FieldName.text(name) else { return .failed(.fieldName) }
        let selector = KeySelector.subject(subject, of: text)
        if let entry = loaded?.subjects[selector] ?? store.subject(for: selector, at: now), now < entry.lifetime.expires
        {
            entry.markUse()
            return .key(entry)
        }
        guard let loaded else { return .missing(selector) }
        return .failed(loaded.failures[selector] ?? .loadLimit)
    }

    /// Whether a key is there without loading it.
    func isAtHand(_ name: UnsafeRawBufferPointer, field: LoopField?, version: UInt64) -> Bool {
        if field?.key(version, at: now) != nil { return true }
        guard let text = field?.name ?? FieldName.text(name) else { return false }
        return store.entry(for: KeySelector(field: text, version: version), at: now) != nil
    }

    /// The key under which record ids are hashed; nil where it has to be loaded.
    @inline(__always)
    func auditHash() -> AuditHashEntry? {
        if let hashKey, now < hashKey.lifetime.expires { return hashKey }
        hashKey = store.auditHash(at: now)
        return hashKey
    }

    /// Why the hash key is not there after a load.
    var auditHashFailure: ItemFailure? {
        loaded.map { $0.failures[.auditHash] ?? .keysUnavailable }
    }

    private func intern(_ text: String, _ name: UnsafeRawBufferPointer) -> LoopField {
        let number = table.insert(name)
        if number < fields.count { return fields[number] }
        let parts = FieldName.parts(of: text)
        let field = LoopField(number: number, name: text, handle: makeHandle(parts.table, parts.field))
        fields.append(field)
        return field
    }
}
