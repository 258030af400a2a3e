import FieldsealMessages
import Testing

@testable import AuditService

@Suite struct WitnessVerdictTests {
    private let hash = [UInt8](repeating: 2, count: 32)

    private func verdict(
        _ standing: WitnessVerdict.Standing, isContinuation: Bool = false, isLate: Bool = false
    ) -> WitnessVerdict {
        WitnessVerdict(
            .init(sequence: 5, hash: hash), standing, isContinuation: isContinuation, isLate: isLate)
    }

    @Test func aBlockThatIsStoredIsComparedAtOnce() {
        #expect(verdict(.init(hash: hash, first: 1)) == .agreed)
        #expect(verdict(.init(hash: [UInt8](repeating: 3, count: 32), first: 1)) == .contradicted)
    }

    @Test func aBlockThatDoesNotComeIsWaitedFor() {
        for standing in [WitnessVerdict.Standing(), .init(first: 1), .init(first: 4, archived: 4)] {
            #expect(verdict(standing) == .pending)
            #expect(verdict(standing, isLate: true) == .withheld)
        }
    }

    @Test func nothingIsSaidOfWhatTheLogNoLongerHolds() {
        #expect(verdict(.init(archived: 5), isLate: true) == .unknown)
        #expect(verdict(.init(first: 9, archived: 8), isLate: true) == .unknown)
    }

    @Test func aLogInThePlaceOfAnotherOneHasNotAllBeginnings() {
        #expect(verdict(.init(first: 6, archived: 0), isContinuation: true, isLate: true) == .unknown)
        #expect(verdict(.init(archived: 0), isContinuation: true, isLate: true) == .unknown)
        #expect(verdict(.init(first: 4, archived: 0), isContinuation: true, isLate: true) == .withheld)
        #expect(verdict(.init(), isContinuation: true, isLate: true) == .withheld, "an epoch of the new log's time")
        #expect(verdict(.init(first: 6), isLate: true) == .withheld)
    }

    @Test func theCountsOfAVersionAreAllItsCounts() {
        let statement = Proto.EpochStatement(uses: [
            .init(version: 1, operation: .encrypt, count: 7), .init(version: 1, operation: .decrypt, count: 2),
        ])
        #expect(statement.agrees(with: [1: [.encrypt: 7, .decrypt: 2], 2: [.encrypt: 9]]))
        #expect(!statement.agrees(with: [1: [.encrypt: 7]]))
        #expect(!statement.agrees(with: [1: [.encrypt: 7, .decrypt: 2, .rewrap: 1]]))
        #expect(!statement.agrees(with: [1: [.encrypt: 7, .decrypt: 3]]))
        #expect(!statement.agrees(with: [:]))
    }
}
