import FieldsealCrypto
import FieldsealMessages

extension KeyNotice {
    var message: Proto.KeyChange {
        Proto.KeyChange(
            kind: Proto.KeyChangeKind(rawValue: kind.rawValue) ?? .unspecified, field: field,
            version: version?.rawValue ?? 0, subjectKeyID: subjectKey?.bytes ?? [])
    }

    /// Nil for a kind that this version does not know.
    init?(_ message: Proto.KeyChange) {
        guard let kind = Kind(rawValue: message.kind.rawValue) else { return nil }
        self.init(
            kind: kind, field: message.field, version: KeyVersion(rawValue: message.version),
            subjectKey: ObjectID(bytes: message.subjectKeyID))
    }
}

extension Propagation {
    var messages: [Proto.Watcher] {
        watchers.map { watcher in
            Proto.Watcher(
                identity: watcher.record.identity, replica: watcher.record.replica.bytes,
                position: watcher.record.position, seenUnixMs: watcher.record.seenUnixUs / 1_000,
                acknowledged: watcher.hasAcknowledged, lapsesUnixMs: watcher.lapsesUnixUs / 1_000)
        }
    }
}
