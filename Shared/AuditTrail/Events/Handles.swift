internal import Synchronization

/// An actor, made once per connection so that recording neither builds nor hashes a string.
public final class ActorHandle: Sendable {
    public let actor: AuditActor
    let id: UInt64

    init(_ actor: AuditActor) {
        self.actor = actor
        id = nextHandleID()
    }
}

/// A field of the catalog, made once per field. Names that the catalog does not have are a caller's text and never get one.
public final class FieldHandle: Sendable {
    /// Longer names are cut: an index of the store has to hold both.
    public static let maximumLength = 1024

    public let table: String
    public let field: String
    let id: UInt64

    /// No field, or one that the catalog does not know.
    public static let none = FieldHandle(table: "", field: "")

    init(table: String, field: String) {
        self.table = table.fitted(toBytes: Self.maximumLength)
        self.field = field.fitted(toBytes: Self.maximumLength)
        id = nextHandleID()
    }

    convenience init(_ event: AuditEvent) {
        self.init(table: event.table, field: event.field)
    }
}

private let handleCounter = Atomic<UInt64>(0)

private func nextHandleID() -> UInt64 {
    handleCounter.add(1, ordering: .relaxed).newValue
}
