import FieldsealAuditTrail
import FieldsealAuditVerification
import FieldsealCrypto
import FieldsealTransparencyLog
import Foundation
import Logging

/// Moves the oldest months of the log from the database into bundles.
///
/// A month is dropped when its bundle was written, flushed, read again and found to be what the log's checkpoint says, and when
/// the event that announces it stands in a published checkpoint.
struct Archivist: Sendable {
    private static let patience = Duration.seconds(60)

    let log: EventLog
    let owner: LogOwner
    let publication: Publication
    let settings: RetentionSettings
    /// The service's own.
    let identity: String
    let logger: Logger
    /// Records an event and waits until it is published.
    let publish: @Sendable (AuditEvent, Duration) async throws -> Void
    let record: @Sendable (AuditEvent) async throws -> Void

    /// Archives what is due next; nil: nothing is, or another replica is at it.
    func archiveNext() async throws -> ArchivePlan? {
        // Two that wrote one bundle at a time would spoil it.
        let plan = try await log.pool.withConnection { connection in
            try await connection.withLockIfFree("fieldseal audit archiving") { _ in try await archiveAlone() }
        }
        return plan ?? nil
    }

    private func archiveAlone() async throws -> ArchivePlan? {
        guard let published = try await publication.newest() else { return nil }
        let limit = LogMonth(unixMicroseconds: log.clock()).advanced(by: -settings.months)
        guard let plan = try await log.archivePlan(before: limit, published: published.checkpoint.size) else {
            return nil
        }
        let archive = try await write(plan, published)
        try await publish(event(plan, "intent"), Self.patience)
        let isDropped = try await owner.withPool { try await log.drop(archive, by: $0) }
        guard isDropped else { return nil }
        logger.notice(
            "archived a part of the log",
            metadata: ["months": "\(plan.name)", "bundle": "\(archive.bundle)", "leaves": "\(archive.tree.size)"])
        try await record(event(plan, .none))
        return plan
    }

    private func event(_ plan: ArchivePlan, _ cause: AuditCause) -> AuditEvent {
        var event = AuditEvent(actor: AuditActor(identity: identity), operation: .archiveAudit)
        event.object = plan.name
        event.cause = cause
        return event
    }

    /// Writes the bundle and reads it again.
    private func write(_ plan: ArchivePlan, _ published: StoredCheckpoint) async throws -> WrittenArchive {
        let before = try await log.archivedTree()
        guard let positions = plan.positions else {
            return WrittenArchive(plan: plan, tree: before, bundle: "", digest: [])
        }
        guard positions.lowerBound == Int64(clamping: before.size) + 1 else { throw ArchiveError.gap }
        let end = UInt64(positions.upperBound)
        let header = LogBundle.Header(
            checkpoint: published.note, beginning: before,
            consistency: try await log.consistency(from: end, to: published.checkpoint.size))
        let name = "audit-\(plan.name).bundle"
        let path = settings.archive + "/" + name
        let writer = try LogBundle.Writer(path, header)
        do {
            var next = before.size
            while next < end {
                let leaves = try await log.leaves(next..<end, withRows: false)
                guard !leaves.isEmpty else { throw ArchiveError.gap }
                for leaf in leaves { try writer.append(leaf.leaf, at: leaf.index) }
                next += UInt64(leaves.count)
            }
            try writer.finish()
        } catch {
            writer.remove()
            throw error
        }
        return WrittenArchive(
            plan: plan, tree: try Self.verified(path, published.checkpoint), bundle: name,
            digest: try Self.digest(of: path))
    }

    /// The tree of what a bundle holds, which the checkpoint continues.
    private static func verified(_ path: String, _ checkpoint: Checkpoint) throws -> MerkleFrontier {
        var reader = try LogBundle.Reader(path)
        var verifier = LogVerifier(behind: reader.header.beginning)
        while let leaf = try reader.next() { verifier.append(leaf) }
        verifier.finish(at: checkpoint, consistency: reader.header.consistency)
        if let finding = verifier.findings.first { throw ArchiveError.damaged(finding) }
        return verifier.frontier
    }

    private static func digest(of path: String) throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else { throw LogBundleError.unreadable(path: path) }
        defer { try? file.close() }
        let digest = try SHA256()
        while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { try digest.update(Array(part)) }
        return try digest.finish()
    }
}

/// Why the log cannot be archived.
enum ArchiveError: Error, CustomStringConvertible {
    case gap
    case damaged(LogFinding)

    var description: String {
        switch self {
        case .gap: "blocks are missing between the archived ones and the next"
        case .damaged(let finding): "the bundle is not what the log has signed: \(finding.text)"
        }
    }
}

extension ArchivePlan {
    /// Names it in files and events.
    var name: String {
        guard let first = months.first, let last = months.last, first != last else {
            return months.first?.description ?? ""
        }
        return "\(first)--\(last)"
    }
}
