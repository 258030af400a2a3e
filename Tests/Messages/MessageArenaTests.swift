import Testing

@testable import FieldsealMessages

@Suite struct MessageArenaTests {
    @Test func allocationsAreAlignedAndApart() throws {
        let arena = MessageArena(limit: 1 << 22, retained: 1 << 16)
        var generator = SeededGenerator(state: 1)
        for _ in 0..<20 {
            var last: [(start: UnsafeMutableRawPointer, count: Int)] = []
            for _ in 0..<200 {
                let count = Int.random(in: 0...5000, using: &generator)
                let start = try #require(arena.allocate(count))
                #expect(UInt(bitPattern: start) % 16 == 0)
                #expect(last.allSatisfy { start >= $0.start + $0.count || start + count <= $0.start })
                start.initializeMemory(as: UInt8.self, repeating: 0xA5, count: count)
                last.append((start, count))
            }
            #expect(!arena.isExhausted)
            arena.reset()
        }
    }

    @Test func refusesPastTheLimitUntilReset() throws {
        let arena = MessageArena(limit: 100_000)
        #expect(arena.allocate(100_001) == nil && arena.isExhausted)
        arena.reset()
        #expect(!arena.isExhausted && arena.allocate(50_000) != nil)
        #expect(arena.allocate(60_000) == nil && arena.isExhausted)
        #expect(arena.allocate(1000) != nil)
        arena.reset()
        #expect(arena.allocate(90_000) != nil)
    }

    @Test func aRefusalLeavesNothingDangling() throws {
        let arena = MessageArena(limit: 1 << 20)
        for _ in 0..<3 { _ = arena.allocate(200_000) }
        arena.reset()
        _ = try #require(arena.allocate(200_000))
        #expect(arena.allocate(1 << 20) == nil)
        let after = try #require(arena.allocate(1000))
        after.initializeMemory(as: UInt8.self, repeating: 1, count: 1000)
        arena.reset()
        #expect(arena.allocate(1 << 20) != nil)
    }

    @Test(arguments: [Int.max, Int.max - 15, -1, .min])
    func absurdSizesAreRefused(size: Int) {
        let arena = MessageArena(limit: .max)
        #expect(arena.allocate(size) == nil)
        #expect(arena.allocate(16) != nil)
        #expect(arena.allocate(size) == nil)
    }

    @Test func aResetWipesWhatItKeeps() throws {
        let arena = MessageArena(limit: 1 << 20, retained: 1 << 20)
        let first = try #require(arena.allocate(4096))
        first.initializeMemory(as: UInt8.self, repeating: 0xA5, count: 4096)
        arena.reset()
        let second = try #require(arena.allocate(4096))
        #expect(second == first)
        #expect(UnsafeRawBufferPointer(start: second, count: 4096).allSatisfy { $0 == 0 })
    }
}
