internal import Synchronization

/// Equal actors and fields get the same handle, so that they fold across connections and event loops.
///
/// Certificates come and go: of many actors the table is emptied and begins anew, which costs an actor that stays no more
/// than a second fold. No weak references: they would slow every use of a handle.
final class HandleTable: Sendable {
    private static let actorLimit = 1024

    private struct State {
        var actors: [AuditActor: ActorHandle] = [:]
        var fields: [String: [String: FieldHandle]] = [:]
    }

    private let state = Mutex(State())

    func actor(_ actor: AuditActor) -> ActorHandle {
        state.withLock { state in
            if let known = state.actors[actor] { return known }
            if state.actors.count >= Self.actorLimit { state.actors.removeAll(keepingCapacity: true) }
            let handle = ActorHandle(actor)
            state.actors[actor] = handle
            return handle
        }
    }

    /// Actors that the table holds.
    var actorCount: Int { state.withLock { $0.actors.count } }

    /// A field of the catalog, whose fields are few.
    func field(table: String, field: String) -> FieldHandle {
        if table.isEmpty, field.isEmpty { return .none }
        return state.withLock { state in
            if let known = state.fields[table]?[field] { return known }
            let handle = FieldHandle(table: table, field: field)
            state.fields[table, default: [:]][field] = handle
            return handle
        }
    }
}
