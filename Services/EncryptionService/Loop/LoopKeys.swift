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
    /// Fields under whose active keys the call seals, as far as that is counted.
    @exclusivity(unchecked) private(set) var sealing: [LoopField] = []
    private let renewSeals: (_ field: String) -> Void

    /// - Parameter renewSeals: leases more seals ahead.
    init(
        store: FieldKeyStore, renewSeals: @escaping (_ field: String) -> Void,
        makeHandle: @escaping (_ table: String, _ field: String) -> FieldHandle
    ) {
        self.store = store
        self.renewSeals = renewSeals
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
    func end() {
        loaded = nil
        for field in sealing { field.sealsWanted = 0 }
        sealing.removeAll(keepingCapacity: true)
    }

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

    /// Notes that the call will seal a value under the field's active key.
    @inline(__always)
    func willSeal(_ field: LoopField) {
        if field.sealsWanted == 0 { sealing.append(field) }
        field.sealsWanted += 1
    }

    /// Takes the seals that the call wants of a field.
    /// - Returns: false where too few are left.
    @inline(__always)
    func takeSeals(_ field: LoopField) -> Bool {
        let reserved = loaded == nil ? nil : reserved(for: field)
        guard field.takeSeals(reserved: reserved) else { return false }
        if let budget = field.seals, budget.startRenewal(at: now) { renewSeals(field.name) }
        return true
    }

    /// What was taken for the call while it waited.
    private func reserved(for field: LoopField) -> ReservedSeals? {
        loaded?.seals[.active(field.name)].flatMap { $0.budget === field.seals ? $0 : nil }
    }

    /// Why there are no seals of a field after a load: none were leased, or the key was changed since.
    func sealFailure(_ field: LoopField) -> ItemFailure { loaded?.failures[.active(field.name)] ?? .keysConflict }

    /// Whether what was loaded for a call is still what is used.
    func isCurrent(_ loaded: LoadedKeys, at now: BootTime) -> Bool {
        !loaded.entries.values.contains(where: \.isRevoked)
            && !loaded.subjects.values.contains(where: \.isRevoked)
            && loaded.seals.allSatisfy { store.entry(for: $0, at: now)?.seals === $1.budget }
    }

    enum SubjectResolution {
        case key(SubjectKeyEntry)
        /// Has to be loaded first.
        case missing(KeySelector)
        case failed(ItemFailure)
    }

    /// The key of a subject. Loops keep none of their own: what is keyed by it is dropped with everything else.
    /// - Parameter forRewrap: for a caller who may move values away from compromised keys. Such a key is only where the
    ///   call itself has just loaded it.
    func resolve(
        _ subject: KeySelector.Subject, of name: UnsafeRawBufferPointer, field: LoopField?, forRewrap: Bool
    ) -> SubjectResolution {
        guard let text = field?.name ?? FieldName.text(name) else { return .failed(.fieldName) }
        let kept = KeySelector.subject(subject, of: text)
        let selector = KeySelector.subject(subject, of: text, forRewrap: forRewrap)
        if let entry = loaded?.subjects[selector] ?? store.subject(for: kept, at: now), now < entry.lifetime.expires {
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

    /// The field of this name, which key management has; nil where it can be none's.
    func intern(_ name: UnsafeRawBufferPointer) -> LoopField? { FieldName.text(name).map { intern($0, name) } }

    private func intern(_ text: String, _ name: UnsafeRawBufferPointer) -> LoopField {
        let number = table.insert(name)
        if number < fields.count { return fields[number] }
        let parts = FieldName.parts(of: text)
        let field = LoopField(number: number, name: text, handle: makeHandle(parts.table, parts.field))
        fields.append(field)
        return field
    }
}
