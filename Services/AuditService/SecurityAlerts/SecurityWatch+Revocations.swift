import FieldsealAlerts
import FieldsealMessages
import FieldsealServiceRuntime

extension SecurityWatch {
    /// What tells of a key version's end, or of its return.
    static let revocations: [Proto.Operation] = [
        .retireKey, .restoreKey, .compromiseKey, .destroyKey, .forceDestruction,
    ]
    /// Causes of events that announce what was not done, or not yet.
    private static let announcements: Set<String> = ["intent", "proposed"]
    private static let refusals: Set<String> = ["retired", "compromised", "destroyed", "subject-compromised"]

    mutating func noteRevocation(_ event: ObservedEvent) {
        guard event.outcome == 0, event.keyVersion != 0, !Self.announcements.contains(event.cause) else { return }
        let subject = Self.subject(event.keyVersion)
        switch event.operation {
        case .retireKey where revoked[subject] == nil: mark(subject, .retired, event)
        case .restoreKey where revoked[subject]?.state == .retired: revoked.forget(subject)
        case .compromiseKey where revoked[subject]?.state != .destroyed: mark(subject, .compromised, event)
        case .destroyKey, .forceDestruction: mark(subject, .destroyed, event)
        default: break
        }
    }

    private mutating func mark(_ subject: WatchedSubject, _ state: RevokedVersion.State, _ event: ObservedEvent) {
        let memory = RevokedVersion(state, time: event.time)
        _ = revoked.update(subject, fresh: memory) { $0 = memory }
    }

    /// A use that succeeded after the version's end was known to all is worse than one that was refused. Rewrapping moves data
    /// away from a compromised version, and is what should be done with it.
    func revokedKeyUsed(_ event: ObservedEvent, _ rule: SecurityRules.RevokedKeyUsed) -> Alert? {
        guard event.isUse else { return nil }
        if event.outcome != 0, Self.refusals.contains(event.cause) {
            return Alert(
                .revokedKeyUsed, .warning, object: event.actor,
                text:
                    "\(event.actor) asked to \(event.operation.word) \(event.fieldName) under a key that is no longer to be "
                    + "used (\(event.cause)); it was refused.")
        }
        guard event.outcome == 0, event.keyVersion != 0,
            let version = revoked[Self.subject(event.keyVersion)],
            event.time - version.time > rule.graceSeconds * 1_000_000,
            !(version.state == .compromised && event.operation == .rewrap)
        else { return nil }
        let digits = Self.subject(event.keyVersion).field
        return Alert(
            .revokedKeyUsed, .critical, object: "\(event.fieldName) \(digits)",
            text: "\(event.actor) used key version \(digits) of \(event.fieldName) (\(event.operation.word)), "
                + "which is \(version.state).")
    }

    private static func subject(_ version: UInt64) -> WatchedSubject {
        let digits = String(version, radix: 16)
        return WatchedSubject(field: String(repeating: "0", count: 16 - digits.count) + digits)
    }
}
