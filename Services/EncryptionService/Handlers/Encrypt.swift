import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime

/// `Encrypt`: seals plaintexts, and hashes them for blind indexes where asked.
extension EncryptionHandler {
    func encrypt(_ payload: UnsafeRawBufferPointer, _ reply: inout ReplyWriter) throws(MessageError) -> Served {
        try arena.withEncryptRequest(payload) { (batch) throws(MessageError) in
            guard batch.count <= Self.itemLimit else { return .failed(.tooManyItems) }
            var capacity = 0
            for index in 0..<batch.count { capacity += planEncryption(batch[index], batch.encoding) }
            guard takeSeals() else { return .missing(missing) }
            scratch.prepare(payload.count + CiphertextHeader.largestOverhead)
            let plans = plans
            return answer(&reply, capacity: capacity) { writer in
                // Lent: a copy counts its references.
                let plans = plans.span
                for index in 0..<batch.count { encrypt(batch[index], plans[index], batch.encoding, &writer) }
            }
        }
    }

    /// - Returns: bytes that the item's result takes at most.
    private func planEncryption(_ item: borrowing BatchItem, _ encoding: Proto.Encoding) -> Int {
        do throws(Refusal) {
            let (known, operations) = try admit(item.field, to: EncryptionMethod.encrypt.right)
            if item.indexes.count > 0, !operations.contains(.blindIndex) { throw Refusal(.denied, known) }
            if item.recordID != nil { try requireHashKey(known) }
            guard let (field, key) = try key(of: item.field, known, version: 0) else {
                if !item.subject.isEmpty { _ = try subject(item.subject, of: item.field, known) }
                willSeal(missing: item.field)
                plans.append(PlannedItem(field: known))
                return 0
            }
            let material = key.material
            var plan = PlannedItem(field: field, key: key)
            if material.profile.subjectKeys {
                guard !item.subject.isEmpty else { throw Refusal(.subjectRequired, field) }
                plan.subject = try subject(item.subject, of: item.field, field)
            } else if !item.subject.isEmpty {
                throw Refusal(.subjectUnexpected, field)
            }
            guard operations.contains(material.suite.isDeterministic ? .encryptDeterministic : .encrypt) else {
                throw Refusal(material.suite.isDeterministic ? .deterministicDenied : .denied, field)
            }
            guard item.value.count <= CipherSuite.maximumPlaintextCount else { throw Refusal(.tooLarge, field) }
            let indexes: Int
            do throws(ItemFailure) { indexes = try indexSize(item.indexes, of: material) } catch {
                throw Refusal(error, field)
            }
            willSeal(&plan, field, under: key)
            plans.append(plan)
            let size = encodedCount(material.sealedCount(item.value.count), encoding)
            return max(ResultSize.value(count: size, trailing: indexes), ItemFailure.largestResult)
        } catch {
            plans.append(.failed(error))
            return ItemFailure.largestResult
        }
    }

    /// The key of the subject that the caller names.
    private func subject(
        _ name: UnsafeRawBufferPointer, of field: UnsafeRawBufferPointer, _ known: LoopField?
    ) throws(Refusal) -> SubjectKeyEntry? {
        guard name.count <= SubjectLookup.maximumCount else { throw Refusal(.subjectSize, known) }
        return try subject(.name([UInt8](name)), of: field, known)
    }

    private func encrypt(
        _ item: borrowing BatchItem, _ plan: PlannedItem, _ encoding: Proto.Encoding, _ writer: inout ResultWriter
    ) {
        let start = writer.position
        var hash: EventIdentifier?
        do throws(ItemFailure) {
            if let failure = plan.failure { throw failure }
            guard let key = plan.key else { throw .unexpected }
            let material = key.material
            let hasRecord = try record.encode(item.recordID, for: material)
            if hasRecord { hash = try recordHash(of: material) }
            let trailing = try indexSize(item.indexes, of: material)
            let (value, context) = (item.value, item.context)
            try seal(
                value, under: material, subject: plan.subject?.key, hasRecord: hasRecord, context: context, encoding,
                trailing: trailing, &writer)
            for index in 0..<item.indexes.count {
                let indexKey = try indexKey(item.indexes[index], of: material)
                try compute(value, indexKey, into: writer.encryptIndex(count: indexKey.index.byteCount))
            }
            note(.encrypt, plan, key: key, failure: nil, recordHash: hash)
            if trailing > 0 { note(.blindIndex, plan, key: nil, failure: nil, recordHash: hash) }
        } catch {
            writer.position = start
            writer.failure(error)
            note(.encrypt, plan, key: plan.key, failure: error, recordHash: hash)
        }
    }
}
