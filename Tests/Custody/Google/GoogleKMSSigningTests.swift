import Testing

@testable import FieldsealCustody

extension GoogleKMSTests {
    private func signing(
        _ credential: GoogleCredential? = nil, key: String? = nil, version: Int = 1
    ) -> SigningKeyTrial {
        let configuration = configuration(credential, key: key ?? standIn["signing_key"])
        return SigningKeyTrial(
            standIn: standIn, make: { try GoogleKMSSigningKey(configuration, version: version, network: $0) })
    }

    @Test func eachVersionSigns() async throws {
        let (one, two) = (try await signing().itSigns(), try await signing(version: 2).itSigns())
        #expect(one != two)
    }

    @Test func damagedSignaturesAreNoticed() async throws {
        try await signing().damagedSignaturesAreNoticed()
        try await signing().modeMeans("corrupt", .unavailable, "CRC32C")
        try await signing().modeMeans("other", .refused, "answered for another key")
        let key = try signing().key()
        let before = try await standIn.calls(":asymmetricSign")
        try await standIn.set(#"{"mode": "corrupt"}"#)
        #expect(await code { _ = try await key.sign([1]) } == .unavailable)
        #expect(try await standIn.calls(":asymmetricSign") == before + 4, "asked for again")
    }

    @Test func outagesOfASigningKeyPass() async throws {
        try await signing().outagesPass()
        try await signing().slownessEndsAtTheDeadline()
        try await signing().restartsPass("google_kms")
    }

    @Test func keysThatDoNotSignAreNamed() async throws {
        try await signing().modeMeans("denied", .denied, "roles/cloudkms.signerVerifier")
        try await signing().modeMeans("disabled", .unknownKey, "disabled")
        try await signing(key: standIn["elliptic_key"]).isNoSigningKey(.unknownKey, "EC_SIGN_P256_SHA256")
        let elliptic = try signing(key: standIn["elliptic_key"]).key()
        let error = await failure { _ = try await elliptic.sign([1]) }
        #expect(error?.code == .refused && error?.description.contains("EC_SIGN_ED25519") == true)
        try await signing(version: 3).isNoSigningKey(.unknownKey, "log/cryptoKeyVersions/3")
        try await signing(.serviceAccount(file: standIn["stranger_file"]))
            .isNoSigningKey(.credential, "invalid_grant")
    }
}
