import FieldsealMessages

extension KeysService {
    func showSchedule(
        _ request: Proto.ShowScheduleRequest, _ call: KeysCall
    ) async throws -> Proto.ShowScheduleResponse {
        let schedule = try await authority.schedule(of: request.name)
        let now = authority.clock()
        let shown = schedule.entries.filter { !request.lateOnly || $0.entry.isLate(atUnixUs: now) }
        guard shown.count <= KeyAuthority.listingLimit else { throw KeyServiceError.tooMany }
        call.succeeded(object: request.name)
        return Proto.ShowScheduleResponse(
            entries: shown.map { $0.entry.message(named: $0.name, nowUnixUs: now) }, scheduler: schedule.holder,
            nowUnixMs: now / 1_000, reencryptions: schedule.reencryptions.map(\.message))
    }
}

extension Reencryption {
    var message: Proto.Reencryption {
        Proto.Reencryption(
            field: name, reason: request.reason.rawValue, sinceUnixMs: request.createdUnixUs / 1_000,
            versions: versions.map(\.rawValue), rows: count?.rows ?? 0, censusUnixMs: (count?.begunUnixUs ?? 0) / 1_000)
    }
}

extension Schedule.Entry {
    func message(named name: String, nowUnixUs now: Int64) -> Proto.ScheduleEntry {
        Proto.ScheduleEntry(
            name: name, type: record.object.kind.message, version: record.version.rawValue, action: action.message,
            dueUnixMs: dueUnixUs / 1_000, late: isLate(atUnixUs: now), waitsFor: wait?.rawValue ?? "",
            failures: UInt32(clamping: failures), nextAttemptUnixMs: (nextAttemptUnixUs ?? 0) / 1_000)
    }
}

extension Schedule.Action {
    var message: Proto.ScheduledAction {
        switch self {
        case .rotate: .rotate
        case .closeWindow: .closeWindow
        case .destroy: .destroy
        }
    }
}
