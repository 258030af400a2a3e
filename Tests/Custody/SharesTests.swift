import FieldsealCrypto
import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

@Suite struct GaloisFieldTests {
    /// FIPS 197, 4.2: {57} · {83} = {c1}, {57} · {13} = {fe}; 4.2.1: powers of x; figure 7: {53} and {ca} are inverses.
    @Test func publishedProductsHold() {
        #expect(GaloisField.multiply(0x57, 0x83) == 0xc1)
        #expect(GaloisField.multiply(0x57, 0x13) == 0xfe)
        #expect(GaloisField.multiply(0x57, 0x02) == 0xae)
        #expect(GaloisField.multiply(0x57, 0x04) == 0x47)
        #expect(GaloisField.multiply(0x57, 0x08) == 0x8e)
        #expect(GaloisField.multiply(0x57, 0x10) == 0x07)
        #expect(GaloisField.inverse(0x53) == 0xca)
    }

    @Test func itIsAField() {
        #expect(GaloisField.inverse(0) == 0)
        for a in UInt8.min ... .max {
            #expect(GaloisField.multiply(a, 1) == a && GaloisField.multiply(a, 0) == 0)
            if a != 0 { #expect(GaloisField.multiply(a, GaloisField.inverse(a)) == 1) }
            for b in UInt8.min ... .max where GaloisField.multiply(a, b) != slowProduct(a, b) {
                Issue.record("\(a) times \(b)")
            }
        }
    }

    /// Carry-less product, then the remainder of the long division by the polynomial.
    private func slowProduct(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var product = 0
        for bit in 0..<8 where b >> bit & 1 == 1 { product ^= Int(a) << bit }
        for bit in (8..<16).reversed() where product >> bit & 1 == 1 { product ^= 0x11b << (bit - 8) }
        return UInt8(product)
    }
}

@Suite struct SharesTests {
    @Test func anyThresholdOfThemOpensAndFewerDoNot() throws {
        for (threshold, count) in [(2, 2), (2, 3), (3, 5), (5, 5), (4, 7)] as [(UInt8, UInt8)] {
            let key = try makeKey(threshold, count)
            let shares = try key.split()
            #expect(shares.map(\.index) == Array(1...count))
            for subset in subsets(of: shares) {
                if subset.count == Int(threshold) {
                    #expect(isSame(try UnsealKey(combining: subset), key))
                } else {
                    #expect(throws: ShareError.wrongCombination) { _ = try UnsealKey(combining: subset) }
                    guard !subset.isEmpty, subset.count < Int(threshold) else { continue }
                    let guess = try SecretSharing.combine(subset.map { ($0.index, $0.value) })
                    let opens = constantTimeEquals(guess, key.key.bytes)
                    #expect(!opens, "fewer say nothing")
                }
            }
        }
    }

    /// With one share fewer than needed every secret is as likely: for each there is a polynomial through the shares.
    @Test func fewerSharesFitEverySecret() throws {
        let secret = try SecretBytes(copying: [0x42])
        let shares = try SecretSharing.split(secret, threshold: 2, count: 2)
        var secrets = Set<UInt8>()
        for value in UInt8.min ... .max {
            let other = SharedSecret(try SecretBytes(copying: [value]))
            let combined = try SecretSharing.combine([(1, shares[0]), (2, other)])
            secrets.insert(combined.withUnsafeBytes { $0[0] })
        }
        #expect(secrets.count == 256)
    }

    @Test func aShareIsReadBackHoweverItIsTyped() throws {
        let key = try makeKey(3, 5)
        for share in try key.split() {
            let text = try share.text()
            #expect(text.utf8.count == 95 && text.hasPrefix("fss1:"))
            let digits = Array(text.dropFirst(5))
            let groups = stride(from: 0, to: digits.count, by: 5).map { String(digits[$0..<min($0 + 5, digits.count)]) }
            for typed in [text, " \(text)\n", text.uppercased(), "FSS1: " + groups.joined(separator: "-")] {
                let read = try Share(text: typed)
                #expect(read.set == share.set && read.index == share.index)
                let same = constantTimeEquals(read.value.bytes, share.value.bytes)
                #expect(same)
                #expect(try read.text() == text, "what parses encodes to the same text")
            }
        }
    }

    @Test func everyMistypedDigitIsNoticedAndTheShareNamed() throws {
        let share = try makeKey(2, 3).split()[1]
        let text = Array(try share.text().utf8)
        var named = 0
        for position in 5..<text.count {
            var typed = text
            typed[position] = typed[position] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
            let error = #expect(throws: ShareError.self) {
                _ = try Share(text: String(decoding: typed, as: UTF8.self))
            }
            if error == .mistyped(index: 2) { named += 1 }
        }
        #expect(named > 80, "unless the number itself is mistyped")
        for text in [
            "", "fss1:", "fss2:" + String(repeating: "a", count: 90), String(decoding: text.dropLast(), as: UTF8.self),
        ] {
            #expect(throws: ShareError.malformed) { _ = try Share(text: text) }
        }
        for count in [0, 1, 55, 57] {
            let bytes = try SecretBytes(count: count)
            do {
                _ = try Share(decoding: bytes)
                Issue.record("\(count) bytes are no share")
            } catch {
                #expect(error as? ShareError == .malformed)
            }
        }
    }

    @Test func sharesOfSeveralSetsOrTwiceTheSameAreRefused() throws {
        let (one, two) = (try makeKey(2, 3).split(), try makeKey(2, 3).split())
        #expect(throws: ShareError.wrongCombination) { _ = try UnsealKey(combining: [one[0], two[1]]) }
        #expect(throws: ShareError.wrongCombination) { _ = try UnsealKey(combining: [one[0], one[0]]) }
        #expect(throws: ShareError.wrongCombination) { _ = try UnsealKey(combining: []) }
    }

    @Test func boundsAreKept() {
        for (threshold, count) in [(1, 3), (0, 2), (4, 3), (2, 17), (1, 1), (3, 0)] as [(UInt8, UInt8)] {
            #expect(ShareSet(id: .random(), threshold: threshold, count: count) == nil)
        }
        #expect(ShareSet(id: .random(), threshold: 16, count: 16) != nil)
    }

    @Test func aShareTravelsSealed() throws {
        let share = try makeKey(2, 2).split()[0]
        let pair = try KeyAgreementKeyPair()
        let sealed = try share.sealed(to: pair.publicKey, identity: "spiffe://a/b", way: .given)
        let opened = try Share(sealed: sealed, pair: pair, identity: "spiffe://a/b", way: .given)
        #expect(try opened.text() == share.text())
        var altered = sealed
        altered[40] ^= 1
        for (bytes, identity, way) in [
            (sealed, "spiffe://a/c", Share.Way.given), (sealed, "spiffe://a/b", .made),
            (altered, "spiffe://a/b", .given),
            ([], "spiffe://a/b", .given), (Array(repeating: 0, count: 104), "spiffe://a/b", .given),
        ] {
            #expect(throws: ShareError.notSealed) {
                _ = try Share(sealed: bytes, pair: pair, identity: identity, way: way)
            }
        }
    }

    @Test func aMasterKeyIsWrappedForTheSharesAndOpenedByThem() async throws {
        let identity = PassphraseTests.identity
        let key = try makeKey(2, 3)
        let provider = SharesProvider()
        let master = try SecretBytes.random(count: 32)
        #expect(await code { _ = try await provider.wrap(master, as: identity) } == .credential)
        provider.hold(key)
        let wrapped = try await provider.wrap(master, as: identity)
        #expect(SharesProvider.set(of: wrapped) == key.set)
        provider.hold(nil)
        #expect(await code { _ = try await provider.unwrap(wrapped, as: identity) } == .credential)

        let shares = try key.split()
        provider.hold(try UnsealKey(combining: [shares[2], shares[0]]))
        let opened = try await provider.unwrap(wrapped, as: identity)
        let same = constantTimeEquals(opened, master)
        #expect(same)
        for position in [1, 17, 18, 40, wrapped.count - 1] {
            var altered = wrapped
            altered[position] ^= 1
            let error = await code { _ = try await provider.unwrap(altered, as: identity) }
            #expect(error == .refused || error == .malformed)
        }
        // A share whose value was altered together with its checksum.
        let forged = Share(set: key.set, index: 2, value: SharedSecret(try SecretBytes.random(count: 32)))
        provider.hold(try UnsealKey(combining: [shares[0], forged]))
        #expect(await code { _ = try await provider.unwrap(wrapped, as: identity) } == .refused)
    }

    private func makeKey(_ threshold: UInt8, _ count: UInt8) throws -> UnsealKey {
        let set = try #require(ShareSet(id: .random(), threshold: threshold, count: count))
        return UnsealKey(set: set, key: SharedSecret(try SecretBytes.random(count: 32)))
    }

    private func subsets(of shares: [Share]) -> [[Share]] {
        (0..<(1 << shares.count)).map { mask in shares.indices.filter { mask >> $0 & 1 == 1 }.map { shares[$0] } }
    }

    private func isSame(_ left: UnsealKey, _ right: UnsealKey) -> Bool {
        left.set == right.set && constantTimeEquals(left.key.bytes, right.key.bytes)
    }
}
