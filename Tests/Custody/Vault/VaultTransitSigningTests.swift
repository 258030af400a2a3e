import FieldsealCrypto
import Testing

@testable import FieldsealCustody

extension VaultTransitTests {
    private func signing(
        _ login: VaultConfiguration.Login? = nil, key: String = "log", version: Int = 1,
        environment: [String: String] = [:]
    ) -> SigningKeyTrial {
        let configuration = configuration(login, key: key)
        return SigningKeyTrial(
            standIn: standIn, make: { try VaultTransitSigningKey(configuration, version: version, network: $0) },
            environment: environment)
    }

    @Test func eachVersionSigns() async throws {
        let (one, two) = (try await signing().itSigns(), try await signing(version: 2).itSigns())
        #expect(one != two)
        let byRole = VaultConfiguration.Login.appRole(
            roleID: standIn["role_id"], secretIDFile: standIn["secret_id_file"])
        #expect(try await signing(byRole).itSigns() == one)
        // A token that is gone: once with a fresh one.
        let key = try signing(byRole).key()
        _ = try await key.sign([1])
        try await standIn.set(#"{"forget": true}"#)
        _ = try await key.sign([1])
    }

    @Test func damagedSignaturesAreNoticed() async throws {
        try await signing().damagedSignaturesAreNoticed()
        let key = try signing().key()
        try await standIn.set(#"{"mode": "other"}"#)
        let error = await failure { _ = try await key.sign([1]) }
        #expect(error?.code == .refused && error?.description.contains("version 2 of transit/log, not 1") == true)
    }

    @Test func outagesOfASigningKeyPass() async throws {
        try await signing().outagesPass()
        try await signing().slownessEndsAtTheDeadline()
        try await signing().modeMeans("sealed", .unavailable, "sealed")
        try await signing().restartsPass("vault_transit")
    }

    @Test func keysThatDoNotSignAreNamed() async throws {
        try await signing().modeMeans("denied", .denied, "read on transit/keys/log and update on transit/sign/log")
        let powerless = ["VAULT_TOKEN": "hvs.powerless"]
        try await signing(.token(file: nil), environment: powerless).isNoSigningKey(.denied, "transit/sign/log")
        try await signing(.token(file: nil), environment: ["VAULT_TOKEN": "hvs.unknown"])
            .isNoSigningKey(.credential, "does not accept the token")
        for (key, version, reason) in [
            ("missing", 1, "has no key transit/missing"), ("fieldseal", 1, "is of type aes256-gcm96"),
            ("derived", 1, "is derived"), ("log", 3, "has no version 3"),
        ] {
            try await signing(key: key, version: version).isNoSigningKey(.unknownKey, reason)
        }
        let versionless = try signing(version: 3).key()
        let error = await failure { _ = try await versionless.sign([1]) }
        #expect(error?.code == .unknownKey && error?.description.contains("has not the version") == true)
        #expect(await code { _ = try await self.signing(key: "missing").key().sign([1]) } == .unknownKey)
        #expect(await code { _ = try await self.signing(key: "fieldseal").key().sign([1]) } == .refused)
    }
}
