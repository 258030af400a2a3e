import FieldsealTransparencyLog
import FieldsealWitness
import Foundation
import Testing

@Suite struct WitnessStateFileTests {
    @Test func aSecondWitnessIsKeptOut() throws {
        let bench = try WitnessBench()
        let first = try bench.witness()
        #expect(throws: WitnessStateError.self) { try bench.witness() }
        #expect(first.logs.map(\.size) == [nil])
    }

    @Test func aClockThatIsPutBackDoesNotTurnTheOrderOfSignatures() throws {
        let bench = try WitnessBench(time: 1_000)
        func time(old: UInt64, size: Int) throws -> UInt64? {
            let request = try bench.request(old: old, size: size)
            let answer = try bench.witness().answer(request.encoded)
            let signature = try request.cosignatures(in: Array(answer.cosignature.utf8), of: [bench.signer.verifier])[0]
            return Cosignature(signature.bytes)?.timestamp
        }
        #expect(try time(old: 0, size: 3) == 1_000)
        bench.time.set(900)
        #expect(try time(old: 3, size: 4) == 1_000)
        bench.time.set(1_001)
        #expect(try time(old: 4, size: 5) == 1_001)
    }

    @Test func aDamagedStateIsRefused() throws {
        let bench = try WitnessBench()
        do {
            let witness = try bench.witness()
            #expect(try witness.answer(try bench.request(old: 0, size: 3).encoded).verdict.status == 200)
            #expect(witness.logs.map(\.size) == [3])
        }
        let whole = try Data(contentsOf: URL(filePath: bench.state))
        for damaged in [whole.dropLast(), Data(), whole + whole, whole.dropFirst()] {
            try damaged.write(to: URL(filePath: bench.state))
            #expect(throws: WitnessStateError.self) { try bench.witness() }
        }
        try whole.write(to: URL(filePath: bench.state))
        #expect(try bench.witness().logs.map(\.size) == [3])
        let mode = try FileManager.default.attributesOfItem(atPath: bench.state + ".lock")[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    @Test func aFolderThatIsMissingIsNamed() throws {
        let path = try WitnessBench().folder + "/missing/state"
        #expect { try WitnessStateFile(path: path) } throws: { "\($0)".contains("/missing cannot be opened") }
    }
}
