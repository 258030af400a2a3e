/// What a stored key is: authenticated by its wrapping and by its check value, so that no row can stand in for another.
public struct KeyIdentity: Hashable, Sendable {
    /// Bytes of the encoding without the binding.
    public static let byteCount = 1 + 16 + 16 + 8 + 16 + 8

    public let kind: KeyKind
    /// The row of the key store.
    public let row: ObjectID
    /// The object that the key serves: a table, a field, an index; for keys of the whole store, its id.
    public let object: ObjectID
    public let version: KeyVersion
    /// The object and version of the wrapping key; nil where that is not a key of the store (a master key's provider).
    public let parent: Parent?
    /// Whether this is the key of a backup: no key of the hierarchy, wrapped by a provider like a master key, and never to be
    /// taken for one.
    public let isBackup: Bool

    public struct Parent: Hashable, Sendable {
        public let object: ObjectID
        public let version: KeyVersion

        public init(object: ObjectID, version: KeyVersion) {
            self.object = object
            self.version = version
        }
    }

    public init(kind: KeyKind, row: ObjectID, object: ObjectID, version: KeyVersion, parent: Parent?) {
        self.kind = kind
        self.row = row
        self.object = object
        self.version = version
        self.parent = parent
        isBackup = false
    }

    private init(backup id: ObjectID, store: ObjectID, version: KeyVersion) {
        kind = .master
        row = id
        object = store
        self.version = version
        parent = nil
        isBackup = true
    }

    /// The key that encrypts one backup of a key store.
    public static func backup(id: ObjectID, store: ObjectID, version: KeyVersion) -> KeyIdentity {
        KeyIdentity(backup: id, store: store, version: version)
    }

    /// In words; `backup` beside the kinds' labels.
    public var label: StaticString { isBackup ? "backup" : kind.label }

    private static let backupCode: UInt8 = 128

    /// kind ‖ row ‖ object ‖ version ‖ parent object ‖ parent version; zeros where there is no parent.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        bytes.append(isBackup ? Self.backupCode : kind.rawValue)
        bytes.append(id: row)
        bytes.append(id: object)
        bytes.append(bigEndian: version.rawValue)
        bytes.append(id: parent?.object ?? .zero)
        bytes.append(bigEndian: parent?.version.rawValue ?? 0)
        return bytes
    }
}
