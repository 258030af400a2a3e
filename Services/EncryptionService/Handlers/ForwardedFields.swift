import FieldsealAuditTrail
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime

/// Fields of a call that key management answers: those the policy allows are passed on, the others have their failure
/// already.
struct ForwardedFields: Sendable {
    /// Each field of the request in order, with why it is not passed on.
    var fields: [(name: String, failure: ItemFailure?)] = []

    var allowed: [String] { fields.filter { $0.failure == nil }.map(\.name) }

    /// One outcome per field, in the request's order.
    func merged(_ answers: [Result<Proto.FieldKeyReference, ItemFailure>]) -> [Result<
        Proto.FieldKeyReference, ItemFailure
    >] {
        var answers = answers.makeIterator()
        return fields.map { field in
            field.failure.map { .failure($0) } ?? answers.next() ?? .failure(.unexpected)
        }
    }
}

/// `DeriveFieldKey` and `RotateKey`: key management acts, and records the caller as asserted.
extension EncryptionHandler {
    /// Fields of one call.
    static let fieldLimit = 1_024
    private static let messageLimit = 16 << 20

    func deriveFieldKey(_ payload: UnsafeRawBufferPointer) throws(MessageError) -> Served {
        let request = try Proto.DeriveFieldKeyRequest(decoding: payload, limit: Self.messageLimit)
        return admitted(request.fields, .deriveFieldKey)
    }

    func rotateKey(_ payload: UnsafeRawBufferPointer) throws(MessageError) -> Served {
        let request = try Proto.RotateKeyRequest(decoding: payload, limit: Self.messageLimit)
        return admitted(request.fields, .rotateKey)
    }

    private func admitted(_ names: [String], _ method: EncryptionMethod) -> Served {
        guard names.count <= Self.fieldLimit else { return .failed(.tooManyItems) }
        return .forwarded(
            ForwardedFields(
                fields: names.map { name in
                    do throws(Refusal) {
                        _ = try Array(name.utf8).lend { (name) throws(Refusal) in try admit(name, to: method.right) }
                        return (name, nil)
                    } catch {
                        return (name, error.failure)
                    }
                }))
    }

    /// Passes the fields on and answers when key management has.
    func forward(_ method: EncryptionMethod, _ fields: ForwardedFields, _ caller: Caller, _ reply: DeferredReply) {
        let service = self.service
        let submitted = service.work.submit {
            let answers = await service.forward(method, fields.allowed, actor: caller.peer.identity)
            self.loop.execute {
                reply.reply { writer in self.answer(method, fields, fields.merged(answers), caller, &writer) }
            }
        }
        if !submitted { reply.fail(RPCStatus(.resourceExhausted, "too many calls wait for key management")) }
    }

    private func answer(
        _ method: EncryptionMethod, _ fields: ForwardedFields,
        _ outcomes: [Result<Proto.FieldKeyReference, ItemFailure>],
        _ caller: Caller, _ reply: inout ReplyWriter
    ) -> RPCStatus? {
        guard recorder.admit() else { return .unrecordable }
        begin(caller, loaded: nil)
        var results: [Proto.FieldKeyResult] = []
        for (field, outcome) in zip(fields.fields, outcomes) {
            let known = Array(field.name.utf8).withUnsafeBytes { keys.field($0) }
            var handle = known?.handle ?? .none
            switch outcome {
            case .success(let reference):
                if known == nil { handle = self.handle(of: field.name) }
                recorder.record(method.audited, field: handle, keyVersion: reference.version)
                results.append(Proto.FieldKeyResult(outcome: .key(reference)))
            case .failure(let failure):
                recorder.record(
                    method.audited, field: handle, keyVersion: 0, outcome: failure.code.rawValue,
                    cause: AuditCause(failure))
                results.append(Proto.FieldKeyResult(outcome: .error(failure.itemError)))
            }
        }
        do throws(RPCStatus) {
            try reply.write(Proto.DeriveFieldKeyResponse(results: results).encoded())
            return nil
        } catch {
            return error
        }
    }

    /// Key management has confirmed the name.
    private func handle(of name: String) -> FieldHandle {
        let parts = FieldName.parts(of: name)
        return service.trail.field(table: parts.table, field: parts.field)
    }
}

extension EncryptionService {
    /// One answer per field, in order.
    fileprivate func forward(
        _ method: EncryptionMethod, _ fields: [String], actor: String
    ) async -> [Result<Proto.FieldKeyReference, ItemFailure>] {
        guard !fields.isEmpty else { return [] }
        do throws(ItemFailure) {
            let answers =
                method == .rotateKey
                ? try await source.rotateFieldKeys(fields, actor: actor)
                : try await source.ensureFieldKeys(fields, actor: actor)
            for (field, answer) in zip(fields, answers) {
                if case .success = answer { loader.activeVersionChanged(field) }
            }
            return answers
        } catch {
            return fields.map { _ in .failure(error) }
        }
    }
}
