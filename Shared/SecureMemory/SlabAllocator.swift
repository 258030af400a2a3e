/// Deals out slots of a region of pages. Not thread-safe; keeps its bookkeeping outside the region.
///
/// A page holds slots of one size class, with a bitmap of those in use; larger requests take runs of whole pages.
/// Whoever releases a slot has wiped it, so that free memory is always zero.
struct SlabAllocator: ~Copyable {
    static let pageSize = 4096
    /// Slot sizes, all multiples of 16, that divide a page with little waste.
    static let classes = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 672, 1008, 1360, 2048]

    private enum Page {
        static let free: UInt8 = 0xFF
        static let runHead: UInt8 = 0xFE
        static let runTail: UInt8 = 0xFD
    }

    private let start: UnsafeMutableRawPointer
    private let pageCount: Int
    /// The size class of each page, or a mark of ``Page``.
    private var kinds: [UInt8]
    /// Bytes asked for, of a run's head; slots in use, of a slab.
    private var uses: [Int]
    /// 256 bits a page: slots in use.
    private var bitmaps: [(UInt64, UInt64, UInt64, UInt64)]
    /// Pages of each class that may have a free slot.
    private var open: [[Int]]
    private(set) var pagesInUse = 0

    init(start: UnsafeMutableRawPointer, pageCount: Int) {
        self.start = start
        self.pageCount = pageCount
        kinds = Array(repeating: Page.free, count: pageCount)
        uses = Array(repeating: 0, count: pageCount)
        bitmaps = Array(repeating: (0, 0, 0, 0), count: pageCount)
        open = Array(repeating: [], count: Self.classes.count)
    }

    func contains(_ pointer: UnsafeRawPointer) -> Bool {
        pointer >= UnsafeRawPointer(start) && pointer < UnsafeRawPointer(start + pageCount * Self.pageSize)
    }

    /// A zeroed slot of at least `count` bytes aligned to 16, or nil when none is left. `count` is at least 1.
    mutating func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard let slotClass = Self.classes.firstIndex(where: { $0 >= count }) else { return allocateRun(count) }
        let slots = Self.pageSize / Self.classes[slotClass]
        while let page = open[slotClass].last {
            // A page stays listed until it is found to be full, or to have changed its class since.
            if Int(kinds[page]) == slotClass, uses[page] < slots, let slot = firstFree(page, slots) {
                mark(page, slot, used: true)
                uses[page] += 1
                return start + page * Self.pageSize + slot * Self.classes[slotClass]
            }
            open[slotClass].removeLast()
        }
        guard let page = kinds.firstIndex(of: Page.free) else { return nil }
        kinds[page] = UInt8(slotClass)
        bitmaps[page] = (0, 0, 0, 0)
        uses[page] = 1
        pagesInUse += 1
        mark(page, 0, used: true)
        open[slotClass].append(page)
        return start + page * Self.pageSize
    }

    /// The bytes that the slot at `pointer` has room for.
    func capacity(of pointer: UnsafeRawPointer) -> Int {
        let page = (pointer - UnsafeRawPointer(start)) / Self.pageSize
        if kinds[page] == Page.runHead { return runLength(page) * Self.pageSize }
        precondition(Int(kinds[page]) < Self.classes.count, "not a slot of the arena")
        return Self.classes[Int(kinds[page])]
    }

    /// Takes back a slot that the caller has wiped.
    mutating func release(_ pointer: UnsafeRawPointer) {
        let offset = pointer - UnsafeRawPointer(start)
        let page = offset / Self.pageSize
        if kinds[page] == Page.runHead { return releaseRun(page) }
        precondition(Int(kinds[page]) < Self.classes.count, "not a slot of the arena")
        let slotClass = Int(kinds[page])
        let slot = (offset % Self.pageSize) / Self.classes[slotClass]
        precondition(isUsed(page, slot), "released twice")
        mark(page, slot, used: false)
        if uses[page] == Self.pageSize / Self.classes[slotClass] { open[slotClass].append(page) }
        uses[page] -= 1
        if uses[page] == 0 {
            kinds[page] = Page.free
            open[slotClass].removeAll { $0 == page }
            pagesInUse -= 1
        }
    }
}

// MARK: - Runs of pages

extension SlabAllocator {
    private mutating func allocateRun(_ count: Int) -> UnsafeMutableRawPointer? {
        guard count <= pageCount * Self.pageSize else { return nil }
        let needed = (count + Self.pageSize - 1) / Self.pageSize
        var length = 0
        for page in 0..<pageCount {
            length = kinds[page] == Page.free ? length + 1 : 0
            guard length == needed else { continue }
            let head = page - needed + 1
            kinds[head] = Page.runHead
            for tail in (head + 1)..<(head + needed) { kinds[tail] = Page.runTail }
            uses[head] = needed
            pagesInUse += needed
            return start + head * Self.pageSize
        }
        return nil
    }

    private func runLength(_ head: Int) -> Int { uses[head] }

    private mutating func releaseRun(_ head: Int) {
        let length = uses[head]
        for page in head..<(head + length) { kinds[page] = Page.free }
        uses[head] = 0
        pagesInUse -= length
    }
}

// MARK: - Bitmaps

extension SlabAllocator {
    private func firstFree(_ page: Int, _ slots: Int) -> Int? {
        let words = bitmaps[page]
        var base = 0
        for word in [words.0, words.1, words.2, words.3] where base < slots {
            let free = (~word).trailingZeroBitCount
            if free < 64 { return base + free < slots ? base + free : nil }
            base += 64
        }
        return nil
    }

    private func isUsed(_ page: Int, _ slot: Int) -> Bool {
        let bit = UInt64(1) << (slot % 64)
        return switch slot / 64 {
        case 0: bitmaps[page].0 & bit != 0
        case 1: bitmaps[page].1 & bit != 0
        case 2: bitmaps[page].2 & bit != 0
        default: bitmaps[page].3 & bit != 0
        }
    }

    private mutating func mark(_ page: Int, _ slot: Int, used: Bool) {
        let bit = UInt64(1) << (slot % 64)
        switch slot / 64 {
        case 0: bitmaps[page].0 = used ? bitmaps[page].0 | bit : bitmaps[page].0 & ~bit
        case 1: bitmaps[page].1 = used ? bitmaps[page].1 | bit : bitmaps[page].1 & ~bit
        case 2: bitmaps[page].2 = used ? bitmaps[page].2 | bit : bitmaps[page].2 & ~bit
        default: bitmaps[page].3 = used ? bitmaps[page].3 | bit : bitmaps[page].3 & ~bit
        }
    }
}
