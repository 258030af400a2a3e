internal import FieldsealAuditTrail
internal import FieldsealMessages
internal import FieldsealRPCTransport

/// `fieldseal.v1.Spool`, which every server offers. Its answers are not recorded: they matter most when nothing can be.
enum SpoolStatus {
    static func service(_ trail: AuditTrail) -> AsyncRPCService {
        var service = AsyncRPCService("fieldseal.v1.Spool")
        service.unary("Status") { _ in Proto.SpoolStatusResponse(trail).encoded() }
        return service
    }
}

extension Proto.SpoolStatusResponse {
    fileprivate init(_ trail: AuditTrail) {
        let backlog = trail.backlog
        self.init(
            waitingBlocks: backlog.blocks, oldestSeconds: UInt64(clamping: backlog.age.components.seconds),
            bytes: UInt64(clamping: backlog.bytes), maxBytes: UInt64(clamping: backlog.maximumBytes),
            strict: backlog.isStrict, accepting: backlog.isAccepting, dropped: backlog.dropped,
            verified: trail.finalState == .published, distrust: trail.distrust ?? "",
            epoch: trail.epoch, lastSequence: trail.lastSequence)
    }
}
