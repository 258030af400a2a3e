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

    @Test func keepsCiphersByVersionSubjectAndForm() throws {
        let cache = CipherCache(capacity: 4)
        let field = Field()
        let subject = try SubjectKey(id: .random(), key: secret([UInt8](repeating: 3, count: 32)))
        let plain = try field.cipher(.aes256GCM)
        let owned = try field.cipher(.aes256GCM, subject: subject)
        let dual = try field.dualCipher()
        let ownedDual = try field.dualCipher(subject: subject)
        for cipher in [plain, owned] { cache.insert(cipher) }
        for cipher in [dual, ownedDual] { cache.insert(cipher) }
        #expect(cache.count == 4)
        #expect(cache.cipher(for: field.version) === plain)
        #expect(cache.cipher(for: field.version, subject: subject.id) === owned)
        #expect(cache.dualCipher(for: field.version) === dual)
        #expect(cache.dualCipher(for: field.version, subject: subject.id) === ownedDual)
        #expect(cache.cipher(for: field.version, subject: .random()) == nil)
        cache.insert(try Field().cipher(.aes256GCM))
        #expect(cache.count == 4)
        #expect(cache.cipher(for: plain.version) == nil)
        cache.removeAll()
        #expect(cache.dualCipher(for: field.version) == nil)
    }
}
