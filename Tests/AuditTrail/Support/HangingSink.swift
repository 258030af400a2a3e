@testable import FieldsealAuditTrail

/// An audit service that accepts and never answers.
struct HangingSink: BlockSink {
    private let never = TestClock(isStopped: true)

    func append(_ blocks: [SpooledBlock], producer: String) async throws -> UInt64 {
        try await never.sleep(for: .seconds(1))
        return 0
    }
}
