import FieldsealCrypto
import FieldsealSecureMemory
import Glibc
import Testing

@testable import FieldsealCustody

@Suite struct PassphraseTests {
    static let identity = KeyIdentity(kind: .master, row: .random(), object: .random(), version: .random(), parent: nil)

    @Test func aMasterKeyIsWrappedAndOpened() async throws {
        try await withFile("correct horse battery staple\n") { path in
            let provider = PassphraseProvider(file: PassphraseFile(path: path), scrypt: try Scrypt())
            let key = try SecretBytes.random(count: 32)
            let wrapped = try await provider.wrap(key, as: Self.identity)
            #expect(Array(wrapped[..<4]) == [1, 17, 8, 1])
            #expect(wrapped.count == 36 + 32 + KeyWrapping.overhead)
            let opened = try await provider.unwrap(wrapped, as: Self.identity)
            let isSame = constantTimeEquals(key, opened)
            #expect(isSame)

            for (position, what) in [(4, "salt"), (40, "nonce"), (wrapped.count - 1, "tag")] {
                var altered = wrapped
                altered[position] ^= 1
                #expect(await code(provider, altered) == .refused, "\(what)")
            }
            for (position, value) in [(0, UInt8(2)), (1, 16), (1, 21), (1, 255), (2, 1), (3, 0), (3, 5)] {
                var altered = wrapped
                altered[position] = value
                #expect(await code(provider, altered) == .malformed, "parameters out of bounds cost nothing")
            }
            #expect(await code(provider, Array(wrapped[..<36])) == .malformed)
            #expect(await code(provider, []) == .malformed)
            let other = KeyIdentity(
                kind: .master, row: .random(), object: Self.identity.object, version: Self.identity.version, parent: nil
            )
            await #expect(throws: MasterKeyError.self) { _ = try await provider.unwrap(wrapped, as: other) }

            try await withFile("correct horse battery stapler") { wrong in
                let stranger = PassphraseProvider(file: PassphraseFile(path: wrong), scrypt: try Scrypt())
                #expect(await code(stranger, wrapped) == .refused)
            }
        }
    }

    @Test func parametersAreBoundIntoTheWrap() async throws {
        try await withFile("correct horse battery staple") { path in
            let provider = PassphraseProvider(file: PassphraseFile(path: path), scrypt: try Scrypt(costExponent: 18))
            var wrapped = try await provider.wrap(try SecretBytes.random(count: 32), as: Self.identity)
            wrapped[1] = 17
            #expect(await code(provider, wrapped) == .refused)
        }
    }

    @Test func oneLineEndIsNotPartOfThePassphrase() throws {
        for (text, length) in [
            ("0123456789ab\n", 12), ("0123456789ab\r\n", 12), ("0123456789ab\n\n", 13), ("0123456789ab", 12),
        ] {
            let count = try withFile(text) { try PassphraseFile(path: $0).read().count }
            #expect(count == length)
        }
    }

    @Test(arguments: [
        "", "\n", "too short", String(repeating: "x", count: 1_025), String(repeating: "x", count: 9_000),
    ])
    func lengthsAreBounded(text: String) throws {
        try withFile(text) { path in
            #expect(throws: MasterKeyError.self) { _ = try PassphraseFile(path: path).read() }
        }
    }

    @Test(arguments: [0o644, 0o640, 0o604, 0o660, 0o610] as [mode_t])
    func aFileThatOthersMayReadIsRefused(mode: mode_t) throws {
        try withFile("correct horse battery staple", mode: mode) { path in
            let error = #expect(throws: MasterKeyError.self) { _ = try PassphraseFile(path: path).read() }
            #expect(error?.code == .credential)
            #expect(error?.description.contains("set it to 600") == true)
        }
    }

    @Test func whatIsNoFileIsRefused() {
        for path in ["/nonexistent/passphrase", "/", "/dev/zero"] {
            #expect(throws: MasterKeyError.self, "\(path)") { _ = try PassphraseFile(path: path).read() }
        }
    }

    private func code(_ provider: PassphraseProvider, _ wrapped: [UInt8]) async -> MasterKeyError.Code? {
        do {
            _ = try await provider.unwrap(wrapped, as: Self.identity)
            return nil
        } catch {
            return (error as? MasterKeyError)?.code
        }
    }
}

/// A file of its own for one test.
@discardableResult
func withFile<Value>(_ text: String, mode: mode_t = 0o600, _ body: (String) throws -> Value) throws -> Value {
    let path = try makeFile(text, mode: mode)
    defer { unlink(path) }
    return try body(path)
}

@discardableResult
func withFile<Value>(_ text: String, mode: mode_t = 0o600, _ body: (String) async throws -> Value) async throws -> Value
{
    let path = try makeFile(text, mode: mode)
    defer { unlink(path) }
    return try await body(path)
}

private func makeFile(_ text: String, mode: mode_t) throws -> String {
    let path = "/tmp/fieldseal-\(UInt64.random(in: 0 ... .max))"
    let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    try #require(fchmod(descriptor, mode) == 0)
    return path
}
