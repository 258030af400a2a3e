import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealSecureMemory

@testable import EncryptionService

/// The methods of key management and of the audit service that an encryption service calls, over keys made in the
/// process. Keys travel sealed as they do in earnest.
struct TestKeysServer {
    let source: TestKeySource
    let sink: TestSink

    var services: [any RPCService] {
        var keys = AsyncRPCService("fieldseal.v1.Keys")
        keys.unary("GetFieldKey") { [source] call in
            let request = try Proto.GetFieldKeyRequest(decoding: call.payload)
            let requests = request.selectors.map {
                FieldKeyRequest(
                    selector: KeySelector(field: $0.field, version: $0.version), seals: $0.leaseCount,
                    held: $0.heldVersion)
            }
            let results = try await Self.status { () throws(ItemFailure) in try await source.fieldKeys(requests) }
            let sealed = try results.map { try Self.sealed($0, to: request.recipient, call.peer.identity) }
            return Proto.GetFieldKeyResponse(results: sealed).encoded()
        }
        keys.unary("Lease") { [source] call in
            let requests = try Proto.LeaseRequest(decoding: call.payload).items.map {
                LeaseRequest(field: $0.field, version: $0.version, seals: $0.count)
            }
            let results = try await Self.status { () throws(ItemFailure) in try await source.lease(requests) }
            return Proto.LeaseResponse(
                results: results.map { result in
                    switch result {
                    case .success(let count): .init(outcome: .grant(.init(count: count, ttlSeconds: source.ttl)))
                    case .failure(let failure):
                        .init(outcome: .error(.init(code: failure.code.rawValue, message: failure.message)))
                    }
                }
            ).encoded()
        }
        keys.unary("GetAuditHashKey") { [source] call in
            let request = try Proto.GetAuditHashKeyRequest(decoding: call.payload)
            let material = try await Self.status { () throws(ItemFailure) in try await source.auditHashKey() }
            let context = KeyAgreement.context(
                .auditHash, object: .zero, version: KeyVersion(rawValue: material.version))
            let key = try KeyAgreement.seal(
                material.key, to: request.recipient, identity: call.peer.identity, context: context)
            return Proto.GetAuditHashKeyResponse(version: material.version, sealedKey: key, ttlSeconds: material.ttl)
                .encoded()
        }
        keys.serverStreaming("WatchKeys") { [source] call, writer in
            let request = try Proto.WatchKeysRequest(decoding: call.payload)
            for try await changes in source.changes(after: request.position, replica: request.replica) {
                try await writer.send(changes.encoded())
            }
        }
        keys.unary("AcknowledgeKeys") { [source] call in
            let request = try Proto.AcknowledgeKeysRequest(decoding: call.payload)
            try await Self.status { () throws(ItemFailure) in
                try await source.acknowledge(request.position, replica: request.replica)
            }
            return Proto.AcknowledgeKeysResponse().encoded()
        }
        keys.unary("EnsureFieldKey") { [source] call in
            let request = try Proto.EnsureFieldKeyRequest(decoding: call.payload)
            let answers = try await Self.status { () throws(ItemFailure) in
                try await source.ensureFieldKeys(request.fields, actor: request.assertedActor)
            }
            return Proto.EnsureFieldKeyResponse(results: answers.map(Self.result)).encoded()
        }
        keys.unary("RotateKey") { [source] call in
            let request = try Proto.RotateKeysRequest(decoding: call.payload)
            let answers = try await Self.status { () throws(ItemFailure) in
                try await source.rotateFieldKeys(request.keys, actor: request.assertedActor)
            }
            return Proto.RotateKeysResponse(results: answers.map(Self.result)).encoded()
        }
        var audit = AsyncRPCService("fieldseal.v1.Audit")
        audit.unary("Append") { [sink] call in
            let request = try Proto.AppendRequest(decoding: call.payload)
            let last = try sink.store(request.blocks.map(\.block))
            return Proto.AppendResponse(epoch: last?.epoch ?? [], sequence: last?.sequence ?? 0).encoded()
        }
        return [keys, audit]
    }

    private static func status<Answer>(
        _ body: () async throws(ItemFailure) -> Answer
    ) async throws(RPCStatus) -> Answer {
        do throws(ItemFailure) {
            return try await body()
        } catch {
            throw RPCStatus(error.code, error.message)
        }
    }

    private static func result(_ answer: Result<Proto.FieldKeyReference, ItemFailure>) -> Proto.KeyReferenceResult {
        switch answer {
        case .success(let reference): Proto.KeyReferenceResult(outcome: .key(reference))
        case .failure(let failure): Proto.KeyReferenceResult(outcome: .error(failure.itemError))
        }
    }

    private static func sealed(
        _ result: Result<FieldKeyMaterial, ItemFailure>, to recipient: [UInt8], _ identity: String
    ) throws -> Proto.GetFieldKeyResult {
        switch result {
        case .failure(.versionUnknown):
            return Proto.GetFieldKeyResult(outcome: .error(Proto.ItemError(code: 5, message: "unknown key version")))
        case .failure(let failure): return Proto.GetFieldKeyResult(outcome: .error(failure.itemError))
        case .success(let material):
            let context = KeyAgreement.context(.fek, object: material.profile.fieldID, version: material.version)
            let reference = Proto.FieldKeyReference(
                field: material.profile.name, fieldID: material.profile.fieldID.bytes,
                version: material.version.rawValue,
                suite: Proto.Suite(rawValue: Int32(material.suite.rawValue)) ?? .unspecified,
                state: material.isActive ? .active : .transition)
            let indexKeys = try material.indexKeys.map { key in
                Proto.SealedIndexKey(
                    name: key.index.name,
                    sealedKey: try KeyAgreement.seal(
                        key.key, to: recipient, identity: identity,
                        context: KeyAgreement.context(.index, object: key.index.id, version: nil)))
            }
            return Proto.GetFieldKeyResult(
                outcome: .grant(
                    Proto.FieldKeyGrant(
                        description: Proto.FieldDescription(material), key: reference,
                        sealedKey: try KeyAgreement.seal(
                            material.key, to: recipient, identity: identity, context: context),
                        ttlSeconds: material.ttl, indexKeys: indexKeys, leaseCount: material.leased)))
        }
    }
}
