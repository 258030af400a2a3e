import Testing

@testable import FieldsealSecureMemory

struct SlabAllocatorTests {
    private func withSlabs(pages: Int, _ body: (inout SlabAllocator) throws -> Void) rethrows {
        let size = pages * SlabAllocator.pageSize
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: SlabAllocator.pageSize)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        defer { memory.deallocate() }
        var slabs = SlabAllocator(start: memory, pageCount: pages)
        try body(&slabs)
    }

    @Test func slotsAreAlignedAndLargeEnough() throws {
        try withSlabs(pages: 64) { slabs in
            for count in [1, 15, 16, 17, 100, 1000, 2048, 2049, 4096, 4097, 20_000] {
                let allocated = slabs.allocate(count)
                let slot = try #require(allocated)
                let (capacity, isInside) = (slabs.capacity(of: slot), slabs.contains(slot))
                #expect(UInt(bitPattern: slot) % 16 == 0)
                #expect(capacity >= count)
                #expect(isInside)
            }
        }
    }

    @Test func everyPageComesBack() {
        withSlabs(pages: 8) { slabs in
            for count in [16, 48, 672, 1008, 1360, 4096, 8192] {
                var slots: [UnsafeMutableRawPointer] = []
                while let slot = slabs.allocate(count) { slots.append(slot) }
                #expect(slots.count >= 8 * SlabAllocator.pageSize / max(count, 16) * 9 / 10)
                #expect(Set(slots).count == slots.count)
                for slot in slots.shuffled() { slabs.release(slot) }
                let pagesInUse = slabs.pagesInUse
                #expect(pagesInUse == 0)
            }
            let (whole, more) = (slabs.allocate(8 * SlabAllocator.pageSize), slabs.allocate(1))
            #expect(whole != nil)
            #expect(more == nil)
        }
    }

    /// Against a model: no two live slots overlap, contents stay, everything is found again.
    @Test func anyOrderOfUse() throws {
        try withSlabs(pages: 40) { slabs in
            var live: [(slot: UnsafeMutableRawPointer, count: Int, mark: UInt8)] = []
            var generator = SystemRandomNumberGenerator()
            for step in 0..<20_000 {
                let mark = UInt8(truncatingIfNeeded: step)
                if live.isEmpty || Bool.random(using: &generator) {
                    let limit = Int.random(in: 0..<8, using: &generator) == 0 ? 12_000 : 600
                    let count = Int.random(in: 1...limit, using: &generator)
                    guard let slot = slabs.allocate(count) else { continue }
                    slot.initializeMemory(as: UInt8.self, repeating: mark, count: count)
                    live.append((slot, count, mark))
                } else {
                    let (slot, count, mark) = live.remove(at: Int.random(in: 0..<live.count, using: &generator))
                    let bytes = UnsafeRawBufferPointer(start: slot, count: count)
                    try #require(bytes.allSatisfy { $0 == mark }, "step \(step)")
                    slabs.release(slot)
                }
            }
            for entry in live { slabs.release(entry.slot) }
            let pagesInUse = slabs.pagesInUse
            #expect(pagesInUse == 0)
        }
    }

    @Test func releasingTwiceEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
            var slabs = SlabAllocator(start: memory, pageCount: 1)
            let (first, second) = (slabs.allocate(16), slabs.allocate(16))
            if let first, second != nil {
                slabs.release(first)
                slabs.release(first)
            }
        }
    }
}
