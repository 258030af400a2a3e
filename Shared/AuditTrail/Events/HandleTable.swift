internal import Synchronization

/// Equal actors and fields get the same handle, so that they fold across connections and event loops.
///
/// Handles are held weakly and swept when their number has doubled: certificates come and go.
final class HandleTable: Sendable {
    private struct Weak<Handle: AnyObject> {
        weak var handle: Handle?
    }

    private struct State {
        var actors: [AuditActor: Weak<ActorHandle>] = [:]
        var fields: [String: [String: Weak<FieldHandle>]] = [:]
        var sweepAt = 1024
    }

    private let state = Mutex(State())

    func actor(_ actor: AuditActor) -> ActorHandle {
        state.withLock { state in
            if let known = state.actors[actor]?.handle { return known }
            if state.actors.count >= state.sweepAt {
                state.actors = state.actors.filter { $0.value.handle != nil }
                state.sweepAt = max(1024, 2 * state.actors.count)
            }
            let handle = ActorHandle(actor)
            state.actors[actor] = Weak(handle: handle)
            return handle
        }
    }

    /// Actors known, those included whose handles are gone.
    var actorCount: Int { state.withLock { $0.actors.count } }

    func field(table: String, field: String) -> FieldHandle {
        if table.isEmpty, field.isEmpty { return .none }
        return state.withLock { state in
            if let known = state.fields[table]?[field]?.handle { return known }
            let handle = FieldHandle(table: table, field: field)
            state.fields[table, default: [:]][field] = Weak(handle: handle)
            return handle
        }
    }
}
