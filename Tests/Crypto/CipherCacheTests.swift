import Testing

@testable import FieldsealCrypto

struct CipherCacheTests {
    @Test func theLeastRecentlyUsedLeavesFirst() {
        var cache = LeastRecentlyUsed<Int, String>(capacity: 3)
        for key in 1...3 { cache.insert("\(key)", for: key) }
        #expect(cache.value(for: 1) == "1")
        cache.insert("4", for: 4)
        #expect(cache.value(for: 2) == nil)
        #expect(cache.value(for: 1) == "1")
        #expect(cache.value(for: 3) == "3")
        #expect(cache.value(for: 4) == "4")
        #expect(cache.count == 3)
        cache.insert("one", for: 1)
        #expect(cache.count == 3)
        #expect(cache.value(for: 1) == "one")
        #expect(cache.remove(3) == "3")
        #expect(cache.remove(3) == nil)
        cache.removeAll()
        #expect(cache.count == 0)
        cache.insert("5", for: 5)
        #expect(cache.value(for: 5) == "5")
    }

    /// Against a model: an array of keys, newest first.
    @Test(arguments: [1, 2, 7])
    func anyOrderOfUse(capacity: Int) {
        var cache = LeastRecentlyUsed<Int, Int>(capacity: capacity)
        var model: [Int] = []
        var generator = SystemRandomNumberGenerator()
        for step in 0..<5000 {
            let key = Int.random(in: 0..<12, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0:
                cache.remove(key)
                model.removeAll { $0 == key }
            case 1, 2:
                cache.insert(key, for: key)
                model.removeAll { $0 == key }
                model = Array(([key] + model).prefix(capacity))
            default:
                #expect(cache.value(for: key) == (model.contains(key) ? key : nil), "step \(step)")
                if model.contains(key) { model = [key] + model.filter { $0 != key } }
            }
            #expect(cache.count == model.count)
        }
    }

    @Test func keepsCiphersByVersion() throws {
        let cache = CipherCache(capacity: 2)
        let ciphers = try (0..<3).map { _ in try Field().cipher(.aes256GCM, version: .random()) }
        for cipher in ciphers { cache.insert(cipher) }
        #expect(cache.cipher(for: ciphers[0].version) == nil)
        #expect(cache.cipher(for: ciphers[2].version) === ciphers[2])
        cache.remove(ciphers[2].version)
        #expect(cache.cipher(for: ciphers[2].version) == nil)
        #expect(cache.count == 1)
    }
}
