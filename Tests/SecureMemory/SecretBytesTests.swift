import Glibc
import Testing

@testable import FieldsealSecureMemory

struct SecretBytesTests {
    @Test func holdsItsBytes() throws {
        var secret = try SecretBytes(copying: [1, 2, 3])
        #expect(secret.count == 3)
        #expect(secret.revealed == [1, 2, 3])
        secret.withUnsafeMutableBytes { $0[0] = 9 }
        let second = try secret.copy()
        secret.withUnsafeMutableBytes { $0[1] = 9 }
        #expect(second.revealed == [9, 2, 3])
        let (zeros, empty) = (try SecretBytes(count: 5).revealed, try SecretBytes(count: 0).revealed)
        #expect(zeros == [0, 0, 0, 0, 0])
        #expect(empty == [])
    }

    @Test func randomSecretsDiffer() throws {
        let first = try SecretBytes.random(count: 32)
        let second = try SecretBytes.random(count: 32)
        let copy = try first.copy()
        let (differ, same) = (!constantTimeEquals(first, second), constantTimeEquals(first, copy))
        #expect(differ && same)
    }

    @Test func comparison() throws {
        for (left, right, equal) in [
            ([], [], true), ([1], [1], true), ([1], [2], false), ([1], [1, 1], false), ([], [0], false),
            ([1, 2, 3], [1, 2, 0x83], false),
        ] as [([UInt8], [UInt8], Bool)] {
            let first = try SecretBytes(copying: left)
            let second = try SecretBytes(copying: right)
            let result = constantTimeEquals(first, second)
            #expect(result == equal)
        }
    }

    @Test func impossibleSizesAreRefused() {
        for (count, code) in [(-1, SecureMemoryError.Code.invalidCount), (1 << 40, .exhausted), (.max, .exhausted)] {
            #expect(failure { _ = try SecretBytes(count: count) } == code)
        }
    }

    /// A released slot is zero over its whole capacity, also beyond the bytes asked for.
    @Test func releasedSlotsAreWiped() throws {
        for count in [1, 17, 33, 100, 1500, 5000] {
            let address: UnsafeMutableRawPointer
            let capacity: Int
            do {
                var secret = try SecretBytes(count: count)
                secret.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0xEE) }
                guard let start = secret.unsafeStart else { throw CancellationError() }
                address = start
                capacity = try #require(SecureArena.capacity(of: address))
                #expect(capacity >= count)
                // Only for the test: what libcrypto might have left behind the bytes asked for.
                address.storeBytes(of: 0xEE, toByteOffset: capacity - 1, as: UInt8.self)
            }
            let slot = UnsafeRawBufferPointer(start: address, count: capacity)
            #expect(!slot.contains(0xEE), "\(count) bytes")
        }
    }

    /// What /proc says of the arena: locked, left out of dumps, wiped on fork, guarded.
    @Test func theArenaIsProtected() throws {
        let secret = try SecretBytes.random(count: 32)
        let address = UInt(bitPattern: secret.unsafeStart)
        let regions = try MemoryMap.read()
        let index = try #require(regions.firstIndex { $0.range.contains(address) })
        let region = regions[index]
        #expect(region.permissions == "rw-p")
        #expect(region.flags.isSuperset(of: ["lo", "dd", "wf"]), "locked, don't dump, wipe on fork")
        let guards = regions.filter {
            $0.range.upperBound == region.range.lowerBound || $0.range.lowerBound == region.range.upperBound
        }
        #expect(guards.count == 2)
        #expect(guards.allSatisfy { $0.permissions == "---p" })
    }

    @Test func aReadBeyondTheArenaEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let secret = try SecretBytes(count: 1)
            guard var address = secret.unsafeStart else { return }
            while true {
                _ = address.load(as: UInt8.self)
                address += SlabAllocator.pageSize
            }
        }
    }
}

extension SecretBytes {
    var revealed: [UInt8] { borrowing get { withUnsafeBytes { Array($0) } } }
}

func failure(_ body: () throws -> Void) -> SecureMemoryError.Code? {
    do { try body() } catch { return (error as? SecureMemoryError)?.code }
    return nil
}

/// A mapping of this process, from /proc/self/smaps.
struct MemoryMap {
    var range: Range<UInt>
    var permissions: String
    var flags: Set<String> = []

    static func read() throws -> [MemoryMap] {
        var maps: [MemoryMap] = []
        let file = try #require(fopen("/proc/self/smaps", "r"))
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 4096)
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let words = line.split { $0 == " " || $0 == "\n" }
            if words.first == "VmFlags:" {
                maps[maps.count - 1].flags = Set(words.dropFirst().map(String.init))
            } else if let bounds = words.first?.split(separator: "-"), bounds.count == 2,
                let start = UInt(bounds[0], radix: 16), let end = UInt(bounds[1], radix: 16)
            {
                maps.append(MemoryMap(range: start..<end, permissions: String(words[1])))
            }
        }
        return maps
    }
}
