import FieldsealMessages

/// An auditor's statement that a finding needs no further work.
struct FindingReview: Hashable, Sendable {
    static let maximumNote = 1_000

    let kind: Finding.Kind
    let producer: String
    let epoch: [UInt8]
    let sequence: Int64
    let note: String

    /// - Throws: `malformed`.
    init(_ request: Proto.ReviewFindingRequest) throws(AuditServiceError) {
        guard let finding = request.finding, let kind = Finding.Kind(rawValue: finding.kind),
            let sequence = Int64(exactly: finding.sequence), finding.epoch.count == 16,
            finding.producer.utf8.count <= ReceivedEvent.maximumText, !finding.producer.utf8.contains(0),
            (1...Self.maximumNote).contains(request.note.utf8.count), !request.note.utf8.contains(0)
        else { throw .malformed }
        (self.kind, producer, epoch, self.sequence) = (kind, finding.producer, finding.epoch, sequence)
        note = request.note
    }

    /// How the event of the review names the finding.
    var object: String { "\(kind.rawValue) \(sequence) \(producer)" }
}
