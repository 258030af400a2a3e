import FieldsealAuditTrail
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime

/// `DescribeField`: what the catalog says of fields, as the keys in use were granted.
extension EncryptionHandler {
    private static let messageLimit = 16 << 20

    func describeField(_ payload: UnsafeRawBufferPointer, _ reply: inout ReplyWriter) throws(MessageError) -> Served {
        let request = try Proto.DescribeFieldRequest(decoding: payload, limit: Self.messageLimit)
        guard request.fields.count <= Self.fieldLimit else { return .failed(.tooManyItems) }
        for name in request.fields { plans.append(planDescription(name)) }
        guard missing.isEmpty else { return .missing(missing) }
        let results = plans.map { plan in
            note(.describeField, plan, key: plan.key, failure: plan.failure)
            return Proto.DescribeFieldResult(outcome: outcome(of: plan))
        }
        do throws(RPCStatus) {
            try reply.write(Proto.DescribeFieldResponse(results: results).encoded())
            return .answered
        } catch {
            return .failed(error)
        }
    }

    private func planDescription(_ name: String) -> PlannedItem {
        do throws(Refusal) {
            return try Array(name.utf8).lend { (name) throws(Refusal) in
                let (known, _) = try admit(name, to: EncryptionMethod.describeField.right)
                let found = try key(of: name, known, version: 0)
                return PlannedItem(field: found?.field ?? known, key: found?.key)
            }
        } catch {
            return .failed(error)
        }
    }

    private func outcome(of plan: PlannedItem) -> Proto.DescribeFieldResult.Outcome {
        guard let key = plan.key else { return .error((plan.failure ?? .unexpected).itemError) }
        return .description(Proto.FieldDescription(key.material))
    }
}

extension ItemFailure {
    var itemError: Proto.ItemError { Proto.ItemError(code: code.rawValue, message: message) }
}

extension Proto.FieldDescription {
    init(_ material: FieldKeyMaterial) {
        let profile = material.profile
        self.init(
            field: profile.name, tableID: profile.tableID.bytes, fieldID: profile.fieldID.bytes,
            sensitivity: Proto.Sensitivity(rawValue: profile.sensitivity) ?? .unspecified,
            suite: Proto.Suite(rawValue: Int32(material.suite.rawValue)) ?? .unspecified,
            rowBound: profile.rowBound, recordKeys: profile.recordKeys, activeVersion: profile.activeVersion,
            indexes: profile.indexes.map(Proto.IndexDescription.init), keyColumns: profile.keyColumns,
            subjectKeys: profile.subjectKeys, dual: profile.isDual)
    }
}

extension Proto.IndexDescription {
    init(_ index: FieldProfile.Index) {
        let numbers = index.kind.numbers
        self.init(
            name: index.name, bits: UInt32(clamping: index.bits),
            normaliser: Proto.Normaliser(rawValue: Int32(index.normaliser.rawValue)) ?? .none,
            id: index.id.bytes, kind: Proto.IndexKind(rawValue: Int32(numbers.kind)) ?? .equality,
            hashes: UInt32(numbers.hashes), shortest: UInt32(numbers.shortest), longest: UInt32(numbers.longest),
            beside: index.beside, besideNormaliser: Proto.Normaliser(rawValue: Int32(numbers.beside)) ?? .none)
    }
}
