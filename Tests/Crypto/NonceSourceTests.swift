import Testing

@testable import FieldsealCrypto

extension NonceSource {
    /// The random part of the block as it stands.
    fileprivate var remaining: [UInt8] {
        Array(UnsafeRawBufferPointer(start: block, count: Self.blockCount)[Self.prefix...])
    }

    fileprivate func zeroAsAForkDoes() { block.initializeMemory(as: UInt8.self, repeating: 0, count: Self.blockCount) }
}

struct NonceSourceTests {
    private final class Clock {
        var reading = NonceClockReading(monotonic: 5_000_000_000, realTime: 1_700_000_000_000_000_000)
        func advance(_ nanoseconds: UInt64) {
            reading.monotonic += nanoseconds
            reading.realTime += nanoseconds
        }
    }

    private func draw(_ source: NonceSource, _ count: Int = 12) throws -> [UInt8] {
        var nonce = [UInt8](repeating: 0, count: count)
        try nonce.withMutableBytes { nonce throws(CryptoError) in try source.draw(into: nonce) }
        return nonce
    }

    @Test(arguments: [12, 24])
    func noncesDoNotRepeatAcrossBlocks(count: Int) throws {
        let source = try NonceSource()
        var seen: Set<[UInt8]> = []
        for _ in 0..<2000 { #expect(seen.insert(try draw(source, count)).inserted) }
    }

    @Test func aBlockServesUntilItIsUsedUp() throws {
        let clock = Clock()
        let source = try NonceSource { clock.reading }
        for _ in 0..<340 { _ = try draw(source) }
        #expect(source.refills == 1)
        _ = try draw(source)
        #expect(source.refills == 2)
    }

    @Test func whatWasUsedIsWiped() throws {
        let clock = Clock()
        let source = try NonceSource { clock.reading }
        for _ in 0..<10 { _ = try draw(source) }
        #expect(source.remaining.prefix(120).allSatisfy { $0 == 0 })
        #expect(source.remaining.dropFirst(120).prefix(120).contains { $0 != 0 })
    }

    @Test func aBlockIsDroppedAfterASecond() throws {
        let clock = Clock()
        let source = try NonceSource { clock.reading }
        _ = try draw(source)
        clock.advance(999_999_999)
        _ = try draw(source)
        #expect(source.refills == 1)
        clock.advance(1)
        _ = try draw(source)
        #expect(source.refills == 2)
    }

    @Test(arguments: [Int64(-5_000_000_000), -200_000_000, 200_000_000, 3_600_000_000_000])
    func aBlockIsDroppedWhenTheRealTimeClockJumps(by jump: Int64) throws {
        let clock = Clock()
        let source = try NonceSource { clock.reading }
        _ = try draw(source)
        clock.advance(10_000_000)
        clock.reading.realTime = UInt64(Int64(clock.reading.realTime) + jump)
        _ = try draw(source)
        #expect(source.refills == 2)
    }

    @Test func aBlockIsDroppedWhenTheMonotonicClockFallsBack() throws {
        let clock = Clock()
        let source = try NonceSource { clock.reading }
        _ = try draw(source)
        clock.reading.monotonic -= 1
        _ = try draw(source)
        #expect(source.refills == 2)
    }

    @Test func aBlockZeroedByAForkIsDropped() throws {
        let clock = Clock()
        let source = try NonceSource { clock.reading }
        _ = try draw(source)
        source.zeroAsAForkDoes()
        #expect(try draw(source) != [UInt8](repeating: 0, count: 12))
        #expect(source.refills == 2)
    }

    @Test func tooLongANonceIsRefused() throws {
        #expect(refusal { _ = try draw(NonceSource(), 25) } == .size)
    }
}
