import FieldsealAuditTrail
import FieldsealServiceRuntime

/// What the caller of one connection may do, asked of the policy once a field. Kept beside the connection's grant,
/// which a reload of the policy replaces, and touched on the connection's event loop alone.
final class CallerRights {
    private static let asked: UInt64 = 1 << 63

    let actor: ActorHandle
    private let grant: PolicyGrant
    /// Operations by the field's number on this loop, with `asked` set where the policy has answered.
    @exclusivity(unchecked) private var known: [UInt64] = []

    init(grant: PolicyGrant, actor: ActorHandle) {
        self.grant = grant
        self.actor = actor
    }

    /// - Parameter field: nil where the loop does not know it.
    @inline(__always)
    func operations(on name: UnsafeRawBufferPointer, field: LoopField?) -> PolicyOperations {
        guard let field else { return grant.operations(onField: name) }
        if field.number < known.count {
            let operations = known[field.number]
            if operations & Self.asked != 0 { return PolicyOperations(rawValue: operations & ~Self.asked) }
        }
        return ask(name, number: field.number)
    }

    private func ask(_ name: UnsafeRawBufferPointer, number: Int) -> PolicyOperations {
        let operations = grant.operations(onField: name)
        while known.count <= number { known.append(0) }
        known[number] = operations.rawValue | Self.asked
        return operations
    }
}
