import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime

/// `Rewrap`: opens and seals anew under the field's newest version. The plaintext stays in the loop's scratch memory,
/// which is wiped.
extension EncryptionHandler {
    func rewrap(_ payload: UnsafeRawBufferPointer, _ reply: inout ReplyWriter) throws(MessageError) -> Served {
        try arena.withRewrapRequest(payload) { (batch) throws(MessageError) in
            guard batch.count <= Self.itemLimit else { return .failed(.tooManyItems) }
            scratch.prepare(Self.scratchForResealing(payload.count))
            var capacity = 0
            for index in 0..<batch.count { capacity += planRewrap(batch[index], batch.encoding) }
            guard takeSeals() else { return .missing(missing) }
            let plans = plans
            return answer(&reply, capacity: capacity) { writer in
                // Lent: a copy counts its references.
                let plans = plans.span
                for index in 0..<batch.count { rewrap(batch[index], plans[index], batch.encoding, &writer) }
            }
        }
    }

    /// What "newest version" allows for: key management is asked unless it was within this time, in nanoseconds.
    static let newestWithin: UInt64 = 20_000_000

    /// Bytes for all decoded ciphertexts of a request, and one plaintext and one new ciphertext at a time.
    static func scratchForResealing(_ payloadCount: Int) -> Int {
        payloadCount * 3 + 2 * CiphertextHeader.largestOverhead
    }

    private func planRewrap(_ item: borrowing BatchItem, _ encoding: Proto.Encoding) -> Int {
        do throws(Refusal) {
            var plan = try planOpening(item, encoding, right: EncryptionMethod.rewrap.right, isRewrap: true)
            if let found = try key(of: item.field, plan.field, version: 0) {
                plan.field = found.field
                plan.newKey = found.key
                if !plan.isCurrent(under: found.key.material) { willSeal(&plan, found.field, under: found.key) }
                requireNewest(plan, found.field, found.key)
            } else {
                willSeal(missing: item.field)
            }
            plans.append(plan)
            let sealed = encodedCount(plan.largestResealed, encoding)
            let largest = max(sealed, item.value.count)
            return max(ResultSize.value(count: largest, trailing: ResultSize.changed), ItemFailure.largestResult)
        } catch {
            plans.append(.failed(error))
            return ItemFailure.largestResult
        }
    }

    /// Has the active key loaded again where it may have been rotated since: under a newer version the value is sealed, even
    /// if it would not be under this one. A load that fails leaves the one at hand.
    private func requireNewest(_ plan: PlannedItem, _ field: LoopField, _ key: FieldKeyEntry) {
        guard keys.mayLoad, keys.now.elapsed(since: key.lifetime.requested) > Self.newestWithin else { return }
        missing.add(seals: plan.takesSeal ? 0 : 1, of: field.name)
    }

    private func rewrap(
        _ item: borrowing BatchItem, _ plan: PlannedItem, _ encoding: Proto.Encoding, _ writer: inout ResultWriter
    ) {
        let start = writer.position
        var hash: EventIdentifier?
        do throws(ItemFailure) {
            if let failure = plan.failure { throw failure }
            guard let key = plan.key, let newKey = plan.newKey else { throw .unexpected }
            let hasRecord = try record.encode(item.recordID, for: key.material)
            if hasRecord { hash = try recordHash(of: key.material) }
            let (value, context) = (item.value, item.context)
            try scratch.temporarily { () throws(ItemFailure) in
                let plaintext = try scratch.take(try plan.plaintextCount(under: key.material))
                try open(plan, under: key.material, hasRecord: hasRecord, context: context, into: plaintext)
                if plan.isCurrent(under: newKey.material) {
                    guard !key.material.isCompromised else { throw .versionCompromised }
                    writer.value(count: value.count).copyMemory(from: value)
                } else {
                    try requireRecord(newKey.material, hasRecord: hasRecord)
                    try seal(
                        UnsafeRawBufferPointer(plaintext), under: newKey.material,
                        subject: try plan.subjectKey(for: newKey.material), hasRecord: hasRecord, context: context,
                        encoding, trailing: ResultSize.changed, &writer)
                    writer.changed()
                }
            }
            note(.rewrap, plan, key: newKey, failure: nil, recordHash: hash)
            // The log tells of every use of a compromised version.
            if key.material.isCompromised { note(.rewrap, plan, key: key, failure: nil, recordHash: hash) }
        } catch {
            writer.position = start
            writer.failure(error)
            note(.rewrap, plan, key: plan.key, failure: error, recordHash: hash)
        }
    }

    /// A newer version may bind to rows where an older one did not.
    func requireRecord(_ key: FieldKeyMaterial, hasRecord: Bool) throws(ItemFailure) {
        guard hasRecord || !key.needsRecord else { throw .recordRequired }
    }
}

extension PlannedItem {
    /// Bytes of the value sealed anew.
    var largestResealed: Int {
        newKey?.material.sealedCount(largestPlaintext) ?? largestPlaintext + CiphertextHeader.largestOverhead
    }

    /// Whether the value is what would be sealed now. That is not known before its subject's key is.
    func isCurrent(under material: FieldKeyMaterial) -> Bool {
        guard let header, header.subject == subject?.key.id, subject?.successor == nil else { return false }
        return material.isCurrent(header)
    }

    /// The subject's key for sealing anew, where the new version has subject keys: the value's own, or the one that took the
    /// place of a compromised one. A value without a subject cannot get one that way.
    func subjectKey(for material: FieldKeyMaterial) throws(ItemFailure) -> SubjectKey? {
        guard material.profile.subjectKeys else { return nil }
        guard let subject else { throw .subjectRequired }
        return subject.successor ?? subject.key
    }
}
