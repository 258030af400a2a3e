import FieldsealMessages

extension EncryptItem {
    var message: Proto.EncryptItem {
        Proto.EncryptItem(
            field: field, plaintext: plaintext, recordID: recordID?.message, context: context, indexes: indexes,
            subject: subject ?? [])
    }
}

extension DecryptItem {
    var message: Proto.DecryptItem {
        Proto.DecryptItem(field: field, ciphertext: ciphertext, recordID: recordID?.message, context: context)
    }
}

extension RebindItem {
    var message: Proto.RebindItem {
        Proto.RebindItem(
            field: current.field, ciphertext: current.ciphertext, recordID: current.recordID?.message,
            context: current.context,
            newRecordID: newRecordID?.message, newContext: newContext)
    }
}

extension BlindIndexItem {
    var message: Proto.BlindIndexItem {
        Proto.BlindIndexItem(field: field, plaintext: plaintext, indexes: indexes, term: isTerm, beside: beside)
    }
}

extension Proto.RewrapResult {
    var result: Result<ResealedValue, FieldsealError> {
        switch outcome {
        case .ciphertext(let bytes): .success(ResealedValue(ciphertext: bytes, changed: changed))
        case .error(let error): .failure(FieldsealError(error))
        case nil: .failure(.noOutcome)
        }
    }
}

extension Proto.FieldKeyResult {
    var result: Result<FieldKeyReference, FieldsealError> {
        switch outcome {
        case .key(let reference): .success(reference)
        case .error(let error): .failure(FieldsealError(error))
        case nil: .failure(.noOutcome)
        }
    }
}

extension Proto.KeyReferenceResult {
    var result: Result<FieldKeyReference, FieldsealError> {
        switch outcome {
        case .key(let reference): .success(reference)
        case .error(let error): .failure(FieldsealError(error))
        case nil: .failure(.noOutcome)
        }
    }
}
