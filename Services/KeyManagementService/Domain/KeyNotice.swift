import FieldsealCrypto

/// A change that ends or replaces what encryption services hold.
struct KeyNotice: Hashable, Sendable {
    /// The raw values are the protocol's.
    enum Kind: Int32, Sendable {
        case keyAdded = 1
        case keyRevoked = 2
        case fieldChanged = 3
        case subjectErased = 4
        case auditHashChanged = 5
        case subjectsSuperseded = 6
    }

    var kind: Kind
    /// "table.field"; empty where it concerns no field.
    var field = ""
    var version: KeyVersion?
    var subjectKey: ObjectID?
}

/// What one transaction changes, as far as encryption services must hear of it: collected from the rows that it writes.
///
/// A row that is only wrapped anew is no change: a rotation of the master key tells nobody anything.
struct KeyNotices: Sendable {
    /// A field's key and the version that is concerned.
    private struct Key: Hashable {
        var field: ObjectID
        var version: KeyVersion
    }

    private var revoked: Set<Key> = []
    private var added: [ObjectID: KeyVersion] = [:]
    private(set) var changedFields: Set<ObjectID> = []
    private(set) var changedIndexes: Set<ObjectID> = []
    private var formerNames: Set<String> = []
    private var erasedSubjects: [ObjectID] = []
    private var supersedesSubjects = false
    private var changesAuditHash = false

    var isEmpty: Bool {
        revoked.isEmpty && added.isEmpty && changedFields.isEmpty && changedIndexes.isEmpty && formerNames.isEmpty
            && erasedSubjects.isEmpty && !supersedesSubjects && !changesAuditHash
    }

    /// Fields whose names `notices` has to be given.
    var fields: Set<ObjectID> { changedFields.union(added.keys).union(revoked.map(\.field)) }

    mutating func inserted(_ record: KeyRecord) {
        switch record.object.kind {
        case .fek: if record.isActive { added[record.object.id] = record.version }
        case .index: changedIndexes.insert(record.object.id)
        case .auditHash: changesAuditHash = true
        case .master, .dek, .storeIntegrity, .subjectWrapping, .unseal: break
        }
    }

    /// - Parameter former: the state that the row had; nil where it was not read in this transaction, which counts as
    ///   another one.
    mutating func updated(_ record: KeyRecord, from former: KeyState?) {
        guard former != record.state else { return }
        switch record.object.kind {
        case .fek:
            if record.isActive { added[record.object.id] = record.version }
            if !record.state.isGranted, record.state != .pending {
                revoked.insert(Key(field: record.object.id, version: record.version))
            }
        case .index: changedIndexes.insert(record.object.id)
        case .auditHash: changesAuditHash = true
        case .master, .dek, .storeIntegrity, .subjectWrapping, .unseal: break
        }
    }

    /// Fields, tables or indexes of the catalog were written.
    /// - Parameter names: what the fields were called before.
    mutating func catalogChanged(fields: some Sequence<ObjectID>, formerly names: some Sequence<String>) {
        changedFields.formUnion(fields)
        formerNames.formUnion(names)
    }

    mutating func subjectErased(_ key: ObjectID) { erasedSubjects.append(key) }

    /// Keys of subjects were compromised. They may be a great many, and no notice names them.
    mutating func subjectsSuperseded() { supersedesSubjects = true }

    /// Keys that are revoked first, so that whoever applies them in order uses nothing too long.
    ///
    /// - Parameter names: of all `fields`; one that the catalog does not have has no key anywhere.
    func notices(names: [ObjectID: String]) -> [KeyNotice] {
        var notices: [KeyNotice] = []
        for key in revoked.sorted(by: { $0.version.rawValue < $1.version.rawValue }) {
            guard let name = names[key.field] else { continue }
            notices.append(KeyNotice(kind: .keyRevoked, field: name, version: key.version))
        }
        notices += erasedSubjects.map { KeyNotice(kind: .subjectErased, subjectKey: $0) }
        if supersedesSubjects { notices.append(KeyNotice(kind: .subjectsSuperseded)) }
        for name in formerNames.union(changedFields.compactMap { names[$0] }).sorted() {
            notices.append(KeyNotice(kind: .fieldChanged, field: name))
        }
        for (field, version) in added.sorted(by: { $0.value.rawValue < $1.value.rawValue }) {
            guard let name = names[field] else { continue }
            notices.append(KeyNotice(kind: .keyAdded, field: name, version: version))
        }
        if changesAuditHash { notices.append(KeyNotice(kind: .auditHashChanged)) }
        return notices
    }

    /// The fields of indexes that were changed, once they are known.
    mutating func indexesBelong(to fields: some Sequence<ObjectID>) {
        changedFields.formUnion(fields)
        changedIndexes = []
    }
}
