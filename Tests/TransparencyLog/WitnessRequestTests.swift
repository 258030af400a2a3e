import FieldsealTransparencyLog
import Testing

@Suite struct WitnessRequestTests {
    private func request(old: UInt64 = 7, proof: [TreeHash] = [.zero, CheckpointTests.root]) throws -> WitnessRequest {
        let checkpoint = try Checkpoint(origin: CheckpointTests.origin, size: 9, root: CheckpointTests.root)
        return WitnessRequest(
            old: old, proof: proof, checkpoint: try CheckpointTests.note(checkpoint, by: try CheckpointTests.log()))
    }

    @Test func aRequestIsReadAsItWasWritten() throws {
        for request in [try request(), try request(old: 0, proof: [])] {
            #expect(try WitnessRequest(parsing: request.encoded) == request)
        }
        #expect(
            String(decoding: try request(old: 0, proof: []).encoded, as: UTF8.self).hasPrefix("old 0\n\nexample.com"))
    }

    @Test(arguments: ["", "\n\n", "old 07\n\no\n", "old\n\n", "old 7\nAAAA\n\n", "size 7\n\n", "old 7\n"])
    func whatIsNoRequestIsRefused(head: String) throws {
        #expect(throws: NoteError.malformed) { try WitnessRequest(parsing: Array(head.utf8)) }
        let note = try request().checkpoint.encoded
        #expect(throws: NoteError.malformed) { try WitnessRequest(parsing: Array(head.utf8) + note) }
    }

    @Test func onlyCosignaturesOfTheWitnessAreTaken() throws {
        let request = try request()
        func lines(_ witnesses: [CosignatureSigner]) throws -> [UInt8] {
            var note = try SignedNote(text: request.checkpoint.text)
            for witness in witnesses { try note.sign(with: witness) }
            return Array(note.encoded.dropFirst(note.text.utf8.count + 1))
        }
        let (one, two) = (try CheckpointTests.witness(1), try CheckpointTests.witness(2))
        let taken = try request.cosignatures(in: try lines([two, one]), of: [one.verifier])
        #expect(taken.map(\.key) == [one.key])
        #expect(throws: NoteError.unsigned) { try request.cosignatures(in: try lines([two]), of: [one.verifier]) }
        #expect(throws: NoteError.malformed) { try request.cosignatures(in: [], of: [one.verifier]) }
        var forged = try lines([one])
        forged[forged.count - 10] ^= 1
        #expect(throws: (any Error).self) { try request.cosignatures(in: forged, of: [one.verifier]) }
    }
}
