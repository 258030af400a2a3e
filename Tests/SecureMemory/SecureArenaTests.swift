import CFieldsealOpenSSL
import CFieldsealPlatform
import Glibc
import Testing

@testable import FieldsealSecureMemory

/// Each in a process of its own: the arena is started once.
struct SecureArenaTests {
    @Test func libcryptoAllocatesInTheArena() async {
        await #expect(processExitsWith: .success) {
            try SecureArena.start(capacity: 3 << 20)
            let context = try #require(EVP_CIPHER_CTX_new())
            #expect(SecureArena.capacity(of: UnsafeRawPointer(context)) != nil)
            let usage = try #require(SecureArena.usage)
            #expect(usage.capacity == 3 << 20)
            #expect(usage.used > 0 && usage.used < usage.capacity)
            EVP_CIPHER_CTX_free(context)
            #expect(SecureArena.usage?.used == 0)
        }
    }

    /// A keyed context holds the raw key: after it is freed, no copy is left in the arena.
    @Test func freedContextsLeaveNoKey() async {
        await #expect(processExitsWith: .success) {
            try SecureArena.start(capacity: 3 << 20)
            let key = [UInt8](repeating: 0xC7, count: 32)
            let context = try #require(EVP_CIPHER_CTX_new())
            try #require(EVP_EncryptInit_ex(context, EVP_chacha20_poly1305(), nil, key, nil) == 1)
            let arena = try #require(try MemoryMap.read().first { $0.range.contains(UInt(bitPattern: context)) })
            let bytes = UnsafeRawBufferPointer(
                start: UnsafeRawPointer(bitPattern: arena.range.lowerBound), count: arena.range.count)
            let holdsKey = { (0...(bytes.count - 32)).contains { bytes[$0..<($0 + 32)].elementsEqual(key) } }
            #expect(holdsKey())
            EVP_CIPHER_CTX_free(context)
            #expect(!holdsKey())
        }
    }

    @Test func whatExceedsTheArenaGetsAMappingOfItsOwn() async {
        await #expect(processExitsWith: .success) {
            try SecureArena.start(capacity: 3 << 20)
            var key = [UInt8](repeating: 0, count: 32)
            try #require(EVP_PBE_scrypt("p", 1, [1], 1, 1 << 15, 8, 1, 1 << 30, &key, 32) == 1)
            let large = try #require(LibraryMemory.allocate(8 << 20))
            memset(large, 1, 8 << 20)
            let map = try #require(try MemoryMap.read().first { $0.range.contains(UInt(bitPattern: large)) })
            #expect(map.flags.isSuperset(of: ["dd", "wf"]))
            let grown = try #require(LibraryMemory.reallocate(large, 16 << 20))
            #expect(grown.load(fromByteOffset: (8 << 20) - 1, as: UInt8.self) == 1)
            LibraryMemory.release(grown)
        }
    }

    @Test func reallocationKeepsTheBytes() async {
        await #expect(processExitsWith: .success) {
            try SecureArena.start(capacity: 3 << 20)
            var pointer = LibraryMemory.reallocate(nil, 10)
            pointer?.initializeMemory(as: UInt8.self, repeating: 7, count: 10)
            for count in [16, 17, 3000, 100_000, 400_000, 12] {
                pointer = LibraryMemory.reallocate(pointer, count)
                let bytes = UnsafeRawBufferPointer(start: pointer, count: 10)
                #expect(bytes.allSatisfy { $0 == 7 })
            }
            #expect(LibraryMemory.reallocate(pointer, 0) == nil)
        }
    }

    @Test func aFullArenaRefusesAndRecovers() async {
        await #expect(processExitsWith: .success) {
            try SecureArena.start(capacity: 1 << 20)
            #expect(failure { _ = try SecretBytes(count: 2 << 20) } == .exhausted)
            _ = try SecretBytes(count: 64)
        }
    }

    @Test func startsOnceAndFirst() async {
        await #expect(processExitsWith: .success) {
            _ = try SecretBytes(count: 1)
            #expect(failure { try SecureArena.start() } == .alreadyStarted)
        }
        await #expect(processExitsWith: .success) {
            EVP_CIPHER_CTX_free(EVP_CIPHER_CTX_new())
            #expect(failure { try SecureArena.start(capacity: 1 << 20) } == .libraryInUse)
        }
    }

    @Test func aLimitThatIsTooSmallIsNamed() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 65536, rlim_max: 65536)
            try #require(setrlimit(__rlimit_resource_t(8), &limit) == 0)
            // Root passes any limit: drop to a plain user.
            if getuid() == 0 { try #require(setuid(65534) == 0) }
            do throws(SecureMemoryError) {
                try SecureArena.start(capacity: 1 << 20)
                Issue.record("locked more than the limit")
            } catch {
                #expect(error.code == .lockLimit)
                #expect(error.description.contains("RLIMIT_MEMLOCK is 65536 bytes"))
                #expect(error.description.contains("1048576 bytes"))
            }
        }
    }

    @Test func hardening() async {
        await #expect(processExitsWith: .success) {
            try ProcessHardening.apply()
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            #expect(limit.rlim_cur == 0 && limit.rlim_max == 0)
            #expect(!fieldseal_allows_dumps())
            var action = sigaction()
            sigaction(SIGSEGV, nil, &action)
            #expect(action.__sigaction_handler.sa_handler == nil)
        }
    }
}
