import FieldsealAuditTrail
import FieldsealCrypto

struct NamedPause: Sendable {
    /// Empty: everything.
    var name: String
    var pause: RotationPause
}

extension KeyAuthority {
    /// Stops what is done by schedule to a key, to a table's key and those of its fields, or (an empty name) to all.
    func pauseRotation(of name: String, untilUnixUs: Int64?, context: CallContext) async throws -> [NamedPause] {
        try await setPause(of: name, context, .pauseRotation) { object, now, _ in
            RotationPause(object: object, sinceUnixUs: now, untilUnixUs: untilUnixUs, identity: context.actor.identity)
        }
    }

    /// Ends a pause; what has become due meanwhile is done next.
    ///
    /// - Throws: `KeyServiceError.notPaused`.
    func resumeRotation(of name: String, context: CallContext) async throws -> [NamedPause] {
        try await setPause(of: name, context, .resumeRotation) { _, now, present in
            guard var pause = present, pause.holds(atUnixUs: now) else { throw KeyServiceError.notPaused }
            pause.isResumed = true
            pause.identity = context.actor.identity
            return pause
        }
    }

    private func setPause(
        of name: String, _ context: CallContext, _ operation: AuditOperation,
        _ make: (KeyObject?, Int64, RotationPause?) throws -> RotationPause
    ) async throws -> [NamedPause] {
        let keyring = try unsealed()
        return try await change { writer in
            var object: KeyObject?
            if !name.isEmpty {
                object = try await writer.reader.keyObject(named: name, store: keyring.storeID)
                guard let object else { throw KeyServiceError.unknownKey }
                guard object.kind.isRotatable else { throw KeyServiceError.notRotatable }
            }
            let pauses = try await writer.reader.pauses()
            let changed = try make(object, writer.nowUnixUs, pauses.first { $0.object == object })
            try await writer.write(changed)
            var event = context.event(operation, of: name, version: nil)
            event.storeRevision = writer.revision
            writer.events.append(event)
            let names = KeyNames(try await writer.reader.catalog(), store: keyring.storeID)
            return (pauses.filter { $0.object != object } + [changed]).filter { $0.holds(atUnixUs: writer.nowUnixUs) }
                .map { NamedPause(name: $0.object.map(names.name(of:)) ?? "", pause: $0) }
                .sorted { $0.name < $1.name }
        }.value
    }
}
