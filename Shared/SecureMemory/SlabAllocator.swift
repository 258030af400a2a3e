/// Deals out slots of a region of pages. Not thread-safe; keeps its bookkeeping outside the region.
///
/// A page holds slots of one size class, with a bitmap of those in use; larger requests take runs of whole pages. Pages
/// with free slots stand in a list per class, free pages in one of their own, so that slots take constant time.
/// Whoever releases a slot has wiped it: free memory is always zero.
struct SlabAllocator: ~Copyable {
    static let pageSize = 4096
    /// Slot sizes, all multiples of 16, that divide a page with little waste.
    static let classes = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 672, 1008, 1360, 2048]

    private static let freeList = classes.count
    private static let largestSlot = 2048

    private enum Use: Equatable {
        case free
        case slots(class: Int)
        case runHead(length: Int)
        case runTail
    }

    private struct Page {
        var use = Use.free
        var taken = 0
        var bitmap = SIMD4<UInt64>()
        var next = -1
        var previous = -1
    }

    private let start: UnsafeMutableRawPointer
    private let pageCount: Int
    private let pages: UnsafeMutablePointer<Page>
    /// The first page of each class's list and of the free pages'; -1: none.
    private let heads: UnsafeMutablePointer<Int>
    private let sizes: UnsafeMutablePointer<Int>
    /// The class of each size in units of 16 bytes, rounded up.
    private let classOfUnits: UnsafeMutablePointer<UInt8>
    private(set) var pagesInUse = 0

    init(start: UnsafeMutableRawPointer, pageCount: Int) {
        self.start = start
        self.pageCount = pageCount
        pages = .allocate(capacity: pageCount)
        pages.initialize(repeating: Page(), count: pageCount)
        heads = .allocate(capacity: Self.classes.count + 1)
        heads.initialize(repeating: -1, count: Self.classes.count + 1)
        sizes = .allocate(capacity: Self.classes.count)
        for (index, size) in Self.classes.enumerated() { (sizes + index).initialize(to: size) }
        classOfUnits = .allocate(capacity: Self.largestSlot / 16 + 1)
        for units in 0...(Self.largestSlot / 16) {
            let fitting = Self.classes.firstIndex { $0 >= units * 16 } ?? Self.classes.count - 1
            (classOfUnits + units).initialize(to: UInt8(fitting))
        }
        for page in (0..<pageCount).reversed() { link(page, Self.freeList) }
    }

    deinit {
        pages.deallocate()
        heads.deallocate()
        sizes.deallocate()
        classOfUnits.deallocate()
    }

    func contains(_ pointer: UnsafeRawPointer) -> Bool {
        pointer >= UnsafeRawPointer(start) && pointer < UnsafeRawPointer(start + pageCount * Self.pageSize)
    }

    /// A zeroed slot of at least `count` bytes aligned to 16, or nil when none is left. `count` is at least 1.
    mutating func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard count <= Self.largestSlot else { return allocateRun(count) }
        let slotClass = Int(classOfUnits[(count + 15) / 16])
        var page = heads[slotClass]
        if page < 0 {
            page = heads[Self.freeList]
            guard page >= 0 else { return nil }
            unlink(page, Self.freeList)
            pages[page].use = .slots(class: slotClass)
            link(page, slotClass)
            pagesInUse += 1
        }
        let size = sizes[slotClass]
        let slot = takeFirstFree(page)
        if pages[page].taken == Self.pageSize / size { unlink(page, slotClass) }
        return start + page * Self.pageSize + slot * size
    }

    /// The bytes that the slot at `pointer` has room for.
    func capacity(of pointer: UnsafeRawPointer) -> Int {
        switch pages[(pointer - UnsafeRawPointer(start)) / Self.pageSize].use {
        case .slots(let slotClass): return sizes[slotClass]
        case .runHead(let length): return length * Self.pageSize
        case .free, .runTail: preconditionFailure("not a slot of the arena")
        }
    }

    /// Takes back a slot that the caller has wiped.
    mutating func release(_ pointer: UnsafeRawPointer) {
        let (page, offset) = (pointer - UnsafeRawPointer(start)).quotientAndRemainder(dividingBy: Self.pageSize)
        switch pages[page].use {
        case .slots(let slotClass):
            let size = sizes[slotClass]
            if pages[page].taken == Self.pageSize / size { link(page, slotClass) }
            giveBack(page, offset / size)
            guard pages[page].taken == 0 else { return }
            unlink(page, slotClass)
            free(page)
        case .runHead(let length):
            for tail in page..<(page + length) { free(tail) }
        case .free, .runTail: preconditionFailure("not a slot of the arena")
        }
    }
}

// MARK: - Pages

extension SlabAllocator {
    private mutating func allocateRun(_ count: Int) -> UnsafeMutableRawPointer? {
        guard count <= pageCount * Self.pageSize else { return nil }
        let needed = (count + Self.pageSize - 1) / Self.pageSize
        var length = 0
        for page in 0..<pageCount {
            length = pages[page].use == .free ? length + 1 : 0
            guard length == needed else { continue }
            let head = page - needed + 1
            for member in head...page {
                unlink(member, Self.freeList)
                pages[member].use = .runTail
            }
            pages[head].use = .runHead(length: needed)
            pagesInUse += needed
            return start + head * Self.pageSize
        }
        return nil
    }

    private mutating func free(_ page: Int) {
        pages[page].use = .free
        link(page, Self.freeList)
        pagesInUse -= 1
    }

    private func link(_ page: Int, _ list: Int) {
        let next = heads[list]
        pages[page].next = next
        pages[page].previous = -1
        if next >= 0 { pages[next].previous = page }
        heads[list] = page
    }

    private func unlink(_ page: Int, _ list: Int) {
        let (next, previous) = (pages[page].next, pages[page].previous)
        if next >= 0 { pages[next].previous = previous }
        if previous >= 0 { pages[previous].next = next } else { heads[list] = next }
    }
}

// MARK: - Slots of a page

extension SlabAllocator {
    /// The page has a free slot: it stands in its class's list.
    private func takeFirstFree(_ page: Int) -> Int {
        var word = 0
        while pages[page].bitmap[word] == .max { word += 1 }
        let bit = (~pages[page].bitmap[word]).trailingZeroBitCount
        pages[page].bitmap[word] |= 1 << UInt64(bit)
        pages[page].taken += 1
        return word * 64 + bit
    }

    private func giveBack(_ page: Int, _ slot: Int) {
        let mask = UInt64(1) << UInt64(slot % 64)
        precondition(pages[page].bitmap[slot / 64] & mask != 0, "released twice")
        pages[page].bitmap[slot / 64] &= ~mask
        pages[page].taken -= 1
    }
}
