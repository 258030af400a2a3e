import FieldsealAlerts
import FieldsealMessages
import FieldsealRPC
import FieldsealServiceRuntime

extension SecurityWatch {
    mutating func failedDecrypts(_ event: ObservedEvent, _ rule: SecurityRules.FailedDecrypts) -> Alert? {
        guard event.operation == .decrypt, Self.isTelling(event.outcome), !rule.except.contains(event.actor) else {
            return nil
        }
        let found = failures.update(WatchedSubject(actor: event.actor), fresh: FailureBurst()) {
            $0.add(event.count, at: event.time, minutes: rule.minutes, limit: rule.count)
        }
        guard let found = found ?? nil else { return nil }
        let cause = event.cause.isEmpty ? "no cause" : event.cause
        return Alert(
            .failedDecrypts, .critical, object: event.actor,
            text: "\(event.actor) failed to decrypt \(found) values within \(rule.minutes) minutes, "
                + "at last of \(event.fieldName) (\(cause)).")
    }

    /// Failures that say something of who asked, and not of a service that was away or busy.
    private static func isTelling(_ outcome: Int32) -> Bool {
        switch RPCCode(rawValue: outcome) {
        case .ok, .cancelled, .deadlineExceeded, .resourceExhausted, .aborted, .internal, .unavailable: false
        default: true
        }
    }

    mutating func firstSeenActor(_ event: ObservedEvent, _ rule: SecurityRules.FirstSeenActor) -> Alert? {
        guard event.isUse, event.outcome == 0,
            rule.fields.contains(where: { $0.matches(table: event.table, column: event.field) })
        else { return nil }
        let field = WatchedSubject(table: event.table, field: event.field)
        let subject = WatchedSubject(actor: event.actor, table: event.table, field: event.field)
        guard firstUses[subject] == nil else { return nil }
        let began = firstUses.update(field, fresh: FirstUse(time: event.time)) { $0.time }
        guard firstUses.update(subject, fresh: FirstUse(time: event.time), { _ in }) != nil, let began,
            event.time - began >= rule.learnHours * UseVolume.hour, !rule.except.contains(event.actor)
        else { return nil }
        return Alert(
            .firstSeenActor, .warning, object: "\(event.fieldName) \(event.actor)",
            text: "\(event.actor) used \(event.fieldName) for the first time (\(event.operation.word)).")
    }

    mutating func unusualVolume(_ event: ObservedEvent, _ rule: SecurityRules.UnusualVolume) -> Alert? {
        guard event.operation == .decrypt, event.outcome == 0 else { return nil }
        let subject = WatchedSubject(actor: event.actor, table: event.table, field: event.field)
        let found = volumes.update(subject, fresh: UseVolume()) {
            $0.add(
                event.count, at: event.time, factor: rule.factor, floor: rule.floor, afterHours: rule.afterHours)
        }
        guard let found = found ?? nil, !rule.except.contains(event.actor) else { return nil }
        return Alert(
            .unusualVolume, .warning, object: "\(event.fieldName) \(event.actor)",
            text: "\(event.actor) decrypted \(found.count) values of \(event.fieldName) within an hour, "
                + "\(found.mean) in an hour being usual.")
    }

    func deniedAdministration(_ event: ObservedEvent, _ rule: SecurityRules.DeniedAdministration) -> Alert? {
        guard event.isAdministration, event.outcome == RPCCode.permissionDenied.rawValue,
            !rule.except.contains(event.actor)
        else { return nil }
        return Alert(
            .deniedAdministration, .warning, object: event.actor,
            text: "\(event.actor.isEmpty ? "Somebody without a name" : event.actor) was denied \(event.operation.word)."
        )
    }
}
