import FieldsealMessages
import Testing

/// Whatever the bytes are: an error or a value, never a trap; and what decodes, encodes to what decodes to the same.
@Suite struct HostileInputTests {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func mutatedMessages(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        let arena = MessageArena(limit: 1 << 20)
        for _ in 0..<1_000 {
            let sample = try #require(Samples.all.randomElement(using: &generator))
            let bytes = mutated(sample.encoded(), using: &generator)
            func decode<Message: ProtoMessage>(as _: Message) throws {
                guard let value = try? Message(decoding: bytes, limit: 1 << 20) else { return }
                #expect(try Message(decoding: value.encoded()) == value)
            }
            for sample in Samples.all { try decode(as: sample) }
            bytes.withUnsafeBytes { bytes in
                _ = try? arena.withEncryptRequest(bytes) { owned($0).count }
                _ = try? arena.withDecryptRequest(bytes) { owned($0).count }
                _ = try? arena.withBlindIndexRequest(bytes) { owned($0).count }
            }
        }
    }

    @Test(arguments: Samples.all.indices)
    func truncatedMessages(index: Int) {
        let bytes = Samples.all[index].encoded()
        for count in bytes.indices {
            func decode<Message: ProtoMessage>(as _: Message) { _ = try? Message(decoding: Array(bytes[..<count])) }
            decode(as: Samples.all[index])
        }
    }

    private func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let position = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0 where position < bytes.count: bytes[position] = .random(in: .min ... .max, using: &generator)
            case 1 where position < bytes.count: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.insert(contentsOf: [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], at: position)
            case 3: bytes.removeLast(bytes.count - position)
            default: bytes.insert(contentsOf: Array(bytes[..<position]), at: position)
            }
        }
        return bytes
    }
}

/// Random numbers whose sequence the seed fixes (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
