import FieldsealMessages
import Testing

@testable import KeyManagementService

@Suite struct WitnessedEpochsTests {
    private let producer = "spiffe://fieldseal.test/service/encryption"

    @Test func onlyWhatGoesBeyondIsNew() throws {
        var epochs = WitnessedEpochs()
        let news = try [1, 5, 5, 3, 6].map { try epochs.note(.at($0), of: producer) }
        #expect(news == [true, true, false, false, true])
        #expect(try epochs.note(.at(1, epoch: 2), of: producer))
    }

    @Test func anEpochHasOneProducerAndOnePast() throws {
        var epochs = WitnessedEpochs()
        _ = try epochs.note(.at(4), of: producer)
        #expect(throws: KeyServiceError.epochContradicted) { try epochs.note(.at(5), of: "spiffe://other") }
        #expect(throws: KeyServiceError.epochContradicted) { try epochs.note(.at(4, hash: 9), of: producer) }
        #expect(try epochs.note(.at(5), of: producer), "what contradicted is not remembered")
    }

    @Test func theOneHeardOfLongestAgoIsForgotten() throws {
        var epochs = WitnessedEpochs()
        func statement(_ number: Int) -> Proto.EpochStatement {
            var statement = Proto.EpochStatement.test
            statement.epoch =
                (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } + [UInt8](repeating: 0, count: 8)
            return statement
        }
        for number in 0..<WitnessedEpochs.maximum { _ = try epochs.note(statement(number), of: producer) }
        #expect(try !epochs.note(statement(0), of: producer))
        #expect(try epochs.note(statement(WitnessedEpochs.maximum), of: producer))
        #expect(try !epochs.note(statement(0), of: producer))
        #expect(try epochs.note(statement(1), of: producer))
    }
}
