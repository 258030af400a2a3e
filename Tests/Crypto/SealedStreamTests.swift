import FieldsealSecureMemory
import Testing

@testable import FieldsealCrypto

@Suite struct SealedStreamTests {
    private let header: [UInt8] = Array("header".utf8)

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 200_000])
    func aTextComesBack(count: Int) throws {
        let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let sealed = try seal(text)
        #expect(try open(sealed) == text)
    }

    @Test func anyOtherOrderNumberOrEndOfChunksIsRefused() throws {
        let sealed = try seal([UInt8](repeating: 7, count: 200_000))
        #expect(sealed.count == 4)
        var swapped = sealed
        swapped.swapAt(0, 1)
        let longer = sealed.dropLast() + [sealed[0]] + sealed.suffix(1)
        for wrong in [
            swapped, Array(sealed.dropFirst()), Array(sealed.dropLast()), [sealed[0]] + sealed, Array(longer),
        ] {
            #expect(throws: CryptoError.self) { try open(wrong) }
        }
        for chunk in sealed.indices {
            var changed = sealed
            changed[chunk][100] ^= 1
            #expect(throws: CryptoError(.tag)) { try open(changed) }
        }
        #expect(throws: CryptoError(.tag)) { try open(sealed, header: Array("headeR".utf8)) }
    }

    @Test func aSplicedStreamIsRefused() throws {
        let (one, two) = (
            try seal([UInt8](repeating: 1, count: 150_000)), try seal([UInt8](repeating: 2, count: 150_000), key: 9)
        )
        #expect(throws: CryptoError(.tag)) { try open([one[0], two[1], one[2]]) }
    }

    @Test func nothingComesAfterTheLastChunk() throws {
        let stream = try SealedStream(key: try key(1), header: header)
        _ = try stream.seal([], isLast: true)
        #expect(throws: CryptoError(.size)) { try stream.seal([], isLast: true) }
        let short = try SealedStream(key: try key(1), header: header)
        #expect(throws: CryptoError(.size)) { try short.seal([1], isLast: false) }
    }

    private func key(_ byte: UInt8) throws -> SecretBytes {
        try SecretBytes(copying: [UInt8](repeating: byte, count: 32))
    }

    private func seal(_ text: [UInt8], key byte: UInt8 = 1) throws -> [[UInt8]] {
        let stream = try SealedStream(key: try key(byte), header: header)
        var chunks: [[UInt8]] = []
        var rest = text[...]
        while rest.count > SealedStream.chunkCount {
            chunks.append(try stream.seal(Array(rest.prefix(SealedStream.chunkCount)), isLast: false))
            rest = rest.dropFirst(SealedStream.chunkCount)
        }
        return chunks + [try stream.seal(Array(rest), isLast: true)]
    }

    private func open(_ chunks: [[UInt8]], header: [UInt8]? = nil) throws -> [UInt8] {
        let stream = try SealedStream(key: try key(1), header: header ?? self.header)
        var text: [UInt8] = []
        for (index, chunk) in chunks.enumerated() {
            text += try stream.open(chunk, isLast: index == chunks.count - 1)
        }
        return text
    }
}
