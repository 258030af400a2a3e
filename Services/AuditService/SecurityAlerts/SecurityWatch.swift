import FieldsealAlerts
import FieldsealServiceRuntime

/// The rules over the events of the log, in its order. Pure: what it remembers is stored with the place in the log up to which
/// it has looked, and the alerts with both.
struct SecurityWatch: Sendable {
    /// By identity.
    var failures = WatchMemories<FailureBurst>()
    /// By identity and field.
    var volumes = WatchMemories<UseVolume>()
    /// By identity and field; by field alone for whoever came first.
    var firstUses = WatchMemories<FirstUse>()
    /// By version, in hexadecimal digits, as the subject's field.
    var revoked = WatchMemories<RevokedVersion>()

    /// - Parameter now: microseconds since 1970; no event is later, whatever its producer says.
    mutating func observe(_ event: ObservedEvent, _ rules: SecurityRules, now: Int64, into tally: inout AlertTally) {
        var event = event
        event.time = max(0, min(event.time, now))
        noteRevocation(event)
        let alerts: [Alert?] = [
            rules.failedDecrypts.flatMap { failedDecrypts(event, $0) },
            rules.firstSeenActor.flatMap { firstSeenActor(event, $0) },
            rules.revokedKeyUsed.flatMap { revokedKeyUsed(event, $0) },
            rules.unusualVolume.flatMap { unusualVolume(event, $0) },
            rules.deniedAdministration.flatMap { deniedAdministration(event, $0) },
        ]
        for alert in alerts { if let alert { tally.add(alert) } }
    }

    /// Forgets what no rule can need any more.
    mutating func tidy(now: Int64) { failures.forget { $0.isOver(at: now) } }
}
