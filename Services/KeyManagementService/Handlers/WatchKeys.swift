import FieldsealCrypto
import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport
import FieldsealServiceRuntime

extension KeysService {
    /// Notices of one message.
    static let noticesPerMessage = 4_096
    private static let revisionsPerPage = 500

    /// Tells what changes after `position`, and shows each beat that it still does. Ends UNAVAILABLE where the replica
    /// stops or is sealed: the caller resumes elsewhere.
    func watchKeys(_ request: RPCRequest, _ writer: ServerStreamWriter) async throws {
        let identity = request.peer.identity
        let (wakes, start) = try await recorded(request, .watchKeys) { (message: Proto.WatchKeysRequest, call) in
            let replica = try Self.replica(message.replica)
            let wakes = try authority.watch.follow(replica)
            guard let newest = authority.watch.newest else { throw KeyServiceError.sealed }
            let position = message.position == 0 ? newest : message.position
            try await authority.register(
                replica, identity: identity, position: position > newest ? 0 : position, ttlSeconds: grantSeconds)
            call.succeeded()
            return (wakes, position)
        }
        var position = try await send(after: start, to: identity, writer)
        for await _ in wakes { position = try await send(after: position, to: identity, writer) }
        throw KeyServiceError.stopping.status
    }

    func acknowledgeKeys(
        _ request: Proto.AcknowledgeKeysRequest, _ call: KeysCall
    ) async throws -> Proto.AcknowledgeKeysResponse {
        _ = try authority.unsealed()
        try await authority.acknowledge(
            try Self.replica(request.replica), identity: call.context.actor.identity, position: request.position,
            ttlSeconds: grantSeconds)
        call.succeeded()
        return Proto.AcknowledgeKeysResponse()
    }

    private static func replica(_ bytes: [UInt8]) throws(KeyServiceError) -> ObjectID {
        guard let replica = ObjectID(bytes: bytes), replica != .zero else { throw .malformed }
        return replica
    }

    /// Sends all that is new after `position`, at least a sign of life; answers how far that goes.
    private func send(after position: UInt64, to identity: String, _ writer: ServerStreamWriter) async throws -> UInt64
    {
        do {
            _ = try authority.unsealed()
            var position = position
            while true {
                switch authority.watch.answer(after: position) {
                case .lost(let newest):
                    try await writer.send(Proto.KeyChanges(position: newest, lost: true).encoded())
                    return newest
                case .changes(let notices, let end):
                    try await send(notices, from: position, to: end, for: identity, writer)
                    return end
                case .older:
                    let (newest, changes) = try await page(after: position)
                    guard let last = changes.last, changes.first?.previous == position else {
                        try await writer.send(Proto.KeyChanges(position: newest, lost: true).encoded())
                        return newest
                    }
                    try await send(
                        changes.flatMap(\.notices), from: position, to: last.revision, for: identity, writer)
                    position = last.revision
                }
            }
        } catch let status as RPCStatus {
            throw status
        } catch {
            throw KeyServiceError(error).status
        }
    }

    /// A table that was altered tells nothing: whoever needs it has to forget everything.
    private func page(after position: UInt64) async throws -> (newest: UInt64, changes: [RevisionNotices]) {
        do {
            return try await authority.keyChanges(after: position, limit: Self.revisionsPerPage)
        } catch let error as KeyServiceError where error.code == .dataLoss {
            logger.error("changes of keys cannot be read", metadata: ["error": "\(error)"])
            return (try await authority.read { try await $0.revision().revision }, [])
        }
    }

    /// Only what the identity may have keys of; a long list in several messages, of which the last one moves on.
    private func send(
        _ notices: [KeyNotice], from position: UInt64, to end: UInt64, for identity: String,
        _ writer: ServerStreamWriter
    ) async throws {
        let grant = policy.grant(for: identity)
        guard grant.allows(.watchKeys) else { throw KeyServiceError.denied }
        var rest = notices.filter { $0.field.isEmpty || grant.allows(.getFieldKey, field: $0.field) }[...]
        while rest.count > Self.noticesPerMessage {
            let part = rest.prefix(Self.noticesPerMessage)
            rest = rest.dropFirst(part.count)
            try await writer.send(Proto.KeyChanges(position: position, changes: part.map(\.message)).encoded())
        }
        try await writer.send(Proto.KeyChanges(position: end, changes: rest.map(\.message)).encoded())
    }
}
