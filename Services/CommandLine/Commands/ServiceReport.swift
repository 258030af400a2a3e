import FieldsealClient

/// What one replica of a service says of itself.
struct ServiceReport {
    var service: String
    var address: String
    var state: String
    /// Facts in the order to show.
    var details: [(name: String, value: JSON)] = []
    /// Why it is not fit for work; nil where it is.
    var failure: ProgramStatus?

    init(
        _ name: FieldsealClient.ServiceName, at address: String, asking client: FieldsealClient, detailed: Bool,
        options: CallOptions
    ) async {
        service = name.rawValue
        self.address = address
        state = ""
        do {
            let health = try await client.health(of: name, options: options)
            state = "\(health)"
            guard health == .serving else {
                failure = .unreachable
                return
            }
        } catch {
            state = error.description
            failure = ProgramStatus(error.code)
            return
        }
        if detailed { await askForDetails(name, client, options) }
    }

    /// Details are a right of their own: without it, or without an answer, there are none.
    private mutating func askForDetails(
        _ name: FieldsealClient.ServiceName, _ client: FieldsealClient, _ options: CallOptions
    ) async {
        details = await Self.orRefusal("details") { () throws(FieldsealError) in
            switch name {
            case .encryption: []
            case .keys: Self.details(of: try await client.keys.status(options: options))
            case .audit: Self.details(of: try await client.audit.status(options: options))
            }
        }
        details += await Self.orRefusal("spool") { () throws(FieldsealError) in
            Self.details(of: try await client.spool(of: name, options: options))
        }
        let cannotServe = details.contains { detail in
            guard ["sealed", "quarantined", "refused"].contains(detail.name), case .bool(true) = detail.value else {
                return false
            }
            return true
        }
        if cannotServe { failure = .unreachable }
    }

    private static func orRefusal(
        _ name: String, _ ask: () async throws(FieldsealError) -> [(name: String, value: JSON)]
    ) async -> [(name: String, value: JSON)] {
        do {
            return try await ask()
        } catch {
            return [(name, .string(error.code == .permissionDenied ? "not granted to you" : error.description))]
        }
    }

    private static func details(of status: KeysStatus) -> [(name: String, value: JSON)] {
        [
            ("sealed", .bool(status.sealed)), ("quarantined", .bool(status.quarantined)),
            ("late-rotations", .unsigned(UInt64(status.lateRotations))), ("provider", .string(status.provider)),
            ("revision", .unsigned(status.revision)),
            ("tables", .unsigned(UInt64(status.tables))), ("fields", .unsigned(UInt64(status.fields))),
            ("keys", .unsigned(UInt64(status.keys))), ("outbox-pending", .unsigned(status.outboxPending)),
        ]
    }

    private static func details(of spool: FieldsealClient.SpoolStatus) -> [(name: String, value: JSON)] {
        var details: [(name: String, value: JSON)] = [
            ("spool-waiting", .unsigned(spool.waitingBlocks)), ("spool-oldest-seconds", .unsigned(spool.oldestSeconds)),
            ("spool-bytes", .unsigned(spool.bytes)), ("spool-mode", .string(spool.strict ? "strict" : "relaxed")),
            ("spool-accepting", .bool(spool.accepting)), ("spool-dropped", .unsigned(spool.dropped)),
            ("log-verified", .bool(spool.verified)),
        ]
        if !spool.distrust.isEmpty { details.append(("log-distrusted", .string(spool.distrust))) }
        return details
    }

    private static func details(of status: AuditStatus) -> [(name: String, value: JSON)] {
        [
            ("events", .unsigned(status.events)), ("blocks", .unsigned(status.blocks)),
            ("last-index", .unsigned(status.lastIndex)), ("producers", .unsigned(UInt64(status.producers.count))),
            ("open-findings", .unsigned(status.openFindings)),
            ("tree-size", .unsigned(status.treeSize)), ("checkpoint-size", .unsigned(status.checkpointSize)),
            ("published-size", .unsigned(status.publishedSize)), ("refused", .bool(status.refused)),
        ]
    }

    var json: JSON {
        .object([
            ("service", .string(service)), ("address", .string(address)), ("serving", .bool(failure == nil)),
            ("state", .string(state)), ("details", .object(details.map { ($0.name, $0.value) })),
        ])
    }

    static func table(_ reports: [ServiceReport]) -> String {
        var table = Table(["SERVICE", "ADDRESS", "STATE", "DETAILS"])
        for report in reports {
            let details = report.details.map { detail in
                if case .string(let text) = detail.value {
                    "\(detail.name) \(text)"
                } else {
                    "\(detail.name) \(detail.value.text(indent: nil))"
                }
            }
            table.append([report.service, report.address, report.state, details.joined(separator: ", ")])
        }
        return table.text
    }
}
