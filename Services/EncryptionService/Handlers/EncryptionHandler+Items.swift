import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime

/// What the batched methods have in common.
extension EncryptionHandler {
    /// Rights before keys: for what the policy denies no key is looked for.
    /// - Returns: the item's field where the loop knows it, and what the caller may do with it.
    @inline(__always)
    func admit(
        _ name: UnsafeRawBufferPointer, to right: PolicyOperations
    ) throws(Refusal) -> (field: LoopField?, operations: PolicyOperations) {
        let field = keys.field(name)
        let operations = rights.operations(on: name, field: field)
        guard !operations.isDisjoint(with: right) else {
            throw Refusal(FieldName.text(name) == nil ? .fieldName : .denied, field)
        }
        return (field, operations)
    }

    /// The key of an item; notes it as missing where it has to be loaded.
    /// - Parameters:
    ///   - version: 0 for the active one.
    ///   - forRewrap: a compromised version is as good as another.
    /// - Returns: nil where it is missing.
    @inline(__always)
    func key(
        of name: UnsafeRawBufferPointer, _ field: LoopField?, version: UInt64, forRewrap: Bool = false
    ) throws(Refusal) -> (field: LoopField, key: FieldKeyEntry)? {
        switch keys.resolve(name, field: field, version: version, forRewrap: forRewrap) {
        case .key(let field, let key): return (field, key)
        case .missing(let selector):
            missing.add(selector)
            return nil
        case .failed(let failure):
            guard failure.isOfVersion else { throw Refusal(failure, field) }
            // Key management has the field, although the loop has seen no key of it.
            throw Refusal(failure, field ?? keys.intern(name), version: version)
        }
    }

    /// The key of a subject; notes it as missing where it has to be loaded.
    /// - Parameter forRewrap: a compromised key is as good as another.
    /// - Returns: nil where it is missing.
    func subject(
        _ subject: KeySelector.Subject, of name: UnsafeRawBufferPointer, _ field: LoopField?, forRewrap: Bool = false
    ) throws(Refusal) -> SubjectKeyEntry? {
        switch keys.resolve(subject, of: name, field: field, forRewrap: forRewrap) {
        case .key(let entry): return entry
        case .missing(let selector):
            missing.add(selector)
            return nil
        case .failed(let failure): throw Refusal(failure, field)
        }
    }

    /// The key that opens a value with this header. Of a dual one that is the newer version's, or the older one's where
    /// that is at hand and the newer is not, or is not to be had.
    /// - Returns: nil where it is missing.
    @inline(__always)
    func openingKey(
        of name: UnsafeRawBufferPointer, _ field: LoopField?, _ header: CiphertextHeader?, forRewrap: Bool = false
    ) throws(Refusal) -> (field: LoopField, key: FieldKeyEntry)? {
        let version = header?.version.rawValue ?? 0
        guard case .dual(let before) = header?.form else {
            return try key(of: name, field, version: version, forRewrap: forRewrap)
        }
        return try eitherKey(of: name, field, newer: version, older: before.rawValue, forRewrap: forRewrap)
    }

    private func eitherKey(
        of name: UnsafeRawBufferPointer, _ field: LoopField?, newer: UInt64, older: UInt64, forRewrap: Bool
    ) throws(Refusal) -> (field: LoopField, key: FieldKeyEntry)? {
        if keys.mayLoad, !keys.isAtHand(name, field: field, version: newer) {
            if keys.isAtHand(name, field: field, version: older) { return try key(of: name, field, version: older) }
            // A call loads once, so both are asked for.
            _ = try key(of: name, field, version: older, forRewrap: forRewrap)
        }
        do throws(Refusal) {
            return try key(of: name, field, version: newer, forRewrap: forRewrap)
        } catch {
            switch keys.resolve(name, field: field, version: older, forRewrap: forRewrap) {
            case .key(let field, let key): return (field, key)
            case .missing, .failed: throw error
            }
        }
    }

    /// The hash key is needed for every item with a record id.
    @inline(__always)
    func requireHashKey(_ field: LoopField?) throws(Refusal) {
        guard keys.auditHash() == nil else { return }
        if let failure = keys.auditHashFailure { throw Refusal(failure, field) }
        missing.add(.auditHash)
    }

    /// The keyed hash of the record id that stands in `record`.
    @inline(__always)
    func recordHash(of material: FieldKeyMaterial) throws(ItemFailure) -> EventIdentifier {
        guard let key = keys.auditHash() else { throw .keysUnavailable }
        return try record.withBytes { (bytes) throws(ItemFailure) in
            try ciphers.recordHash(key.material, table: material.profile.tableID, record: bytes)
        }
    }

    @inline(__always)
    func note(
        _ operation: AuditOperation, _ plan: PlannedItem, key: FieldKeyEntry?, failure: ItemFailure?,
        recordHash: EventIdentifier? = nil
    ) {
        recorder.record(
            operation, field: plan.field?.handle ?? .none,
            keyVersion: key?.material.version.rawValue ?? plan.refusedVersion,
            outcome: failure?.code.rawValue ?? 0, cause: failure.map(AuditCause.init) ?? .none, recordHash: recordHash,
            hashKeyVersion: recordHash == nil ? 0 : keys.auditHash()?.material.version ?? 0)
    }

    /// Writes results into the reply.
    /// - Parameter capacity: at least what `write` writes.
    func answer(
        _ reply: inout ReplyWriter, capacity: Int, _ write: (inout ResultWriter) -> Void
    ) -> Served {
        do throws(RPCStatus) {
            try reply.reserve(atMost: capacity) { memory in
                var writer = ResultWriter(into: memory)
                write(&writer)
                return writer.position
            }
            return .answered
        } catch {
            return .failed(error)
        }
    }
}

/// Why an item was refused in the first pass. Thrown and caught on one event loop, which is what makes it Sendable.
struct Refusal: Error, @unchecked Sendable {
    let failure: ItemFailure
    let field: LoopField?
    /// The key version that is refused; 0: the failure is of none.
    let version: UInt64

    init(_ failure: ItemFailure, _ field: LoopField?, version: UInt64 = 0) {
        self.failure = failure
        self.field = field
        self.version = version
    }
}

extension AuditCause {
    private static let causes = ItemFailure.allCases.map { AuditCause($0.cause) ?? .none }

    init(_ failure: ItemFailure) {
        self = Self.causes[Int(failure.rawValue)]
    }
}

extension ResultWriter {
    mutating func failure(_ failure: ItemFailure) {
        error(code: failure.code.rawValue, message: failure.message)
    }
}
