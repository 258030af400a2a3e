enum SpoolOutcome: Sendable {
    case durable, dropped, full, failed, closed

    var permitsAnswer: Bool { self == .durable || self == .dropped }
}

final class Spool: Sendable {
    let batches = BatchPool()
    var isAccepting: Bool { true }
    var hasRoomForStrangers: Bool { true }

    func submit(_ batch: EventBatch, completion: @escaping @Sendable (SpoolOutcome) -> Void) {
        completion(.failed)
    }
}
