import FieldsealCrypto
import FieldsealHTTP
import FieldsealSecureMemory
import Testing

@testable import FieldsealCustody

/// What every provider must do, against its stand-in.
struct ProviderTrial {
    let standIn: StandIn
    /// Makes the provider that is on trial.
    let make: (ProviderNetwork) throws -> any MasterKeyProvider & RemoteKey
    let environment: [String: String]

    static let identity = KeyIdentity(kind: .master, row: .random(), object: .random(), version: .random(), parent: nil)
    static let other = KeyIdentity(
        kind: .master, row: identity.row, object: identity.object, version: .random(), parent: nil)

    func provider(limits: HTTPCaller.Limits = .init(attempt: .seconds(20))) throws -> any MasterKeyProvider & RemoteKey
    {
        try make(try standIn.network(environment, limits: limits))
    }

    /// - Returns: a wrapped key.
    @discardableResult
    func aKeyIsWrappedAndOpened() async throws -> [UInt8] {
        let provider = try provider()
        try await provider.check()
        #expect(provider.keyName?.isEmpty == false)
        let key = try SecretBytes.random(count: 32)
        let wrapped = try await provider.wrap(key, as: Self.identity)
        let again = try await provider.wrap(key, as: Self.identity)
        #expect(wrapped != again)
        let opened = try await provider.unwrap(wrapped, as: Self.identity)
        let isSame = constantTimeEquals(key, opened)
        #expect(isSame)
        return wrapped
    }

    func otherIdentitiesAreRefused() async throws {
        let provider = try provider()
        let wrapped = try await provider.wrap(try SecretBytes.random(count: 32), as: Self.identity)
        #expect(await code { _ = try await provider.unwrap(wrapped, as: Self.other) } == .refused)
    }

    /// Where the provider authenticates associated data: itself, before the envelope does.
    func theProviderRefusesOtherIdentities() async throws {
        let provider = try provider()
        let encrypted = try await provider.encrypt(
            SharedSecret(try SecretBytes.random(count: 32)), for: Self.identity)
        _ = try await provider.decrypt(encrypted, for: Self.identity)
        #expect(await code { _ = try await provider.decrypt(encrypted, for: Self.other) } == .refused)
    }

    func alterationsAreRefused() async throws {
        let provider = try provider()
        let wrapped = try await provider.wrap(try SecretBytes.random(count: 32), as: Self.identity)
        let envelope = try Envelope(parsing: wrapped, format: type(of: provider).format, title: "")
        let seal = wrapped.count - envelope.sealedKey.count
        // Format, count, the end of the provider's ciphertext, nonce, commitment, tag.
        for position in [0, 1, seal - 2, seal, seal + 30, wrapped.count - 1] {
            var altered = wrapped
            altered[position] ^= 1
            let code = await code { _ = try await provider.unwrap(altered, as: Self.identity) }
            #expect([.refused, .malformed].contains(code), "byte \(position)")
        }
        for count in [0, 1, 2, 3, seal, wrapped.count - 33] {
            let code = await code { _ = try await provider.unwrap(Array(wrapped[..<count]), as: Self.identity) }
            #expect(code == .malformed, "\(count) bytes")
        }
    }

    func wrongPlaintextsAreCaught() async throws {
        let provider = try provider()
        let wrapped = try await provider.wrap(try SecretBytes.random(count: 32), as: Self.identity)
        for mode in ["wrong", "short"] {
            try await standIn.set(#"{"mode": "\#(mode)"}"#)
            #expect(await code { _ = try await provider.unwrap(wrapped, as: Self.identity) } == .refused)
            #expect(await code { try await provider.check() } == .refused, "a wrap that does not open is not stored")
        }
        try await standIn.set(#"{"mode": ""}"#)
        _ = try await provider.unwrap(wrapped, as: Self.identity)
    }

    func outagesPass() async throws {
        let provider = try provider()
        let wrapped = try await provider.wrap(try SecretBytes.random(count: 32), as: Self.identity)
        for mode in ["down", "drop"] {
            try await standIn.set(#"{"mode": "\#(mode)"}"#)
            #expect(await code { _ = try await provider.unwrap(wrapped, as: Self.identity) } == .unavailable, "\(mode)")
            let late = try self.provider()
            #expect(await code { try await late.check() } == .unavailable, "\(mode) at start")
            try await standIn.set(#"{"mode": ""}"#)
            _ = try await provider.unwrap(wrapped, as: Self.identity)
            try await late.check()
        }
    }

    func slownessEndsAtTheDeadline() async throws {
        let steady = try provider()
        let wrapped = try await steady.wrap(try SecretBytes.random(count: 32), as: Self.identity)
        let provider = try provider(limits: .init(attempt: .milliseconds(200), overall: .milliseconds(400)))
        try await standIn.set(#"{"slow": 30}"#)
        let start = ContinuousClock.now
        #expect(await code { _ = try await provider.unwrap(wrapped, as: Self.identity) } == .unavailable)
        #expect(start.duration(to: .now) < .seconds(15))
        try await standIn.set(#"{"slow": 0}"#)
        _ = try await steady.unwrap(wrapped, as: Self.identity)
    }

    /// The provider's process ends, and another takes its place.
    func restartsPass(_ module: String) async throws {
        let provider = try provider()
        let wrapped = try await provider.wrap(try SecretBytes.random(count: 32), as: Self.identity)
        standIn.stop()
        #expect(await code { _ = try await provider.unwrap(wrapped, as: Self.identity) } == .unavailable)
        #expect(await code { try await self.provider().check() } == .unavailable)
        let successor = try StandIn(module, successorOf: standIn)
        _ = try await provider.unwrap(wrapped, as: Self.identity)
        successor.stop()
    }

    /// Where the stand-in shows it in a mode.
    func modeMeans(_ mode: String, _ expected: MasterKeyError.Code, _ text: String = "") async throws {
        let provider = try provider()
        try await standIn.set(#"{"mode": "\#(mode)"}"#)
        let error = await failure { try await provider.check() }
        try await standIn.set(#"{"mode": ""}"#)
        #expect(error?.code == expected, "\(mode)")
        #expect(error?.description.contains(text) == true || text.isEmpty, "\(error?.description ?? "no error")")
    }
}

func failure(_ body: () async throws -> Void) async -> MasterKeyError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? MasterKeyError
    }
}

func code(_ body: () async throws -> Void) async -> MasterKeyError.Code? { await failure(body)?.code }

func secret(_ text: String) throws -> SharedSecret { SharedSecret(try SecretBytes(copying: Array(text.utf8))) }
