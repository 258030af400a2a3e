import FieldsealCrypto
import FieldsealHTTP
import Testing

@testable import FieldsealCustody

/// What every key service that signs must do, against its stand-in.
struct SigningKeyTrial {
    let standIn: StandIn
    /// Makes the key that is on trial.
    let make: (ProviderNetwork) throws -> any RemoteSigningKey
    var environment: [String: String] = [:]

    func key(limits: HTTPCaller.Limits = .init(attempt: .seconds(20))) throws -> any RemoteSigningKey {
        try make(try standIn.network(environment, limits: limits))
    }

    @discardableResult
    func itSigns() async throws -> Ed25519PublicKey {
        let key = try key()
        let publicKey = try await key.publicKey()
        for message in [[1], [UInt8](repeating: 7, count: 4_096)] {
            let signature = try await key.sign(message)
            #expect(try publicKey.isValid(signature, of: message))
            #expect(try !publicKey.isValid(signature, of: message + [0]))
        }
        let (next, signature) = (try self.key(), try await key.sign([2]))
        #expect(try await next.publicKey() == publicKey && publicKey.isValid(signature, of: [2]))
        return publicKey
    }

    /// A signature that does not hold is the caller's to notice; one that is none is not given to it.
    func damagedSignaturesAreNoticed() async throws {
        let key = try key()
        let publicKey = try await key.publicKey()
        try await standIn.set(#"{"mode": "wrong"}"#)
        let wrong = try await key.sign([1])
        #expect(try wrong.count == 64 && !publicKey.isValid(wrong, of: [1]))
        try await standIn.set(#"{"mode": "short"}"#)
        #expect(await code { _ = try await key.sign([1]) } == .unavailable)
        try await standIn.set(#"{"mode": ""}"#)
        let right = try await key.sign([1])
        #expect(try publicKey.isValid(right, of: [1]))
    }

    func outagesPass() async throws {
        let key = try key()
        let publicKey = try await key.publicKey()
        for mode in ["down", "drop"] {
            try await standIn.set(#"{"mode": "\#(mode)"}"#)
            #expect(await code { _ = try await key.sign([1]) } == .unavailable, "\(mode)")
            #expect(await code { _ = try await self.key().publicKey() } == .unavailable, "\(mode) at start")
            try await standIn.set(#"{"mode": ""}"#)
            let signature = try await key.sign([1])
            #expect(try publicKey.isValid(signature, of: [1]))
        }
    }

    func slownessEndsAtTheDeadline() async throws {
        let key = try key(limits: .init(attempt: .milliseconds(200), overall: .milliseconds(400)))
        try await standIn.set(#"{"slow": 30}"#)
        let start = ContinuousClock.now
        #expect(await code { _ = try await key.sign([1]) } == .unavailable)
        #expect(await code { _ = try await key.publicKey() } == .unavailable)
        #expect(start.duration(to: .now) < .seconds(15))
        try await standIn.set(#"{"slow": 0}"#)
        _ = try await self.key().sign([1])
    }

    /// The service's process ends, and another takes its place.
    func restartsPass(_ module: String) async throws {
        let key = try key()
        let publicKey = try await key.publicKey()
        standIn.stop()
        #expect(await code { _ = try await key.sign([1]) } == .unavailable)
        let successor = try StandIn(module, successorOf: standIn)
        let signature = try await key.sign([1])
        #expect(try publicKey.isValid(signature, of: [1]))
        successor.stop()
    }

    /// Where the stand-in shows it in a mode, to both calls.
    func modeMeans(_ mode: String, _ expected: MasterKeyError.Code, _ text: String) async throws {
        let key = try key()
        try await standIn.set(#"{"mode": "\#(mode)"}"#)
        let errors = [await failure { _ = try await key.publicKey() }, await failure { _ = try await key.sign([1]) }]
        try await standIn.set(#"{"mode": ""}"#)
        for error in errors {
            #expect(error?.code == expected, "\(mode)")
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
        }
    }

    /// That this key has no public key that we take.
    func isNoSigningKey(_ expected: MasterKeyError.Code, _ text: String) async throws {
        let error = await failure { _ = try await self.key().publicKey() }
        #expect(error?.code == expected)
        #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
    }
}
