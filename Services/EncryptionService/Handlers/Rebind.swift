import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime

/// `Rebind`: opens for one record id and context and seals for another, under the field's newest version. Both record
/// hashes are recorded.
extension EncryptionHandler {
    private static let messageLimit = MessageArena.defaultLimit

    func rebind(_ payload: UnsafeRawBufferPointer, _ reply: inout ReplyWriter) throws(MessageError) -> Served {
        let request = try Proto.RebindRequest(decoding: payload, limit: Self.messageLimit)
        guard request.items.count <= Self.itemLimit else { return .failed(.tooManyItems) }
        scratch.prepare(Self.scratchForResealing(payload.count) + payload.count)
        var capacity = 0
        for item in request.items { capacity += planRebind(item, request.encoding) }
        guard takeSeals() else { return .missing(missing) }
        return answer(&reply, capacity: capacity) { writer in
            for (item, plan) in zip(request.items, plans) { rebind(item, plan, request.encoding, &writer) }
        }
    }

    private func planRebind(_ item: Proto.RebindItem, _ encoding: Proto.Encoding) -> Int {
        do throws(Refusal) {
            let plan = try planned(item, encoding)
            plans.append(plan)
            let sealed = encodedCount(plan.largestResealed, encoding)
            return max(ResultSize.value(count: sealed, trailing: ResultSize.changed), ItemFailure.largestResult)
        } catch {
            plans.append(.failed(error))
            return ItemFailure.largestResult
        }
    }

    private func planned(_ item: Proto.RebindItem, _ encoding: Proto.Encoding) throws(Refusal) -> PlannedItem {
        let name = Array(item.field.utf8)
        return try name.lend { (name) throws(Refusal) in
            let (known, _) = try admit(name, to: EncryptionMethod.rebind.right)
            var plan = PlannedItem(field: known)
            do throws(ItemFailure) {
                let copy = try scratch.take(item.ciphertext.count)
                copy.copyBytes(from: item.ciphertext)
                (plan.sealed, plan.header) = try parse(UnsafeRawBufferPointer(copy), encoding)
            } catch {
                throw Refusal(error, known)
            }
            if item.recordID != nil || item.newRecordID != nil { try requireHashKey(known) }
            if let found = try openingKey(of: name, known, plan.header) {
                (plan.field, plan.key) = (found.field, found.key)
            }
            // A value stays its subject's.
            if let id = plan.header?.subject { plan.subject = try subject(.key(id), of: name, plan.field) }
            if let found = try key(of: name, plan.field, version: 0) {
                (plan.field, plan.newKey) = (found.field, found.key)
                willSeal(&plan, found.field, under: found.key)
            } else {
                willSeal(missing: name)
            }
            return plan
        }
    }

    private func rebind(
        _ item: Proto.RebindItem, _ plan: PlannedItem, _ encoding: Proto.Encoding, _ writer: inout ResultWriter
    ) {
        let start = writer.position
        var hash: EventIdentifier?
        var newHash: EventIdentifier?
        do throws(ItemFailure) {
            if let failure = plan.failure { throw failure }
            guard let key = plan.key, let newKey = plan.newKey else { throw .unexpected }
            try scratch.temporarily { () throws(ItemFailure) in
                let plaintext = try scratch.take(try plan.plaintextCount(under: key.material))
                let hasRecord = try record.encode(item.recordID, for: key.material)
                if hasRecord { hash = try recordHash(of: key.material) }
                try withContext(item.context) { (context) throws(ItemFailure) in
                    try open(plan, under: key.material, hasRecord: hasRecord, context: context, into: plaintext)
                }
                let hasNewRecord = try record.encode(item.newRecordID, for: newKey.material)
                if hasNewRecord { newHash = try recordHash(of: newKey.material) }
                try withContext(item.newContext) { (context) throws(ItemFailure) in
                    try seal(
                        UnsafeRawBufferPointer(plaintext), under: newKey.material,
                        subject: try plan.subjectKey(for: newKey.material), hasRecord: hasNewRecord, context: context,
                        encoding, trailing: ResultSize.changed, &writer)
                }
                writer.changed()
            }
            note(.rebind, plan, key: key, failure: nil, recordHash: hash)
            note(.rebind, plan, key: newKey, failure: nil, recordHash: newHash)
        } catch {
            writer.position = start
            writer.failure(error)
            note(.rebind, plan, key: plan.key, failure: error, recordHash: hash)
            if let newHash { note(.rebind, plan, key: plan.newKey, failure: error, recordHash: newHash) }
        }
    }

    private func withContext(
        _ context: [UInt8]?, _ body: (UnsafeRawBufferPointer?) throws(ItemFailure) -> Void
    ) throws(ItemFailure) {
        guard let context else { return try body(nil) }
        try context.lend(body)
    }
}
