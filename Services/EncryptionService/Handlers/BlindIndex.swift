import FieldsealAuditTrail
import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime

/// `BlindIndex`: hashes values for search.
extension EncryptionHandler {
    func blindIndex(_ payload: UnsafeRawBufferPointer, _ reply: inout ReplyWriter) throws(MessageError) -> Served {
        try arena.withBlindIndexRequest(payload) { (batch) throws(MessageError) in
            guard batch.count <= Self.itemLimit else { return .failed(.tooManyItems) }
            var capacity = 0
            for index in 0..<batch.count { capacity += planBlindIndex(batch[index]) }
            guard missing.isEmpty else { return .missing(missing) }
            let plans = plans
            return answer(&reply, capacity: capacity) { writer in
                // Lent: a copy counts its references.
                let plans = plans.span
                for index in 0..<batch.count { blindIndex(batch[index], plans[index], &writer) }
            }
        }
    }

    private func planBlindIndex(_ item: borrowing BatchItem) -> Int {
        do throws(Refusal) {
            let (known, _) = try admit(item.field, to: EncryptionMethod.blindIndex.right)
            guard let (field, key) = try key(of: item.field, known, version: 0) else {
                plans.append(PlannedItem(field: known))
                return 0
            }
            let indexes: Int
            do throws(ItemFailure) {
                indexes = try indexSize(item.indexes, of: key.material)
            } catch {
                throw Refusal(error, field)
            }
            plans.append(PlannedItem(field: field, key: key))
            return max(ResultSize.indexes(trailing: indexes), ItemFailure.largestResult)
        } catch {
            plans.append(.failed(error))
            return ItemFailure.largestResult
        }
    }

    private func blindIndex(_ item: borrowing BatchItem, _ plan: PlannedItem, _ writer: inout ResultWriter) {
        let start = writer.position
        do throws(ItemFailure) {
            if let failure = plan.failure { throw failure }
            guard let key = plan.key else { throw .unexpected }
            writer.indexes(trailing: try indexSize(item.indexes, of: key.material))
            for index in 0..<item.indexes.count {
                let indexKey = try indexKey(item.indexes[index], of: key.material)
                let output = writer.blindIndex(count: indexKey.index.byteCount)
                if indexKey.index.kind.isPair {
                    try compute(item.value, beside: item.beside, of: key.material.profile, indexKey, into: output)
                } else {
                    guard item.beside.isEmpty else { throw .indexBeside }
                    try compute(item.value, isTerm: item.isTerm, indexKey, into: output)
                }
            }
            note(.blindIndex, plan, key: nil, failure: nil)
        } catch {
            writer.position = start
            writer.blindIndexError(code: error.code.rawValue, message: error.message)
            note(.blindIndex, plan, key: nil, failure: error)
        }
    }

    /// Bytes that the indexes of these names take in a result.
    func indexSize(_ names: borrowing ByteStringsView, of material: FieldKeyMaterial) throws(ItemFailure) -> Int {
        guard names.count <= material.indexKeys.count else { throw .indexUnknown }
        var size = 0
        for index in 0..<names.count {
            size += ResultSize.index(count: try indexKey(names[index], of: material).index.byteCount)
        }
        return size
    }

    func indexKey(
        _ name: UnsafeRawBufferPointer, of material: FieldKeyMaterial
    ) throws(ItemFailure) -> FieldKeyMaterial.IndexKey {
        for key in material.indexKeys where key.index.name.utf8.elementsEqual(name) { return key }
        throw .indexUnknown
    }

    /// Of a pair, whose other field the caller must have the right on, too.
    private func compute(
        _ value: UnsafeRawBufferPointer, beside: UnsafeRawBufferPointer, of profile: FieldProfile,
        _ key: FieldKeyMaterial.IndexKey, into output: UnsafeMutableRawBufferPointer
    ) throws(ItemFailure) {
        let other = Array("\(FieldName.parts(of: profile.name).table).\(key.index.beside)".utf8)
        let operations = other.withUnsafeBytes { rights.operations(on: $0, field: nil) }
        guard operations.contains(.blindIndex) else { throw .denied }
        let index = try ciphers.blindIndex(key)
        do throws(CryptoError) {
            try index.compute(value, beside: beside, into: output)
        } catch {
            throw error.code == .text ? .indexInput : ItemFailure(error)
        }
    }

    func compute(
        _ value: UnsafeRawBufferPointer, isTerm: Bool = false, _ key: FieldKeyMaterial.IndexKey,
        into output: UnsafeMutableRawBufferPointer
    ) throws(ItemFailure) {
        guard !key.index.kind.isPair else { throw .indexBeside }
        guard key.index.kind.isFilter || !isTerm else { throw .indexTerm }
        let index = try ciphers.blindIndex(key)
        do throws(CryptoError) {
            if isTerm { try index.compute(term: value, into: output) } else { try index.compute(value, into: output) }
        } catch {
            switch error.code {
            case .text: throw .indexInput
            case .term: throw .indexTermShort
            default: throw ItemFailure(error)
            }
        }
    }
}

extension FieldProfile.Index {
    /// Bytes of the index's values.
    var byteCount: Int { (bits + 7) / 8 }
}
