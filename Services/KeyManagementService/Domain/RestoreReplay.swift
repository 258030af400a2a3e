import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages

/// What the audit log tells of a store's time after the backup it was restored from.
struct RestoreReplay: Sendable {
    /// Versions whose key was destroyed.
    private(set) var destroyed: Set<KeyVersion> = []
    private(set) var compromised: Set<KeyVersion> = []
    /// Keys of subjects that were erased.
    private(set) var erased: Set<ObjectID> = []
    /// Every version that was spoken of, by the name of its key then.
    private(set) var names: [KeyVersion: String] = [:]
    /// For whoever accepts the restore, in the order of the log.
    private(set) var changes: [ReplayedChange] = []

    /// - Parameter events: of this service's own log, successful, above the backup's revision; the oldest first.
    init(_ events: [Proto.Event]) {
        for event in events where event.outcome == 0 {
            let version = KeyVersion(rawValue: event.keyVersion)
            if let version {
                names[version] = event.object
                switch event.operation {
                case .compromiseKey: compromised.insert(version)
                // An intent is no deed.
                case .destroyKey where event.cause != Self.intent: destroyed.insert(version)
                default: break
                }
            }
            if event.operation == .eraseSubject, event.cause != Self.intent,
                let subject = SubjectObject.key(in: event.object)
            {
                erased.insert(subject)
            }
            changes.append(
                ReplayedChange(
                    operation: event.operation, object: event.object, version: version, unixUs: event.firstUnixUs))
        }
    }

    /// The cause of an event that stands before an irreversible act.
    static let intent = "intent"

    /// Versions that were made after the backup: the store has no key for them, and must never give out their ids.
    func lost(known: Set<KeyVersion>) -> [(version: KeyVersion, name: String)] {
        names.filter { !known.contains($0.key) }.map { (version: $0.key, name: $0.value) }
            .sorted { ($0.name, $0.version.rawValue) < ($1.name, $1.version.rawValue) }
    }
}

/// One event of the log that a restore replays or reports.
struct ReplayedChange: Sendable, Equatable {
    var operation: AuditOperation
    var object: String
    var version: KeyVersion?
    var unixUs: Int64
}

extension KeyRecord {
    /// The record without its key: the log says that it was destroyed, whatever state the backup has it in.
    func destroyedElsewhere(atUnixUs now: Int64) -> KeyRecord {
        var record = self
        record.state = .destroyed
        record.stateUnixUs = now
        record.encryptedKey = []
        return record
    }

    /// A row for a version whose key the backup does not hold.
    static func tombstone(
        _ version: KeyVersion, of object: KeyObject, under parent: KeyIdentity.Parent?, protection: FieldProtection?,
        rotationCount: Int32, atUnixUs now: Int64
    ) -> KeyRecord {
        KeyRecord(
            identity: KeyIdentity(
                kind: object.kind, row: .random(), object: object.id, version: version, parent: parent),
            encryptedKey: [], keyHash: [UInt8](repeating: 0, count: 32), algorithm: "lost", createdUnixUs: now,
            expiresUnixUs: nil, state: .destroyed, stateUnixUs: now, rotationCount: rotationCount, metadata: "{}",
            protection: protection, revision: 0)
    }
}
