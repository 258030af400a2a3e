import FieldsealMessages
import FieldsealTransparencyLog
import Testing

@testable import FieldsealAuditTrail

struct SigningTests {
    @Test("a signature holds for its block and key alone")
    func signature() throws {
        let (key, other) = (try EpochKey(), try EpochKey())
        let block: [UInt8] = [1, 2, 3]
        let signature = try key.sign(block)
        #expect(signature.count == BlockSignature.byteCount && key.publicKey.count == BlockSignature.keyByteCount)
        #expect(BlockSignature.isValid(signature, of: block, by: key.publicKey))
        #expect(!BlockSignature.isValid(signature, of: [1, 2], by: key.publicKey))
        #expect(!BlockSignature.isValid(signature, of: block, by: other.publicKey))
        for bad in [[], Array(signature.dropLast()), signature + [0], [UInt8](repeating: 0, count: 64)] {
            #expect(!BlockSignature.isValid(bad, of: block, by: key.publicKey))
        }
        for bad in [[], [UInt8](repeating: 0xFF, count: 32), Array(key.publicKey.dropLast())] {
            #expect(!BlockSignature.isValid(signature, of: block, by: bad))
        }
    }

    @Test("each epoch has a key of its own; blocks of a crashed one keep their signatures")
    func epochs() async throws {
        let sink = RecordingSink()
        let first = try TestTrail(MemoryDisk(), sink: sink)
        try await first.trail.record(.numbered(1))
        try await TestTrail(first.disk.afterPowerFailure(), sink: sink).finish()
        let keys = try sink.events().filter { $0.operation == .epochOpen }.map(\.epochKey)
        #expect(Set(keys).count == 2)
        #expect(try sink.events().allSatisfy { $0.epochKey.isEmpty || $0.operation == .epochOpen })
    }
}
