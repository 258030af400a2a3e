import FieldsealTransparencyLog
import Synchronization

/// What this process knows of the log, whatever its database says: the newest head it has seen, and whether the database was
/// found to contradict what is known. Once it was, nothing is appended until the process starts anew.
final class HeadMemory: Sendable {
    private struct State {
        var head = TreeHead.empty
        /// Under which this process wrote last.
        var term: Int64?
        var isHeld = false
        var isContinuation: Bool?
        var problem: TreeProblem?
    }

    private let state = Mutex(State())

    var head: TreeHead { state.withLock { $0.head } }

    var isRefused: Bool { state.withLock { $0.problem != nil } }

    /// Whether the log takes the place of another one; nil: not known yet. It never changes.
    var isContinuation: Bool? { state.withLock { $0.isContinuation } }

    func note(isContinuation: Bool) { state.withLock { $0.isContinuation = isContinuation } }

    /// Lets appends wait until the log has been compared with what witnesses know.
    func hold() { state.withLock { $0.isHeld = true } }

    func release() { state.withLock { $0.isHeld = false } }

    /// - Throws: what was found, where something was; `notReady` while the memory is held.
    func checkOpen() throws {
        let state = state.withLock { $0 }
        if let problem = state.problem { throw problem }
        if state.isHeld { throw AuditServiceError.notReady }
    }

    /// Under which term this process goes on behind a head: its own where the head is its own, else the next.
    func term(behind head: TreeHead) -> Int64 {
        state.withLock { $0.term == head.term ? head.term : head.term + 1 }
    }

    /// A head that is durable, and whether this process wrote it; heads come in any order.
    func remember(_ head: TreeHead, isOwn: Bool = false) {
        state.withLock { state in
            if isOwn { state.term = head.term }
            if head.size >= state.head.size { state.head = head }
        }
    }

    /// Answers whether nothing was found before.
    func refuse(_ problem: TreeProblem) -> Bool {
        state.withLock { state in
            guard state.problem == nil else { return false }
            state.problem = problem
            return true
        }
    }
}
