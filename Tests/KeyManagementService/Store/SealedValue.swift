import FieldsealCrypto
import FieldsealSecureMemory

@testable import KeyManagementService

/// A value as an application keeps it.
struct SealedValue {
    let field: FieldName
    let plaintext: [UInt8]
    let sealed: [UInt8]
    /// Those that open it; a census counts it under the first.
    let versions: [KeyVersion]
}

extension Recipient {
    private static let record: [UInt8] = [1]

    /// Seals under the grant's version, and its partner where it has one.
    func seal(_ plaintext: [UInt8], _ grant: FieldGrant) throws -> SealedValue {
        let nonces = try NonceSource()
        var versions = [grant.record.version]
        let sealed: [UInt8]
        if let partner = grant.partner {
            versions.append(partner.version)
            let newer = try dualCipher(grant, grant.record.version, grant.sealedKey)
            let older = try dualCipher(grant, partner.version, partner.sealedKey)
            sealed = try Self.filled(newer.sealedCount(plaintextCount: plaintext.count)) { output in
                try plaintext.withUnsafeBytes { plaintext in
                    try Self.record.withUnsafeBytes { record in
                        try newer.seal(
                            plaintext, before: older, recordID: record, context: nil, nonces: nonces, into: output)
                    }
                }
            }
        } else {
            let cipher = try fieldCipher(grant)
            sealed = try Self.filled(cipher.sealedCount(plaintextCount: plaintext.count)) { output in
                try plaintext.withUnsafeBytes { plaintext in
                    try Self.record.withUnsafeBytes { record in
                        try cipher.seal(plaintext, recordID: record, context: nil, nonces: nonces, into: output)
                    }
                }
            }
        }
        return SealedValue(field: grant.entry.name, plaintext: plaintext, sealed: sealed, versions: versions)
    }

    /// - Parameter grant: of any of the value's versions.
    func open(_ value: SealedValue, _ grant: FieldGrant) throws -> [UInt8] {
        try value.sealed.withUnsafeBytes { sealed in
            try Self.record.withUnsafeBytes { record in
                if value.versions.count == 2 {
                    let cipher = try dualCipher(grant, grant.record.version, grant.sealedKey)
                    return try Self.filled(cipher.openedCount(sealedCount: sealed.count)) {
                        try cipher.open(sealed, recordID: record, context: nil, into: $0)
                    }
                }
                let cipher = try fieldCipher(grant)
                return try Self.filled(cipher.openedCount(sealedCount: sealed.count)) {
                    try cipher.open(sealed, recordID: record, context: nil, into: $0)
                }
            }
        }
    }

    private func fieldCipher(_ grant: FieldGrant) throws -> FieldCipher {
        guard let protection = grant.record.protection else { throw CryptoError(.parameter) }
        return try FieldCipher(
            key: try key(grant, grant.record.version, grant.sealedKey), version: grant.record.version,
            field: grant.entry.field.id, suite: protection.suite, options: protection.options)
    }

    private func dualCipher(_ grant: FieldGrant, _ version: KeyVersion, _ sealedKey: [UInt8]) throws -> DualCipher {
        try DualCipher(
            key: try key(grant, version, sealedKey), version: version, field: grant.entry.field.id,
            options: grant.record.protection?.options ?? [])
    }

    private func key(_ grant: FieldGrant, _ version: KeyVersion, _ sealedKey: [UInt8]) throws -> SecretBytes {
        try pair.open(
            sealedKey, identity: Self.identity,
            context: KeyAgreement.context(.fek, object: grant.entry.field.id, version: version))
    }

    private static func filled(
        _ count: Int?, _ fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws -> [UInt8] {
        guard let count else { throw CryptoError(.size) }
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes(fill)
        return bytes
    }
}

extension FieldProtection {
    fileprivate var options: FieldCipher.Options {
        var options: FieldCipher.Options = []
        if rowBound { options.insert(.rowBound) }
        if recordKeys { options.insert(.recordKeys) }
        return options
    }
}
