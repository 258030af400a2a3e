import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime

/// `Decrypt`: opens ciphertexts straight into the reply.
extension EncryptionHandler {
    func decrypt(_ payload: UnsafeRawBufferPointer, _ reply: inout ReplyWriter) throws(MessageError) -> Served {
        try arena.withDecryptRequest(payload) { (batch) throws(MessageError) in
            guard batch.count <= Self.itemLimit else { return .failed(.tooManyItems) }
            if batch.encoding == .text { scratch.prepare(payload.count) }
            var capacity = 0
            for index in 0..<batch.count { capacity += planDecryption(batch[index], batch.encoding) }
            guard missing.isEmpty else { return .missing(missing) }
            let plans = plans
            return answer(&reply, capacity: capacity) { writer in
                // Lent: a copy counts its references.
                let plans = plans.span
                for index in 0..<batch.count { decrypt(batch[index], plans[index], &writer) }
            }
        }
    }

    private func planDecryption(_ item: borrowing BatchItem, _ encoding: Proto.Encoding) -> Int {
        do throws(Refusal) {
            let plan = try planOpening(item, encoding, right: EncryptionMethod.decrypt.right)
            plans.append(plan)
            return max(ResultSize.value(count: plan.largestPlaintext), ItemFailure.largestResult)
        } catch {
            plans.append(.failed(error))
            return ItemFailure.largestResult
        }
    }

    /// Plans an item that begins with a ciphertext: rights, form, then the key that its header names.
    /// - Parameter isRewrap: callers with the right to it may open values under compromised keys.
    func planOpening(
        _ item: borrowing BatchItem, _ encoding: Proto.Encoding, right: PolicyOperations, isRewrap: Bool = false
    ) throws(Refusal) -> PlannedItem {
        let (known, operations) = try admit(item.field, to: right)
        var plan = PlannedItem(field: known)
        do throws(ItemFailure) {
            let (sealed, header) = try parse(item.value, encoding)
            plan.sealed = sealed
            plan.header = header
        } catch {
            throw Refusal(error, known)
        }
        if item.recordID != nil { try requireHashKey(known) }
        let isMigration = isRewrap && operations.contains(.rewrapCompromised)
        if let found = try openingKey(of: item.field, known, plan.header, forRewrap: isMigration) {
            plan.field = found.field
            plan.key = found.key
        }
        if let id = plan.header?.subject {
            plan.subject = try subject(.key(id), of: item.field, plan.field, forRewrap: isMigration)
        }
        return plan
    }

    private func decrypt(_ item: borrowing BatchItem, _ plan: PlannedItem, _ writer: inout ResultWriter) {
        let start = writer.position
        var hash: EventIdentifier?
        do throws(ItemFailure) {
            if let failure = plan.failure { throw failure }
            guard let key = plan.key else { throw .unexpected }
            let material = key.material
            let hasRecord = try record.encode(item.recordID, for: material)
            if hasRecord { hash = try recordHash(of: material) }
            let output = writer.value(count: try plan.plaintextCount(under: material))
            try open(plan, under: material, hasRecord: hasRecord, context: item.context, into: output)
            note(.decrypt, plan, key: key, failure: nil, recordHash: hash)
        } catch {
            writer.position = start
            writer.failure(error)
            note(.decrypt, plan, key: plan.key, failure: error, recordHash: hash)
        }
    }
}
