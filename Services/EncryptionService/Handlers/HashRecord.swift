import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport

/// `HashRecord`: how the audit log names a record.
extension EncryptionHandler {
    private static let requestLimit = 1 << 20

    /// - Parameter isFirst: the call did not wait for keys, and has not spent from its caller's budget yet.
    func hashRecord(
        _ payload: UnsafeRawBufferPointer, _ caller: Caller, isFirst: Bool, _ reply: inout ReplyWriter
    ) throws(MessageError) -> Served {
        let request = try Proto.HashRecordRequest(decoding: payload, limit: Self.requestLimit)
        if isFirst, !service.searches.spend(identity: caller.peer.identity, at: service.clock.now()) {
            note(.hashRecord, PlannedItem(field: nil), key: nil, failure: .missBudget)
            return .failed(ItemFailure.missBudget.status)
        }
        let plan = planHash(request.field)
        guard missing.isEmpty else { return .missing(missing) }
        do throws(ItemFailure) {
            if let failure = plan.failure { throw failure }
            guard let key = plan.key, let hashKey = keys.auditHash() else { throw .unexpected }
            guard request.recordID != nil, try record.encode(request.recordID, for: key.material) else {
                throw .recordRequired
            }
            let hash = try recordHash(of: key.material)
            note(.hashRecord, plan, key: nil, failure: nil, recordHash: hash)
            return written(
                Proto.HashRecordResponse(hash: hash.bytes, keyVersion: hashKey.material.version).encoded(), &reply)
        } catch {
            note(.hashRecord, plan, key: nil, failure: error)
            return .failed(error.status)
        }
    }

    private func written(_ response: [UInt8], _ reply: inout ReplyWriter) -> Served {
        do throws(RPCStatus) {
            try reply.write(response)
            return .answered
        } catch {
            return .failed(error)
        }
    }

    private func planHash(_ name: String) -> PlannedItem {
        do throws(Refusal) {
            return try Array(name.utf8).lend { (name) throws(Refusal) in
                let (known, _) = try admit(name, to: EncryptionMethod.hashRecord.right)
                try requireHashKey(known)
                let found = try key(of: name, known, version: 0)
                return PlannedItem(field: found?.field ?? known, key: found?.key)
            }
        } catch {
            return .failed(error)
        }
    }
}

extension ItemFailure {
    fileprivate var status: RPCStatus { RPCStatus(code, message) }
}
