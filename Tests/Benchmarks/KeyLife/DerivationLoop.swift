import FieldsealCrypto
import FieldsealSecureMemory

/// The derivations of the key hierarchy in a bare loop on one core.
enum DerivationLoop {
    struct Figure {
        var name: String
        /// Mean of one derivation.
        var microseconds: Double
        /// What it should stay below; nil for the baseline.
        var limit: Double?
    }

    /// - Parameter duration: of each measurement.
    static func figures(duration: Duration) throws -> [Figure] {
        let parent = try SecretBytes.random(count: KeyDerivation.keyCount)
        let field = ObjectID.random()
        let version = KeyVersion.random()
        let records = try RecordKeys(fieldKey: parent, suite: 1, field: field)
        let message = [UInt8](repeating: 7, count: 64)
        var row: Int64 = 0
        return [
            try measure("SHA-256 of 64 bytes (baseline)", duration, limit: nil) { _ = try SHA256.hash(message) },
            try measure("record key", duration) {
                row += 1
                var record = RecordIdentifier()
                try record.append(integer: row)
                try record.withUnsafeBytes { record throws(CryptoError) in try records.withKey(for: record) { _ in } }
            },
            try measure("use key", duration) { _ = try KeyUse.seal.key(from: parent, suite: 1, count: 32) },
            try measure("child key", duration) {
                _ = try KeyDerivation.makeChild(of: parent, kind: .fek, object: field, version: version)
            },
        ]
    }

    /// What a custodian with a passphrase adds to each rotation of the master key: one derivation, on an idle machine.
    static func scrypt() throws -> Figure {
        let passphrase = try SecretBytes(copying: [UInt8](repeating: 7, count: 40))
        let clock = ContinuousClock()
        let start = clock.now
        _ = try Scrypt().deriveKey(passphrase: passphrase, salt: [UInt8](repeating: 1, count: Scrypt.saltCount))
        return Figure(name: "scrypt of a passphrase", microseconds: (clock.now - start) / .microseconds(1), limit: nil)
    }

    private static func measure(
        _ name: String, _ duration: Duration, limit: Double? = 5, _ body: () throws -> Void
    ) rethrows -> Figure {
        let clock = ContinuousClock()
        for _ in 0..<1000 { try body() }
        let start = clock.now
        var count = 0
        repeat {
            for _ in 0..<1000 { try body() }
            count += 1000
        } while clock.now - start < duration
        return Figure(name: name, microseconds: (clock.now - start) / .microseconds(1) / Double(count), limit: limit)
    }
}
