import FieldsealMessages
import FieldsealRPC
import FieldsealRPCTransport

extension AuditRPC {
    /// Of the leaves of an answer, unless a single one is longer. With their rows an answer has some four times as many.
    private static let answerBytes = 256 << 10

    /// Sends a range of the published leaves, in their order.
    func readLeaves(_ request: RPCRequest, _ writer: ServerStreamWriter) async throws {
        do {
            try requireEverything(request.peer)
            guard readers.enter() else { throw AuditServiceError.tooManyReaders }
            defer { readers.leave() }
            let message: Proto.ReadLeavesRequest = try decode(request)
            let published = try await publication.checkpoint().checkpoint.size
            guard message.first <= message.end, message.end <= published else { throw AuditServiceError.range }
            guard try await log.archivedTree().size <= message.first else { throw AuditServiceError.archived }
            try await record(request, .readLeaves)
            var next = message.first
            while next < message.end {
                let leaves = try await log.leaves(next..<message.end, withRows: message.withRows)
                guard leaves.first?.index == next else { throw AuditServiceError.corrupt }
                next += UInt64(leaves.count)
                for answer in Self.answers(leaves) { try await writer.send(answer) }
            }
        } catch {
            throw try await recorded(AuditServiceError(error), request, .readLeaves)
        }
    }

    private static func answers(_ leaves: [Proto.LogLeaf]) -> [[UInt8]] {
        var answers: [[UInt8]] = []
        var (open, bytes) = (Proto.ReadLeavesResponse(), 0)
        for leaf in leaves {
            if bytes + leaf.leaf.count > answerBytes, !open.leaves.isEmpty {
                answers.append(open.encoded())
                (open, bytes) = (Proto.ReadLeavesResponse(), 0)
            }
            open.leaves.append(leaf)
            bytes += leaf.leaf.count
        }
        if !open.leaves.isEmpty { answers.append(open.encoded()) }
        return answers
    }
}
