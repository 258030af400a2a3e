import FieldsealCrypto

@testable import KeyManagementService

/// What the application does with the keys: an answer that it got is a value that it keeps.
extension Interleaving {
    private static let maximumValues = 40

    func seal(_ replica: KeyAuthority) async throws {
        guard values.count < Self.maximumValues else { return }
        let plaintext = (0..<Int.random(in: 0..<40, using: &generator)).map { UInt8($0) }
        values.append(try await sealed(plaintext, anyField(), replica))
    }

    /// Moves the values of a field to its active version, as far as they may be opened for it.
    func reseal(_ replica: KeyAuthority) async throws {
        let field = anyField()
        for (place, value) in values.enumerated() where value.field == field {
            for version in value.versions {
                guard let purpose = purpose(of: version) else { continue }
                let plaintext = try await open(value, under: version, for: purpose, replica)
                values[place] = try await sealed(plaintext, field, replica)
                break
            }
        }
    }

    func census(_ replica: KeyAuthority) async throws {
        let field = anyField()
        var counts: [KeyVersion?: UInt64] = [:]
        for value in values where value.field == field { counts[value.versions[0], default: 0] += 1 }
        _ = try await replica.report(
            counts, of: field, location: "", begunUnixUs: clock.now, isPrimary: true, context: .test)
    }

    /// A value opens under each of its versions that the model has for open, and only what two administrators destroyed
    /// is gone.
    func checkValues() async throws {
        for value in values where model.state(value.versions[0]) == .destroyed {
            try KeyModel.require(
                forced.contains(value.versions[0]), "\(value.versions[0]) was destroyed with a value under it")
        }
        values.removeAll { $0.versions.allSatisfy { model.state($0) == .destroyed } }
        guard let value = values.randomElement(using: &generator) else { return }
        for version in value.versions {
            guard let purpose = purpose(of: version) else { continue }
            _ = try await open(value, under: version, for: purpose, anyReplica())
        }
    }

    private func sealed(_ plaintext: [UInt8], _ field: FieldName, _ replica: KeyAuthority) async throws -> SealedValue {
        let grant = try await replica.grant(field, to: recipient)
        try KeyModel.require(
            model.state(grant.record.version) == .active, "\(grant.record.version) is given for sealing")
        if let partner = grant.partner {
            try KeyModel.require(
                model.state(partner.version) == .transition, "\(partner.version) is given as a partner")
            dualSeals += 1
        }
        return try recipient.seal(plaintext, grant)
    }

    private func open(
        _ value: SealedValue, under version: KeyVersion, for purpose: GrantPurpose, _ replica: KeyAuthority
    ) async throws -> [UInt8] {
        let grant = try await replica.grant(
            value.field, version: version, for: purpose, to: recipient.grantRecipient, context: .test)
        let opened = try recipient.open(value, grant)
        try KeyModel.require(opened == value.plaintext, "a value opens as another under \(version)")
        return opened
    }

    /// For what a version is given; nil: for nothing.
    private func purpose(of version: KeyVersion) -> GrantPurpose? {
        switch model.state(version) {
        case .active, .transition: .use
        case .compromised: .rewrap
        case .pending, .retired, .destroyed, nil: nil
        }
    }
}
